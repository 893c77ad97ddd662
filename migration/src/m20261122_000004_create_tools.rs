//! Creates MCP servers, grants and tool calls.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, ForeignKey,
        ForeignKeyAction, ForeignKeyCreateStatement, MigrationTrait, SchemaManager,
        TableCreateStatement, async_trait,
    },
    schema::{
        big_integer_null, blob_null, boolean, json_binary, json_binary_null, string, string_null,
        text, text_null, uuid, uuid_null, var_binary,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, platform_table, tenant_table, to_account,
    to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![mcp_servers(), tool_grants(), tool_calls()],
            vec![
                index("mcp_servers", &["account_id", "id"]),
                index("tool_grants", &["account_id", "agent_id", "server_id"])
                    .unique()
                    .take(),
                index("tool_grants", &["server_id"]),
                index("tool_calls", &["account_id", "run_id", "id"]),
                index("tool_calls", &["account_id", "agent_id"]),
                index("tool_calls", &["server_id"]),
                index("tool_calls", &["account_id", "idempotency_key"])
                    .unique()
                    .take(),
                // calls that wait for a decision
                index("tool_calls", &["account_id", "expires_at", "id"])
                    .and_where(Expr::col("status").eq("AWAITING_APPROVAL"))
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["tool_calls", "tool_grants", "mcp_servers"]).await
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
        .col(json_binary_null("account_restrictions"))
        .col(blob_null("token"))
        .col(moment_null("discovered_at"))
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
        .col(string("policy"))
        .col(blob_null("token"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("tool_grants", "agent_id", "agent_instances"))
        .foreign_key(to_server("tool_grants").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn tool_calls() -> TableCreateStatement {
    tenant_table("tool_calls")
        .col(uuid("run_id"))
        .col(uuid_null("agent_id"))
        .col(uuid_null("server_id"))
        .col(string("tool"))
        .col(json_binary("arguments"))
        .col(var_binary("arguments_digest", 32))
        .col(string("idempotency_key"))
        .col(json_binary_null("result"))
        .col(string("status"))
        .col(text_null("error"))
        .col(big_integer_null("duration_ms"))
        .col(moment("requested_at"))
        .col(moment_null("expires_at"))
        .col(moment_null("resolved_at"))
        .col(string_null("resolved_by"))
        .col(moment_null("finished_at"))
        .foreign_key(&mut to_owner("tool_calls", "run_id", "runs"))
        .foreign_key(&mut to_neighbour(
            "tool_calls",
            "agent_id",
            "agent_instances",
        ))
        .foreign_key(to_server("tool_calls").on_delete(ForeignKeyAction::SetNull))
        .take()
}

fn to_server(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_server_id_fkey"))
        .from(table, "server_id")
        .to("mcp_servers", "id")
        .take()
}
