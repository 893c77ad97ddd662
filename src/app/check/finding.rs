//! A line of the report of `troupe check --connect`.

use std::fmt;

/// What a finding means for a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The start fails, or the process would lose data or connections.
    Stop,
    /// The process starts, and something does not work.
    Warning,
    /// Nothing is wrong.
    Good,
}

/// Something that was checked, with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What the result means for a start.
    pub severity: Severity,
    /// What was checked.
    pub subject: &'static str,
    /// The result, with the remedy. It contains no secret.
    pub text: String,
}

impl Finding {
    pub(super) fn stop(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Stop,
            subject,
            text: text.into(),
        }
    }

    pub(super) fn warning(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::stop(subject, text)
        }
    }

    pub(super) fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Good,
            ..Self::stop(subject, text)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Stop => "error",
            Severity::Warning => "warning",
            Severity::Good => "ok",
        };
        write!(f, "{severity:<8}{:<13}{}", self.subject, self.text)
    }
}
