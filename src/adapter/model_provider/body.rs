//! The format of an answer's body.

use super::failure;
use crate::outgoing::OutgoingFailure;

/// The format of a body, known by its first byte and not by its content type.
pub(in crate::adapter) enum BodyKind {
    Unknown,
    EventStream,
    /// A whole answer, or an error, although a stream was requested.
    Json(Vec<u8>),
}

/// The format of a body that begins with these bytes; `None` while only white space arrived.
pub(in crate::adapter) fn kind_of(bytes: &[u8]) -> Option<Result<BodyKind, OutgoingFailure>> {
    match bytes.trim_ascii_start().first()? {
        b'{' | b'[' => Some(Ok(BodyKind::Json(Vec::new()))),
        b'<' => Some(Err(failure::malformed(
            "the model's provider answered with a web page; the operator has to check its base URL",
        ))),
        _ => Some(Ok(BodyKind::EventStream)),
    }
}
