//! Reads a `multipart/form-data` body part by part.

use std::error::Error as _;

use axum::{
    body::{Body, Bytes},
    http::{header, request::Parts},
};
use multer::{Field, Multipart};

use super::{
    super::{HttpState, refusal::Refusal},
    incoming::{BodyEnd, incoming},
};
use crate::service::UploadedFile;

/// The media type of a form.
pub(super) const MEDIA_TYPE: &str = "multipart/form-data";

/// A form that is being read.
pub(super) struct Form {
    parts: Multipart<'static>,
    /// The maximum size of all files together in bytes.
    most: usize,
    /// The bytes of files that may still come.
    left: usize,
}

impl Form {
    /// Begins to read a form. What is not a file has the size of a body without files.
    pub(super) fn begin(state: &HttpState, head: &Parts, body: Body) -> Result<Self, Refusal> {
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
        let boundary = boundary.ok_or_else(|| {
            Refusal::media_type("the Content-Type multipart/form-data has no boundary")
        })?;
        let most = state.uploads().largest;
        let body = incoming(state, head, body, most + state.config().body_bytes)?;
        Ok(Self {
            parts: Multipart::new(body, boundary),
            most,
            left: most,
        })
    }

    /// The next part; none after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        self.parts
            .next_field()
            .await
            .map_err(|error| refusal(&error))
    }

    /// A part that is a text of at most `most` bytes.
    pub(super) async fn text(part: Field<'static>, most: usize) -> Result<String, Refusal> {
        let name = part.name().map(crate::domain::excerpt).unwrap_or_default();
        let bytes = bytes(part, most).await?;
        let bytes = bytes.ok_or_else(|| Refusal::too_large(most, most))?;
        String::from_utf8(bytes)
            .map_err(|_| Refusal::malformed(format!("the part \"{name}\" is not UTF-8")))
    }

    /// A part that is a file.
    pub(super) async fn file(&mut self, part: Field<'static>) -> Result<UploadedFile, Refusal> {
        let name = part.file_name().map(str::to_owned);
        let media_type = part.headers().get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let media_type = media_type.map(str::to_owned);
        let content = bytes(part, self.left).await?;
        let content = content.ok_or_else(|| Refusal::too_large(self.most, self.most))?;
        self.left -= content.len();
        Ok(UploadedFile {
            name,
            media_type,
            content: Bytes::from(content),
        })
    }
}

/// The bytes of a part; none when it has more than `most`.
async fn bytes(mut part: Field<'static>, most: usize) -> Result<Option<Vec<u8>>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| refusal(&error))? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Why a form is not read to its end. The error's text would repeat parts of the body.
fn refusal(error: &multer::Error) -> Refusal {
    let end = error.source().and_then(|source| source.downcast_ref());
    match end {
        Some(end) => Refusal::from(BodyEnd::clone(end)),
        None => Refusal::malformed("the form is malformed, or the body ended before its end"),
    }
}
