//! The configuration of an agent's vector collections, and moves between them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{AgentId, PassageId, VectorStoreKind};

/// A collection of an agent's vectors: the one that is searched, or the target of a move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorConfig {
    /// The configuration's id.
    pub id: Uuid,
    /// The agent that owns the vectors.
    pub agent: AgentId,
    /// The kind of store.
    pub kind: VectorStoreKind,
    /// Whether the collection is searched, or is being filled for a later switch.
    pub role: VectorRole,
    /// The number of the agent's collection, from 1.
    pub generation: i32,
    /// The number of dimensions of each vector.
    pub dimensions: i32,
    /// The name of the embedding model.
    pub embedder: String,
    /// The index, in a store with several; none before the collection is prepared.
    pub index: Option<String>,
    /// The agent's own part of the index; none before the collection is prepared.
    pub namespace: Option<String>,
    /// The account's own key for the store, sealed for this row.
    pub credentials: Option<Vec<u8>>,
    /// The progress of the move to this collection, or the result of the last one.
    pub migration: Option<VectorMigration>,
    /// Why the store refused the last vectors, in its administrator's words; none when it took them.
    pub problem: Option<String>,
}

impl VectorConfig {
    /// Whether this collection is searched.
    pub fn is_serving(&self) -> bool {
        self.role == VectorRole::Serving
    }

    /// Whether an unfinished move fills this collection.
    pub fn is_being_filled(&self) -> bool {
        self.role == VectorRole::Target
            && self
                .migration
                .as_ref()
                .is_some_and(|migration| migration.state != MigrationState::Failed)
    }
}

/// The role of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorRole {
    /// Searches use this collection.
    Serving,
    /// A move fills this collection, which searches will use afterwards.
    Target,
}

/// A move of an agent's vectors to another collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorMigration {
    /// The kind of the source store.
    pub from: VectorStoreKind,
    /// The state of the move.
    pub state: MigrationState,
    /// The number of copied vectors.
    pub copied: i64,
    /// The number of vectors to copy.
    pub total: i64,
    /// The last passage whose vector was copied.
    pub after: Option<PassageId>,
    /// Increases with every change that was not written to the target: an earlier verification is then void.
    pub stamp: i64,
    /// The reason of the failure.
    pub error: Option<String>,
}

/// The state of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MigrationState {
    /// Vectors are being copied.
    Copying,
    /// Both collections are being compared.
    Verifying,
    /// Searches use the target.
    Done,
    /// The move failed; searches still use the old collection.
    Failed,
}
