//! What an agent was given to know.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub agent_id: Uuid,
    pub title: String,
    /// Where it came from; the same source again replaces it.
    #[sea_orm(column_type = "Text", nullable)]
    pub source: Option<String>,
    pub media_type: String,
    /// SHA-256 of what was given.
    pub content_hash: Vec<u8>,
    pub status: DocumentStatus,
    pub passages: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// The source, or the hash of what has none: unique in its agent.
    pub source_key: Option<String>,
    /// What it is fetched from.
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    /// The revision of its passages that is searched; 0 for none.
    pub revision: i32,
    /// The revision that is to be searched.
    pub wanted_revision: i32,
    /// Passages of the wanted revision that are embedded.
    pub progress_done: i32,
    /// Passages that the wanted revision has.
    pub progress_total: i32,
    /// How many bytes its content has, as the account counts them: 0 until it is fetched. Null for a document that an
    /// earlier version of the program has inserted, and that no account counts.
    pub content_bytes: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum DocumentStatus {
    Pending,
    Embedding,
    Ready,
    Failed,
}

impl ActiveModelBehavior for ActiveModel {}
