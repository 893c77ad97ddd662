//! Pieces of documents, with their vectors where those lie beside the tables.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "passages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub agent_id: Uuid,
    pub document_id: Uuid,
    /// Of the document.
    pub revision: i32,
    /// In the document, from 0.
    pub position: i32,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The headings it stands under, an array of strings.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub headings: Option<Json>,
    pub tokens: i32,
    /// Names it in the full-text index of SQLite.
    pub search_key: Option<i64>,
    /// Not used any more: vectors lie in vector stores, of which one is a table.
    pub embedding: Option<Vec<u8>>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, document_id)",
        to = "(account_id, id)"
    )]
    pub document: BelongsTo<super::document::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
