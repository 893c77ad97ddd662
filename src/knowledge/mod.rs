//! What agents know: taken in, embedded, found again, and moved between vector stores while it is searched.

mod collections;
mod ingestion;
mod jobs;
mod merge;
mod moves;
mod passage_embedder;
mod question_words;
mod quote;
mod reader;
mod renewal;
mod search;
mod vector_stores;

use std::sync::Arc;

pub use collections::Collections;
pub use jobs::KnowledgeJobs;
pub use quote::Quoter;
pub use reader::DocumentReader;
pub use renewal::EmbeddingRenewal;
pub use search::{Found, KnowledgeQuery, KnowledgeSearch, SearchSettings};
pub use vector_stores::VectorStores;

use self::{ingestion::Ingestion, moves::VectorMoves, passage_embedder::PassageEmbedder};
use crate::{
    port::{Clock, Embedder, TextExtractor, Vault, WebFetcher},
    store::Store,
};

/// The knowledge of agents, a part for each thing that is done with it.
#[derive(Clone)]
pub struct Knowledge {
    /// Where the vectors of agents are stored.
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

/// What knowledge is made of.
pub struct KnowledgeParts {
    /// The tables: documents and passages, and their words.
    pub store: Store,
    /// The vector stores of this installation.
    pub vectors: VectorStores,
    /// Makes vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Reads files.
    pub extractor: Arc<dyn TextExtractor>,
    /// Fetches documents.
    pub fetcher: Arc<dyn WebFetcher>,
    /// Seals and opens the accounts' own keys to their vector stores.
    pub vault: Arc<dyn Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The maximum number of bytes of a document that is fetched.
    pub largest_document: usize,
}

impl Knowledge {
    /// Knowledge over these parts.
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
            clock,
            largest_document,
        } = parts;
        let collections = Collections {
            store: store.clone(),
            stores: Arc::new(vectors),
            embedder: Arc::clone(&embedder),
            vault,
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
            embedder: Arc::clone(&embedder),
            collections: collections.clone(),
            clock: Arc::clone(&clock),
        };
        let ingestion = Ingestion {
            collections: collections.clone(),
            reader: reader.clone(),
            embedder: passages.clone(),
            clock: Arc::clone(&clock),
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
            quoter: Quoter {
                embedder: Arc::clone(&embedder),
            },
            renewal: EmbeddingRenewal {
                store: store.clone(),
                embedder: Arc::clone(&embedder),
                collections: collections.clone(),
                clock,
            },
            search: KnowledgeSearch {
                store,
                collections: collections.clone(),
                embedder,
            },
            collections,
            reader,
        }
    }
}
