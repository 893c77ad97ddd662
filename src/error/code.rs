//! The codes of errors, as clients read them in `errors[].extensions.code` and in the fields that hold a code.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The credentials are missing, wrong, expired or revoked.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// The item does not exist for this caller.
    NotFound,
    /// The input is invalid.
    BadUserInput,
    /// The current state does not allow the operation.
    Conflict,
    /// Too many requests, messages or connections.
    RateLimited,
    /// A budget, or a quota of the tier, is used up.
    QuotaExceeded,
    /// A dependency is not available now.
    Unavailable,
    /// The operation or the body exceeds a limit of size, depth or cost.
    TooComplex,
    /// The content filter of the model's provider refused the message or the answer.
    ContentFiltered,
    /// The message is too long for the model together with the conversation.
    TooLong,
    /// The model's provider refused the request for another reason.
    ProviderRefused,
    /// The model's provider or the whole answer took too long.
    Timeout,
    /// An internal error; the log has its cause under the `requestId`.
    Internal,
    /// The document is not valid GraphQL syntax.
    GraphqlParseFailed,
    /// The document does not match the schema.
    GraphqlValidationFailed,
    /// The hash of a persisted query is not known; send the whole document once.
    PersistedQueryNotFound,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 17] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::BadUserInput,
        Self::Conflict,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::Unavailable,
        Self::TooComplex,
        Self::ContentFiltered,
        Self::TooLong,
        Self::ProviderRefused,
        Self::Timeout,
        Self::Internal,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::PersistedQueryNotFound,
    ];

    /// The code with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The name that clients read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::TooComplex => "TOO_COMPLEX",
            Self::ContentFiltered => "CONTENT_FILTERED",
            Self::TooLong => "TOO_LONG",
            Self::ProviderRefused => "PROVIDER_REFUSED",
            Self::Timeout => "TIMEOUT",
            Self::Internal => "INTERNAL",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
