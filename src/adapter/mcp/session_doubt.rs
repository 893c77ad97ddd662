//! Whether an answer means that the server does not know the session any more.
//!
//! MCP wants 404 for that. Servers also answer 400, 401, 410, a server error, or a JSON-RPC error with any status
//! (modelcontextprotocol/python-sdk#1004, PrefectHQ/fastmcp#3073, punkpeye/fastmcp#121).

use reqwest::StatusCode;
use rmcp::model::ErrorData;

/// Whether an answer can mean that the server does not know the session any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionDoubt {
    /// It cannot.
    Unlikely,
    /// It can, or the request itself failed.
    Possible,
    /// It can, and the request had no effect.
    Refused,
}

/// Words about a session of the protocol, and not of a tool's own.
const WORDS: [&str; 5] = [
    "session id",
    "session-id",
    "session expired",
    "not initialized",
    "not initialised",
];

impl SessionDoubt {
    /// The doubt that a JSON-RPC error raises. The codes are those that servers use for unknown sessions; tools use
    /// them for other failures too, so the words decide.
    pub(super) fn of_error(error: &ErrorData) -> Self {
        let message = error.message.to_ascii_lowercase();
        let has = |word: &&str| message.contains(*word);
        match error.code.0 {
            -32_099..=-32_000 | -32_600 | -32_603 if WORDS.iter().any(has) => Self::Refused,
            -32_603 if has(&"session") => Self::Possible,
            -32_003..=-32_000 | -32_600 => Self::Possible,
            _ => Self::Unlikely,
        }
    }

    /// The doubt that a status raises.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 422 | 440 | 498 => Self::Refused,
            500..=599 => Self::Possible,
            _ => Self::Unlikely,
        }
    }
}
