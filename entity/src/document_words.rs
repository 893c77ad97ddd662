//! The words of documents, for the search by words: one row per searchable or coming revision.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "document_words")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: Uuid,
    /// The revision of the document that has these words.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    pub account_id: Uuid,
    /// The terms with their passages, in the format of the program.
    pub words: Vec<u8>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, document_id)",
        to = "(account_id, id)"
    )]
    pub document: BelongsTo<super::document::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
