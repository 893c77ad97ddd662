//! The passages that the model of an answer was given, each with the number by which the answer refers to it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_sources")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub message_id: Uuid,
    pub document_id: Uuid,
    /// The number of the source in its message, from 1; without those that were deleted.
    pub number: i32,
    /// The position of the passage in its document.
    pub position: i32,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The headings above the passage, an array of strings.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub headings: Option<Json>,
    pub score: f64,
    #[sea_orm(belongs_to, from = "(account_id, message_id)", to = "(account_id, id)")]
    pub message: BelongsTo<super::message::Entity>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, document_id)",
        to = "(account_id, id)"
    )]
    pub document: BelongsTo<super::document::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
