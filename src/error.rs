//! The domain error: what went wrong, in words for the caller, with the cause kept apart for the log.
//!
//! It knows no transport: `graphql/error.rs` and `http/error.rs` turn it into what a client sees. It has no
//! `Display` on purpose: async-graphql turns whatever can be displayed into client text.

use std::{error::Error as StdError, time::Duration};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// At most this many problems are listed in one error.
const MOST_PROBLEMS: usize = 20;

/// What kind of failure this is; each kind is one `extensions.code` of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// No credentials, or credentials that are not (or no longer) good.
    Unauthenticated,
    /// The caller is known, and its role does not allow this.
    Forbidden,
    /// No such thing for this caller; a foreign tenant's id reads exactly the same.
    NotFound,
    /// The input is wrong; every problem with the path of its field.
    BadInput(Vec<Problem>),
    /// The input is right, and the state of things does not allow it now.
    Conflict,
    /// Too many requests; when it is worth trying again, where known.
    RateLimited(Option<Duration>),
    /// A budget is spent, or as much is held as the account's tier allows; when it is worth trying again, where known.
    QuotaExceeded(Option<Duration>),
    /// Something outside that we need is not there now.
    Unavailable,
    /// Our own failure; the caller learns only a request id.
    Internal,
}

impl Kind {
    /// The name that clients branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::QuotaExceeded(_) => "QUOTA_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// Where, e.g. `input.configuration.temperature`.
    pub path: String,
    /// What was given, what is allowed.
    pub message: String,
}

impl Problem {
    /// A problem at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// A failure: its kind, the text for the caller, and the cause for the log.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// No or bad credentials.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, message)
    }

    /// The role does not allow it.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// There is no such `noun` for this caller.
    pub fn not_found(noun: &str) -> Self {
        Self::new(Kind::NotFound, format!("no such {noun}"))
    }

    /// One field is wrong.
    pub fn bad_input(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::problems(vec![Problem::new(path, message)])
    }

    /// Several fields are wrong; `problems` is not empty.
    pub fn problems(mut problems: Vec<Problem>) -> Self {
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        let mut text: Vec<String> = problems
            .iter()
            .map(|p| format!("{}: {}", p.path, p.message))
            .collect();
        if more > 0 {
            text.push(format!("and {more} more"));
        }
        Self::new(Kind::BadInput(problems), text.join("; "))
    }

    /// The state of things does not allow it now.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Too many requests.
    pub fn rate_limited(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::new(Kind::RateLimited(retry_after), message)
    }

    /// A budget is spent, or a quota is used up.
    pub fn quota_exceeded(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::new(Kind::QuotaExceeded(retry_after), message)
    }

    /// Something outside that we need is not there now; `message` says what, and what to do.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// Our own failure; `attempt` says what was being attempted, for the log only.
    pub fn internal(attempt: impl Into<String>) -> Self {
        Self::new(Kind::Internal, attempt)
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Its kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The sentence for the caller. For [`Kind::Internal`] it is for the log, and no boundary passes it on.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The cause with its own causes, in one line for the log.
    pub fn cause(&self) -> Option<String> {
        let mut next: Option<&dyn StdError> =
            self.source.as_deref().map(|source| source as &dyn StdError);
        let mut parts = Vec::new();
        while let Some(cause) = next {
            parts.push(cause.to_string());
            next = cause.source();
        }
        (!parts.is_empty()).then(|| parts.join(": "))
    }
}
