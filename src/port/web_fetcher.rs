//! Fetches what a tenant's URL names, and never what it must not reach.

use async_trait::async_trait;

use crate::error::Result;

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The content.
    pub content: Vec<u8>,
    /// What the server said it is.
    pub media_type: Option<String>,
    /// The last part of the path, which may end like a file's name.
    pub name: String,
}

/// Fetches documents from the web.
#[async_trait]
pub trait WebFetcher: Send + Sync {
    /// Whether an address may be asked for at all, as far as that can be told without asking: `BAD_USER_INPUT` for
    /// `field` otherwise.
    fn check(&self, field: &str, url: &str) -> Result<()>;

    /// Fetches it. `BAD_USER_INPUT` for `url` when it may not be reached, is not there, or is larger than `most` bytes;
    /// UNAVAILABLE when asking again later may help.
    async fn fetch(&self, url: &str, most: usize) -> Result<Fetched>;
}
