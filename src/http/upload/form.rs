//! Reads a `multipart/form-data` body part by part.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use multer::{Field, Multipart};

use super::super::{HttpState, refusal::Refusal};
use crate::service::UploadedFile;

/// The media type of a form.
pub(super) const MEDIA_TYPE: &str = "multipart/form-data";

/// A form that is being read.
pub(super) struct Form<'s> {
    parts: Multipart<'static>,
    /// The bytes of files that may still come.
    left: usize,
    state: &'s HttpState,
}

impl<'s> Form<'s> {
    /// Begins to read a form.
    pub(super) fn begin(
        state: &'s HttpState,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, Refusal> {
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
        let boundary = boundary.ok_or_else(|| {
            Refusal::media_type("the Content-Type multipart/form-data has no boundary")
        })?;
        Ok(Self {
            parts: Multipart::new(body.into_data_stream(), boundary),
            left: state.uploads().largest,
            state,
        })
    }

    /// The next part; none after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        within(self.patience(), self.parts.next_field()).await
    }

    /// A part that is a short text, at most `most` bytes.
    pub(super) async fn text(&self, part: Field<'static>, most: usize) -> Result<String, Refusal> {
        let name = part.name().map(crate::domain::excerpt).unwrap_or_default();
        let mut left = most;
        let bytes = self.bytes(part, &mut left, most).await?;
        String::from_utf8(bytes)
            .map_err(|_| Refusal::malformed(format!("the part \"{name}\" is not UTF-8")))
    }

    /// A part that is a file.
    pub(super) async fn file(&mut self, part: Field<'static>) -> Result<UploadedFile, Refusal> {
        let name = part.file_name().map(str::to_owned);
        let media_type = part.headers().get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let media_type = media_type.map(str::to_owned);
        let mut left = self.left;
        let most = self.state.uploads().largest;
        let content = self.bytes(part, &mut left, most).await?;
        self.left = left;
        Ok(UploadedFile {
            name,
            media_type,
            content: Bytes::from(content),
        })
    }

    async fn bytes(
        &self,
        mut part: Field<'static>,
        left: &mut usize,
        most: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        while let Some(chunk) = within(self.patience(), part.chunk()).await? {
            *left = left
                .checked_sub(chunk.len())
                .ok_or_else(|| Refusal::too_large(most, most))?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn patience(&self) -> Duration {
        self.state.config().body_timeout()
    }
}

/// What a form brings next, within the time of a body.
async fn within<T>(
    patience: Duration,
    next: impl Future<Output = multer::Result<T>>,
) -> Result<T, Refusal> {
    let read = tokio::time::timeout(patience, next).await;
    let read = read.map_err(|_| Refusal::too_slow())?;
    // the error's text would repeat parts of the body
    read.map_err(|_| Refusal::malformed("the form is malformed, or the body ended before its end"))
}
