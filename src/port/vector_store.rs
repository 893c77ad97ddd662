//! Storage and search of vectors, always within one agent of one account.

use async_trait::async_trait;

use crate::{
    domain::{AccountId, AgentId, DocumentId, PassageId, Secret},
    error::Result,
};

/// The vectors of one agent and one embedding model.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The account.
    pub account: AccountId,
    /// The agent.
    pub agent: AgentId,
    /// The number of the agent's collection, from 1. Two collections may exist in one store while the passages are
    /// embedded again.
    pub generation: i32,
    /// The number of dimensions of each vector.
    pub dimensions: usize,
    /// The location that [`VectorStore::prepare`] returned; empty until then.
    pub place: CollectionLocation,
}

/// The location of a collection in its store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CollectionLocation {
    /// The index, in a store with several.
    pub index: Option<String>,
    /// The collection's own part of the index.
    pub namespace: Option<String>,
    /// The account's own key for the store; none for the operator's key.
    pub credentials: Option<Secret>,
}

/// A vector to store.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorRecord {
    /// The passage that the vector belongs to; the record's key in its collection.
    pub passage: PassageId,
    /// The passage's document.
    pub document: DocumentId,
    /// The vector, of length 1.
    pub values: Vec<f32>,
}

/// A search for the closest vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorQuery {
    /// The vector to compare with, of length 1.
    pub values: Vec<f32>,
    /// The maximum number of matches; 1 to 1,000.
    pub most: usize,
    /// Only vectors of these documents, at most 100; all when empty.
    pub documents: Vec<DocumentId>,
}

/// A vector that a query found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorMatch {
    /// The vector's passage.
    pub passage: PassageId,
    /// The passage's document.
    pub document: DocumentId,
    /// The cosine of the angle to the query's vector, -1 to 1.
    pub score: f32,
}

/// Stores vectors and finds the closest ones.
///
/// Collections are isolated: no call reaches another collection, of another account, agent or generation, whatever ids
/// it gets. All calls may be repeated. Later calls in every process see what a call changed: at once or, in an
/// eventually consistent store, soon; a caller that depends on it waits.
///
/// Errors: UNAVAILABLE when the store does not respond, after retries where those may help; CONFLICT when the store
/// holds something else under that name; INTERNAL otherwise. Never `NOT_FOUND`: a missing collection is an empty one.
#[async_trait]
pub trait VectorStore: Send + Sync {
    /// Creates the storage of a collection, waits until it can be used, and returns its location. `place.credentials`
    /// may be set before; the other fields of `place` too, in a repeated call.
    async fn prepare(&self, collection: &Collection) -> Result<CollectionLocation>;

    /// Stores any number of vectors; each replaces the earlier vector of its passage.
    async fn upsert(&self, collection: &Collection, records: &[VectorRecord]) -> Result<()>;

    /// The closest vectors, closest first. INTERNAL for a vector with another number of dimensions.
    async fn query(&self, collection: &Collection, query: &VectorQuery)
    -> Result<Vec<VectorMatch>>;

    /// The stored ones of these vectors, in any order.
    async fn fetch(
        &self,
        collection: &Collection,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>>;

    /// Removes any number of vectors by their passages.
    async fn delete(&self, collection: &Collection, passages: &[PassageId]) -> Result<()>;

    /// Removes all vectors of a document.
    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()>;

    /// Removes the collection with all its vectors, and everything that was created only for it.
    async fn remove(&self, collection: &Collection) -> Result<()>;

    /// The number of vectors in the collection.
    async fn count(&self, collection: &Collection) -> Result<u64>;

    /// Optimises the collection for search after many changes: builds the index where the store does not maintain one
    /// by itself. May take minutes; searches continue meanwhile.
    async fn settle(&self, collection: &Collection) -> Result<()>;

    /// Checks that the store responds; `credentials` as in [`CollectionLocation`].
    async fn health(&self, credentials: Option<&Secret>) -> Result<()>;
}
