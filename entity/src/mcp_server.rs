//! Registered MCP servers: the platform's own, which have no account, and those of accounts.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mcp_servers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The account that registered the server; null for the operator's servers.
    pub account_id: Option<Uuid>,
    pub name: String,
    /// The type of a server, e.g. `crm`.
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// The URL of the server; for a built-in server, its path on the program's own address.
    #[sea_orm(column_type = "Text")]
    pub endpoint_url: String,
    pub transport: McpTransport,
    pub is_stateless: bool,
    /// The tools that discovery found: name, description, schemas.
    #[sea_orm(column_type = "JsonBinary")]
    pub supported_tools: Json,
    /// The pinned hash of each approved tool's definition, by name.
    #[sea_orm(column_type = "JsonBinary")]
    pub approved_tools: Json,
    /// Which parts of the definitions are pinned.
    pub pinning: ToolPinning,
    /// The maximum duration of a call; null for the usual limits.
    pub call_timeout_seconds: Option<i32>,
    /// The accounts that may use the server; null for all.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub account_restrictions: Option<Json>,
    /// Encrypted, and bound to this row.
    pub token: Option<Vec<u8>>,
    /// Why the last discovery of tools failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    pub discovered_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// The protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum McpTransport {
    StreamableHttp,
    ActionHttp,
    BuiltIn,
}

/// Which parts of a tool's definition must stay as they were approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ToolPinning {
    WholeDefinition,
    NameAndInputSchema,
}

impl ActiveModelBehavior for ActiveModel {}
