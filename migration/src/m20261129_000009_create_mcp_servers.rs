//! Creates MCP servers, and the agents' grants of their tools.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, ForeignKeyAction, MigrationTrait, SchemaManager,
        TableCreateStatement, async_trait,
    },
    schema::{
        blob_null, boolean, integer_null, json_binary, json_binary_null, string, text, text_null,
        uuid, uuid_null,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, platform_table, tenant_table, to_account, to_owner,
    to_server,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![mcp_servers(), tool_grants()],
            vec![
                index("mcp_servers", &["account_id", "id"]),
                index("tool_grants", &["account_id", "agent_id", "server_id"])
                    .unique()
                    .take(),
                index("tool_grants", &["server_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["tool_grants", "mcp_servers"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The platform's own servers have no account, so no table can refer to a server by `(account_id, id)`.
fn mcp_servers() -> TableCreateStatement {
    platform_table("mcp_servers")
        .col(uuid_null("account_id"))
        .col(string("name"))
        .col(string("type"))
        .col(text("endpoint_url"))
        .col(string("transport"))
        .col(boolean("is_stateless"))
        .col(json_binary("supported_tools"))
        .col(json_binary("approved_tools"))
        .col(string("pinning").default("WHOLE_DEFINITION"))
        .col(integer_null("call_timeout_seconds"))
        .col(json_binary_null("account_restrictions"))
        .col(blob_null("token"))
        .col(moment_null("discovered_at"))
        .col(text_null("problem"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_account("mcp_servers"))
        .take()
}

fn tool_grants() -> TableCreateStatement {
    tenant_table("tool_grants")
        .col(uuid("agent_id"))
        .col(uuid("server_id"))
        .col(json_binary("tools"))
        .col(blob_null("token"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("tool_grants", "agent_id", "agent_instances"))
        .foreign_key(to_server("tool_grants").on_delete(ForeignKeyAction::Cascade))
        .take()
}
