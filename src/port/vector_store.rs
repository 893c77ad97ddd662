//! Where vectors lie: always those of one agent of one account.

use async_trait::async_trait;

use crate::{
    domain::{AccountId, AgentId, DocumentId, PassageId, Secret},
    error::Result,
};

/// An agent's vectors of one embedding model.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The account.
    pub account: AccountId,
    /// The agent.
    pub agent: AgentId,
    /// Counts the agent's collections, from 1: two of them may lie in one store while its passages are embedded anew.
    pub generation: i32,
    /// How many numbers each vector has.
    pub dimensions: usize,
    /// Where it lies, as [`VectorStore::prepare`] said; empty until then.
    pub place: Place,
}

/// Where in its store a collection lies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The index, where a store has several.
    pub index: Option<String>,
    /// The part of the index that is the collection's own.
    pub namespace: Option<String>,
    /// The account's own key to the store; none when it is the operator's.
    pub credentials: Option<Secret>,
}

/// A vector to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorRecord {
    /// The passage that it is the vector of; names it in its collection.
    pub passage: PassageId,
    /// The passage's document.
    pub document: DocumentId,
    /// The vector, of length 1.
    pub values: Vec<f32>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorQuery {
    /// A vector, of length 1.
    pub values: Vec<f32>,
    /// At most so many are found; 1 to 1,000.
    pub most: usize,
    /// Only among these documents, at most 100 of them; all when empty.
    pub documents: Vec<DocumentId>,
}

/// A vector that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorMatch {
    /// Its passage.
    pub passage: PassageId,
    /// The passage's document.
    pub document: DocumentId,
    /// The cosine between it and what was looked for, -1 to 1.
    pub score: f32,
}

/// Keeps vectors and finds the closest ones.
///
/// A collection is a wall: no call reaches into another one, of another account, agent or generation, whatever ids it is
/// given. All calls may be repeated. What a call has answered is seen by the next ones, in every process, at once or, in a
/// store that is eventually consistent, soon; whoever counts on it waits for it.
///
/// Errors: UNAVAILABLE when the store does not answer, after retries where those may help; CONFLICT when it holds
/// something else under that name; INTERNAL otherwise. `NOT_FOUND` is never one: nothing is there then.
#[async_trait]
pub trait VectorStore: Send + Sync {
    /// Makes room for a collection and waits until it can be used; says where it lies. `place.credentials` may be set
    /// already; the rest of `place` too, when this is a repetition.
    async fn prepare(&self, collection: &Collection) -> Result<Place>;

    /// Keeps vectors, any number, each in place of an earlier one of its passage.
    async fn upsert(&self, collection: &Collection, records: &[VectorRecord]) -> Result<()>;

    /// The closest vectors, the closest first. A vector of another length finds nothing, and is INTERNAL.
    async fn query(&self, collection: &Collection, query: &VectorQuery)
    -> Result<Vec<VectorMatch>>;

    /// Those of these vectors that are there, in no order.
    async fn fetch(
        &self,
        collection: &Collection,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>>;

    /// Removes vectors by their passages, any number.
    async fn delete(&self, collection: &Collection, passages: &[PassageId]) -> Result<()>;

    /// Removes all vectors of a document.
    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()>;

    /// Removes the collection with all its vectors, and what was made for it and can hold no other.
    async fn remove(&self, collection: &Collection) -> Result<()>;

    /// How many vectors are there.
    async fn count(&self, collection: &Collection) -> Result<u64>;

    /// Brings the collection into the shape in which it is searched fast, as after many changes: an index, where the
    /// store does not keep one by itself. May take minutes; searching goes on meanwhile.
    async fn settle(&self, collection: &Collection) -> Result<()>;

    /// Whether the store answers; `credentials` as in a [`Place`].
    async fn health(&self, credentials: Option<&Secret>) -> Result<()>;
}
