//! Agents' knowledge: documents are ingested, embedded and searched, and vectors move between stores without an
//! interruption.

mod collections;
mod document_notices;
mod ingestion;
mod jobs;
mod merge;
mod metered_embedder;
mod moves;
mod passage_embedder;
mod question_words;
mod quote;
mod ranking;
mod reader;
mod renewal;
mod search;
mod vector_stores;
mod words;

use std::sync::Arc;

pub use collections::Collections;
pub use jobs::KnowledgeJobs;
pub use metered_embedder::record_embedding;
pub(crate) use question_words::is_stop_word;
pub use quote::{Quote, Quoter};
pub use reader::DocumentReader;
pub use renewal::EmbeddingRenewal;
pub use search::{Found, KnowledgeQuery, KnowledgeSearch, SearchSettings};
pub use vector_stores::VectorStores;

use self::{
    document_notices::DocumentNotices, ingestion::Ingestion, metered_embedder::MeteredEmbedder,
    moves::VectorMoves, passage_embedder::PassageEmbedder, words::WordIndexes,
};
use crate::{
    metrics::JobMetrics,
    port::{Announcements, Clock, Embedder, TextExtractor, Vault, WebFetcher},
    store::Store,
};

/// Stores and searches the knowledge of agents. A cheap handle.
#[derive(Clone)]
pub struct Knowledge {
    /// The collections of vectors of agents.
    pub collections: Collections,
    /// The background jobs.
    pub jobs: KnowledgeJobs,
    /// Quotes sentences of passages.
    pub quoter: Quoter,
    /// Fetches and reads documents.
    pub reader: DocumentReader,
    /// Re-embeds knowledge after a change of the embedding model.
    pub renewal: EmbeddingRenewal,
    /// Finds passages.
    pub search: KnowledgeSearch,
}

/// The dependencies of knowledge.
pub struct KnowledgeParts {
    /// The tables of documents, passages and words.
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
    /// Carries the progress of documents to their readers.
    pub announcements: Arc<dyn Announcements>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The maximum size of a fetched document, in bytes.
    pub largest_document: usize,
    /// The counts of documents that were read.
    pub metrics: Arc<JobMetrics>,
}

impl Knowledge {
    /// Composes the parts of knowledge.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of parts, read from top to bottom"
    )]
    pub fn new(parts: KnowledgeParts) -> Self {
        let KnowledgeParts {
            store,
            vectors,
            embedder,
            extractor,
            fetcher,
            vault,
            announcements,
            clock,
            largest_document,
            metrics,
        } = parts;
        let notices = DocumentNotices(announcements);
        let collections = Collections {
            store: store.clone(),
            stores: Arc::new(vectors),
            embedder: Arc::clone(&embedder),
            vault,
            clock: Arc::clone(&clock),
        };
        let metered = MeteredEmbedder {
            model: Arc::clone(&embedder),
            store: store.clone(),
            clock: Arc::clone(&clock),
        };
        let reader = DocumentReader {
            extractor,
            fetcher,
            embedder: Arc::clone(&embedder),
            clock: Arc::clone(&clock),
            largest_document,
        };
        let passages = PassageEmbedder {
            embedder: metered.clone(),
            collections: collections.clone(),
            notices: notices.clone(),
            clock: Arc::clone(&clock),
        };
        let ingestion = Ingestion {
            collections: collections.clone(),
            reader: reader.clone(),
            embedder: passages.clone(),
            notices,
            clock: Arc::clone(&clock),
            metrics,
        };
        let moves = VectorMoves {
            collections: collections.clone(),
            embedder: passages,
            clock: Arc::clone(&clock),
        };
        Self {
            jobs: KnowledgeJobs {
                store: store.clone(),
                collections: collections.clone(),
                ingestion,
                moves,
            },
            quoter: Quoter::new(metered.clone()),
            renewal: EmbeddingRenewal {
                store: store.clone(),
                embedder,
                collections: collections.clone(),
                clock,
            },
            search: KnowledgeSearch {
                store,
                collections: collections.clone(),
                embedder: metered,
                words: WordIndexes::new(),
            },
            collections,
            reader,
        }
    }
}
