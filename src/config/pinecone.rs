//! Pinecone, where tiers keep their vectors that ask for it.

use super::reader::Section;
use crate::domain::Secret;

/// Pinecone; section `pinecone` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PineconeConfig {
    /// `TROUPE_PINECONE_URL`: the control plane. Default: `https://api.pinecone.io`.
    pub url: String,
    /// `TROUPE_PINECONE_API_KEY`. Default: none, and such tiers have no vector store.
    pub api_key: Option<Secret>,
}

impl PineconeConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            url: section
                .web_address("url")
                .unwrap_or_else(|| "https://api.pinecone.io".to_owned()),
            api_key: section.secret("api_key"),
        }
    }
}
