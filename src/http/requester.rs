//! The sender of an operation, and how it was sent.

use crate::domain::{Actor, AnonymousCaller, RequestId};

/// The sender of an operation.
pub(crate) struct Requester {
    /// The authenticated actor; none without credentials.
    pub(crate) actor: Option<Actor>,
    /// What is known of a caller without credentials.
    pub(crate) anonymous: AnonymousCaller,
    pub(crate) request_id: RequestId,
}

/// Whether the HTTP method is safe, i.e. must not change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MethodSafety {
    /// GET, e.g. from a link, an image or a prefetch.
    Safe,
    /// POST, or a message on a socket.
    Any,
}
