//! Extracts the text of a file.

use async_trait::async_trait;
use documents::{DocumentLabel, DocumentText};

use crate::{domain::ContentType, error::Result};

/// Extracts the text of files.
#[async_trait]
pub trait TextExtractor: Send + Sync {
    /// The media type, from the content and its label. `BAD_USER_INPUT` for `field` when the type is not supported, or
    /// contradicts what a person declared.
    fn media_type(
        &self,
        field: &str,
        content: &[u8],
        label: DocumentLabel<'_>,
    ) -> Result<ContentType>;

    /// The text in sections, with warnings about what could not be read. Long work does not run on the caller's thread. `BAD_USER_INPUT` for
    /// `content` when the file has no text, is encrypted or broken.
    async fn extract(&self, content: Vec<u8>, media_type: ContentType) -> Result<DocumentText>;
}
