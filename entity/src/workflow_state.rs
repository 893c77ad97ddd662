//! The state that an agent's workflow keeps of a conversation.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow_states")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    /// The run that left the state: each run leaves a version of its own, so that another line of the conversation
    /// continues from its own one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: Uuid,
    pub account_id: Uuid,
    /// The state, an object.
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    /// Whether it was changed with private items in view.
    pub private: bool,
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
