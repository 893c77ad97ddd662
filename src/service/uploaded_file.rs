//! Files that come with a request.

use bytes::Bytes;

/// A file as it was sent.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// The name that the sender gives to the file.
    pub name: Option<String>,
    /// The media type that the sender declares; the bytes decide when it is wrong.
    pub media_type: Option<String>,
    /// The bytes.
    pub content: Bytes,
}
