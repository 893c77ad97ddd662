//! The places of agents' vectors.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vector_db_configs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub agent_instance_id: Uuid,
    /// The kind of vector store; the column is named `type`.
    #[sea_orm(column_name = "type")]
    pub kind: VectorDbKind,
    /// An agent that moves between kinds has one row of each role.
    pub role: VectorDbRole,
    /// Encrypted, and bound to this row.
    pub connection_details: Option<Vec<u8>>,
    pub namespace: Option<String>,
    pub index_name: Option<String>,
    pub dimensions: i32,
    /// The number of the agent's collection of vectors, from 1.
    pub generation: i32,
    /// The embedding model of the vectors.
    pub embedder: String,
    /// The progress of the move to this place; null when there is none.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub migration: Option<Json>,
    /// Why vectors could not be written; null when the last write succeeded.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        from = "(account_id, agent_instance_id)",
        to = "(account_id, id)"
    )]
    pub agent: BelongsTo<super::agent::Entity>,
}

/// The kind of vector store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum VectorDbKind {
    Embedded,
    Pgvector,
    PineconeNamespace,
    PineconeDedicated,
}

/// Whether the place is searched, or is the target of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum VectorDbRole {
    Serving,
    Target,
}

impl ActiveModelBehavior for ActiveModel {}
