//! Documents of an agent's knowledge.

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
    /// The origin that the caller gave; ingesting the same source again replaces the document.
    #[sea_orm(column_type = "Text", nullable)]
    pub source: Option<String>,
    pub media_type: String,
    /// SHA-256 of the given or fetched content.
    pub content_hash: Vec<u8>,
    pub status: DocumentStatus,
    pub passages: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// What could not be read of the content, a list of sentences; null for nothing.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub warnings: Option<Json>,
    /// Failed attempts since the content was given.
    pub attempts: i32,
    /// The source, or the hash of a content without a source; unique in the agent.
    pub source_key: Option<String>,
    /// The URL that the content is fetched from.
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    /// The searchable revision of the passages; 0 for none.
    pub revision: i32,
    /// The revision to make searchable.
    pub wanted_revision: i32,
    /// The number of embedded passages of the wanted revision.
    pub progress_done: i32,
    /// The number of passages of the wanted revision.
    pub progress_total: i32,
    /// The size of the content in bytes as counted for the account; 0 until it is fetched. Null for a document that
    /// is not counted.
    pub content_bytes: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

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
