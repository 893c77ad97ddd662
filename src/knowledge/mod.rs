//! Agents' knowledge: documents are ingested, embedded and searched, and vectors move between stores without an
//! interruption.

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

/// Stores and searches the knowledge of agents. A cheap handle.
#[derive(Clone)]
pub struct Knowledge {
    parts: Arc<KnowledgeParts>,
}

/// The dependencies of knowledge.
pub struct KnowledgeParts {
    /// The tables of documents and passages, with the full-text index.
    pub store: Store,
    /// The vector stores of this installation.
    pub vectors: VectorStores,
    /// The embedding model.
    pub embedder: Arc<dyn Embedder>,
    /// The extractor of text from files.
    pub extractor: Arc<dyn TextExtractor>,
    /// The fetcher of web pages.
    pub fetcher: Arc<dyn WebFetcher>,
    /// The vault that seals the accounts' own keys to their vector stores.
    pub vault: Arc<dyn Vault>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The maximum size of a fetched document, in bytes.
    pub largest_document: usize,
}

impl Knowledge {
    /// Creates the handle.
    pub fn new(parts: KnowledgeParts) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    /// The embedding model.
    pub fn embedder(&self) -> &dyn Embedder {
        self.parts.embedder.as_ref()
    }

    /// The fetcher of web pages.
    pub fn fetcher(&self) -> &dyn WebFetcher {
        self.parts.fetcher.as_ref()
    }

    /// The extractor of text from files.
    pub fn extractor(&self) -> &dyn TextExtractor {
        self.parts.extractor.as_ref()
    }

    /// The vault that seals the accounts' own keys to their vector stores.
    pub fn vault(&self) -> &dyn Vault {
        self.parts.vault.as_ref()
    }

    /// The vector stores of this installation.
    pub fn vectors(&self) -> &VectorStores {
        &self.parts.vectors
    }
}
