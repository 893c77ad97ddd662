//! Passages: the parts of documents that are searched.

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
    /// The revision of the document that the passage belongs to.
    pub revision: i32,
    /// The position in the document, from 0.
    pub position: i32,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The headings above the passage, an array of strings.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub headings: Option<Json>,
    pub tokens: i32,
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
