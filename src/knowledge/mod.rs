//! What agents know: taken in, embedded, found again, and moved between vector stores while it is searched.

mod ask;
mod collections;
mod embed;
mod ingest;
mod merge;
mod moving;
mod quote;
mod reading;
mod remove;
mod renew;
mod retrieve;
mod stores;

use std::sync::Arc;

pub use collections::sealed_place;
pub use retrieve::{Found, SearchSettings};
pub use stores::VectorStores;

use crate::{
    port::{Clock, Embedder, TextExtractor, Vault, WebFetcher},
    store::Store,
};

/// Keeps and searches what agents know. A cheap handle.
#[derive(Clone)]
pub struct Knowledge {
    parts: Arc<KnowledgeParts>,
}

/// What knowledge is kept and searched with.
pub struct KnowledgeParts {
    /// The tables: documents and passages, and their words.
    pub store: Store,
    /// Where vectors lie.
    pub vectors: VectorStores,
    /// Makes vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Reads files.
    pub extractor: Arc<dyn TextExtractor>,
    /// Reads the web.
    pub fetcher: Arc<dyn WebFetcher>,
    /// Opens the accounts' own keys to their vector stores.
    pub vault: Arc<dyn Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// A document that is fetched has at most so many bytes.
    pub largest_document: usize,
}

impl Knowledge {
    /// Over these parts.
    pub fn new(parts: KnowledgeParts) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    /// Makes vectors.
    pub fn embedder(&self) -> &dyn Embedder {
        self.parts.embedder.as_ref()
    }

    /// Reads the web.
    pub fn fetcher(&self) -> &dyn WebFetcher {
        self.parts.fetcher.as_ref()
    }

    /// Reads files.
    pub fn extractor(&self) -> &dyn TextExtractor {
        self.parts.extractor.as_ref()
    }

    /// Seals the accounts' own keys to their vector stores.
    pub fn vault(&self) -> &dyn Vault {
        self.parts.vault.as_ref()
    }

    /// Where vectors may lie.
    pub fn vectors(&self) -> &VectorStores {
        &self.parts.vectors
    }
}
