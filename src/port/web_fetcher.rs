//! Fetches tenants' URLs, and refuses addresses that they must not reach.

use async_trait::async_trait;

use crate::error::Result;

/// A fetched document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The content.
    pub content: Vec<u8>,
    /// The `Content-Type` that the server declared.
    pub media_type: Option<String>,
    /// The name of the file that the server gave, else the last segment of the URL's path; possibly with a file extension.
    pub name: String,
}

/// Fetches documents from the web.
#[async_trait]
pub trait WebFetcher: Send + Sync {
    /// Checks whether a URL may be fetched, without connecting. `BAD_USER_INPUT` for `field` if not.
    fn check(&self, field: &str, url: &str) -> Result<()>;

    /// Fetches a document. `BAD_USER_INPUT` for `url` when the address is not allowed, nothing is there, or the content
    /// is larger than `most` bytes; UNAVAILABLE when a later retry may help.
    async fn fetch(&self, url: &str, most: usize) -> Result<Fetched>;
}
