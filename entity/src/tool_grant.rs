//! Grants: the tools that an agent may call on a server.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub agent_id: Uuid,
    /// Without the account: the platform's servers have none.
    pub server_id: Uuid,
    /// The policy of each granted tool, by its name; other tools are not granted.
    #[sea_orm(column_type = "JsonBinary")]
    pub tools: Json,
    /// Who approves the calls of each tool, by its name; the account's staff approves those of other tools.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub approvers: Option<Json>,
    /// The agent's own token for the server, encrypted and bound to this row.
    pub token: Option<Vec<u8>>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
    #[sea_orm(belongs_to, from = "server_id", to = "id")]
    pub server: BelongsTo<super::mcp_server::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
