//! The agents that people may talk to without a credential, with the limits of the sessions.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "public_agents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// Unique.
    pub agent_id: Uuid,
    pub messages_per_minute: i32,
    pub tokens: i64,
    pub expires_in_seconds: i64,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
