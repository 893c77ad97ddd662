//! The given contents of documents, until they are split into passages.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "document_contents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: Uuid,
    pub account_id: Uuid,
    pub content: Vec<u8>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, document_id)",
        to = "(account_id, id)"
    )]
    pub document: BelongsTo<super::document::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
