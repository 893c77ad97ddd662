//! Registered MCP servers: the platform's own, without an account, and an account's.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mcp_servers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The account that registered it; none for the operator's.
    pub account_id: Option<Uuid>,
    pub name: String,
    /// The epic's `type`, e.g. `crm`.
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// For a built-in one, its path on the program's own address.
    #[sea_orm(column_type = "Text")]
    pub endpoint_url: String,
    pub transport: McpTransport,
    pub is_stateless: bool,
    /// What discovery found: name, description, schemas.
    #[sea_orm(column_type = "JsonBinary")]
    pub supported_tools: Json,
    /// The pinned hash of each tool's definition, by name.
    #[sea_orm(column_type = "JsonBinary")]
    pub approved_tools: Json,
    /// The accounts that may use it; empty for all.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub account_restrictions: Option<Json>,
    /// Sealed; bound to this row.
    pub token: Option<Vec<u8>>,
    /// Why it could not be asked for its tools the last time.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    pub discovered_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// How a server is spoken to.
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

impl ActiveModelBehavior for ActiveModel {}
