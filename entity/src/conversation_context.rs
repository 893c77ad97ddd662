//! The context of a conversation that each of its agents works with, kept while another agent answers.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_contexts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    pub account_id: Uuid,
    #[sea_orm(column_type = "JsonBinary")]
    pub context: Json,
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        from = "(account_id, conversation_id)",
        to = "(account_id, id)"
    )]
    pub conversation: BelongsTo<super::conversation::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
