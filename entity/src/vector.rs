//! Vectors of the embedded vector store.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vectors")]
pub struct Model {
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i32,
    /// The passage of the vector; the passage may not exist yet, or no longer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub passage_id: Uuid,
    pub document_id: Uuid,
    /// The collection's version that wrote the vector.
    pub version: i64,
    /// 32-bit floats, little-endian; the vector has length 1.
    pub embedding: Vec<u8>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
