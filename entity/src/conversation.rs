//! Conversations between one end user and an account's agents.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub end_user: Option<String>,
    /// The agent that answers now; set to null when the agent is deleted.
    pub agent_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub context: Json,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
