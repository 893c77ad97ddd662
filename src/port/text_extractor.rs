//! Reads the text out of a file.

use async_trait::async_trait;

pub use crate::domain::Section;
use crate::{domain::MediaType, error::Result};

/// Reads the text out of a file.
#[async_trait]
pub trait TextExtractor: Send + Sync {
    /// What kind of text this is, by what it contains, what it was said to be, and its name. `BAD_USER_INPUT` for
    /// `field` when it is none that can be read, or not what it was said to be.
    fn media_type(
        &self,
        field: &str,
        content: &[u8],
        told: Option<&str>,
        name: &str,
    ) -> Result<MediaType>;

    /// The text, in order; not on the caller's thread where it takes long. `BAD_USER_INPUT` for `content` when there is
    /// none, or it is encrypted or broken.
    async fn extract(&self, content: Vec<u8>, media_type: MediaType) -> Result<Vec<Section>>;
}
