//! The codes of errors in the API.

use async_graphql::Enum;

use crate::error;

/// The code of an error, as `errors[].extensions.code` has it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "error::ErrorCode")]
pub(super) enum ErrorCode {
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
