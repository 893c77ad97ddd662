//! The domain error: a kind, a message for the caller, and a private cause for the log.
//!
//! The error knows no transport: `graphql/error.rs` and `http/error.rs` turn it into what a client sees. It does not
//! implement `Display` on purpose: async-graphql turns every `Display` error into client text.

mod code;

use std::{error::Error as StdError, time::Duration};

pub use code::ErrorCode;

/// The result of a fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The maximum number of problems that one error lists.
const MOST_PROBLEMS: usize = 20;

/// The kind of a failure, which decides the HTTP status and whether it is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The credentials are missing, wrong, expired or revoked.
    Unauthenticated,
    /// The caller is authenticated, but its role does not allow this.
    Forbidden,
    /// The item does not exist for this caller; the same for an id of another account.
    NotFound,
    /// The input is invalid; every problem names the path of its field.
    BadInput(Vec<Problem>),
    /// The input is valid, but the current state does not allow the operation.
    Conflict,
    /// Too many requests; the time until a retry may succeed, if known.
    RateLimited(Option<Duration>),
    /// A budget or a quota of the account's tier is used up; the time until a retry may succeed, if known.
    QuotaExceeded(Option<Duration>),
    /// A dependency is not available now.
    Unavailable,
    /// An internal failure; the caller gets only a request id.
    Internal,
}

impl Kind {
    /// The code of an error of this kind that names no other.
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::BadInput(_) => ErrorCode::BadUserInput,
            Self::Conflict => ErrorCode::Conflict,
            Self::RateLimited(_) => ErrorCode::RateLimited,
            Self::QuotaExceeded(_) => ErrorCode::QuotaExceeded,
            Self::Unavailable => ErrorCode::Unavailable,
            Self::Internal => ErrorCode::Internal,
        }
    }
}

/// One problem of an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// The path of the field, e.g. `input.configuration.temperature`.
    pub path: String,
    /// What was given, and what is allowed.
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

/// A failure: its kind, the message for the caller, and the cause for the log.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    /// The code for clients, where it tells more than the kind.
    code: Option<ErrorCode>,
    message: String,
    /// Whether a later attempt would fail in the same way, although the kind suggests otherwise.
    is_lasting: bool,
    /// Whether every caller of the other system would meet the failure now, whatever it asks.
    is_outage: bool,
    /// Another system's own words about the failure, for administrators.
    detail: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            is_lasting: false,
            is_outage: false,
            detail: None,
            source: None,
        }
    }

    /// An error of kind [`Kind::Unauthenticated`].
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, message)
    }

    /// An error of kind [`Kind::Forbidden`].
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// An error for a `noun` that does not exist for this caller.
    pub fn not_found(noun: &str) -> Self {
        Self::new(Kind::NotFound, format!("no such {noun}"))
    }

    /// An error with one invalid field.
    pub fn bad_input(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::problems(vec![Problem::new(path, message)])
    }

    /// An error with several invalid fields; `problems` must not be empty.
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

    /// An error of kind [`Kind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// An error of kind [`Kind::RateLimited`].
    pub fn rate_limited(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::new(Kind::RateLimited(retry_after), message)
    }

    /// An error of kind [`Kind::QuotaExceeded`].
    pub fn quota_exceeded(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::new(Kind::QuotaExceeded(retry_after), message)
    }

    /// An error of kind [`Kind::Unavailable`]; `message` says what is unavailable and what to do.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// An error of kind [`Kind::Internal`]; `attempt` says what was being attempted, for the log only.
    pub fn internal(attempt: impl Into<String>) -> Self {
        Self::new(Kind::Internal, attempt)
    }

    /// Attaches the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Marks a failure that a later attempt does not change, although its kind suggests otherwise: a job ends at once.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.is_lasting = true;
        self
    }

    /// Whether a later attempt would fail in the same way, although the kind suggests otherwise.
    pub fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    /// Marks a failure of another system that every caller would meet now, whatever it asks.
    #[must_use]
    pub fn outage(mut self) -> Self {
        self.is_outage = true;
        self
    }

    /// Whether every caller of the other system would meet the failure now, whatever it asks.
    pub fn is_outage(&self) -> bool {
        self.is_outage
    }

    /// Attaches another system's own words about the failure. Only administrators and owners read them, because they may
    /// quote what was sent.
    #[must_use]
    pub fn with_detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail;
        self
    }

    /// Another system's own words about the failure.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Gives the error a code that tells clients more than its kind does.
    #[must_use]
    pub fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// The code for clients.
    pub fn code(&self) -> ErrorCode {
        self.code.unwrap_or_else(|| self.kind.code())
    }

    /// The kind of the failure.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The message for the caller. For [`Kind::Internal`] it is for the log, and no boundary passes it on.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The immediate source, if it is of this type.
    pub fn source_of<T: StdError + 'static>(&self) -> Option<&T> {
        self.source.as_deref()?.downcast_ref()
    }

    /// The cause and its own causes, in one line for the log.
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

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::problems(vec![problem])
    }
}
