//! What does not work as before with another version.

use crate::error::Problem;

/// Something that does not work as before with another version of an agent's template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionProblem {
    /// The path of what is affected, e.g. `configuration.voice.tone`.
    pub path: String,
    /// What will be different, and what to do about it.
    pub message: String,
    /// Whether the agent would not work at all, so that the version is refused.
    pub blocking: bool,
}

impl VersionProblem {
    /// A problem that prevents the change.
    pub(super) fn blocking(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            blocking: true,
        }
    }

    /// A difference that the account should know.
    pub(super) fn notable(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            blocking: false,
        }
    }
}

/// The problems that prevent a change, as problems of the input.
pub(super) fn blocking(problems: &[VersionProblem]) -> Vec<Problem> {
    let blocking = problems.iter().filter(|problem| problem.blocking);
    let of_input = |problem: &VersionProblem| {
        let VersionProblem { path, message, .. } = problem;
        Problem::new("input.version", format!("{path}: {message}"))
    };
    blocking.map(of_input).collect()
}
