//! Collections of the embedded vector store, with versions that show changes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vector_collections")]
pub struct Model {
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i32,
    /// A new id each time the collection is created, because its versions then begin again.
    pub incarnation: Uuid,
    /// Incremented by every change, in its transaction.
    pub version: i64,
    /// The last version that removed vectors; 0 for none.
    pub removed_at_version: i64,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
