//! Extracts the text of a file.

use async_trait::async_trait;
use documents::{DocumentText, MediaType};

use crate::error::Result;

/// Extracts the text of files.
#[async_trait]
pub trait TextExtractor: Send + Sync {
    /// The media type, from the content, the declared type and the file name. `BAD_USER_INPUT` for `field` when the
    /// type is not supported, or contradicts the declared one.
    fn media_type(
        &self,
        field: &str,
        content: &[u8],
        told: Option<&str>,
        name: &str,
    ) -> Result<MediaType>;

    /// The text in sections, with warnings about what could not be read. Long work does not run on the caller's thread. `BAD_USER_INPUT` for
    /// `content` when the file has no text, is encrypted or broken.
    async fn extract(&self, content: Vec<u8>, media_type: MediaType) -> Result<DocumentText>;
}
