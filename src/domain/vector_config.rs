//! Where an agent's vectors lie, and where they are moved to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{AgentId, PassageId, VectorStoreKind};

/// Where an agent's vectors lie, or are moved to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorConfig {
    /// Its id.
    pub id: Uuid,
    /// The agent.
    pub agent: AgentId,
    /// The kind of store.
    pub kind: VectorStoreKind,
    /// Whether it is searched, or filled so that it can be searched.
    pub role: VectorRole,
    /// Counts the agent's collections, from 1.
    pub generation: i32,
    /// How many numbers each vector has.
    pub dimensions: i32,
    /// The model that made the vectors.
    pub embedder: String,
    /// The index, where a store has several; none until it is prepared.
    pub index: Option<String>,
    /// The part of the index that is the agent's own; none until it is prepared.
    pub namespace: Option<String>,
    /// The account's own key to the store, sealed for this row.
    pub credentials: Option<Vec<u8>>,
    /// How far the move to it is, or how the last one to it went.
    pub migration: Option<VectorMigration>,
}

impl VectorConfig {
    /// Whether it is searched.
    pub fn is_serving(&self) -> bool {
        self.role == VectorRole::Serving
    }

    /// Whether it is filled by a move that goes on.
    pub fn is_being_filled(&self) -> bool {
        self.role == VectorRole::Target
            && self
                .migration
                .as_ref()
                .is_some_and(|migration| migration.state != MigrationState::Failed)
    }
}

/// What a collection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorRole {
    /// It is searched.
    Serving,
    /// It is filled, and will be searched.
    Target,
}

/// A move of an agent's vectors to another collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorMigration {
    /// From which kind of store.
    pub from: VectorStoreKind,
    /// How far it is.
    pub state: MigrationState,
    /// How many vectors were copied.
    pub copied: i64,
    /// How many there are to copy.
    pub total: i64,
    /// The last passage whose vector was copied.
    pub after: Option<PassageId>,
    /// Grows when something changed that the target was not told: what was verified before counts no more.
    pub stamp: i64,
    /// Why it failed.
    pub error: Option<String>,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MigrationState {
    /// Vectors are being copied.
    Copying,
    /// Both sides are being compared.
    Verifying,
    /// The target is searched.
    Done,
    /// The old collection goes on being searched.
    Failed,
}
