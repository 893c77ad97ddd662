//! Creates tool calls, which record the state of each call of a run, so that a take-over repeats none.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, ForeignKeyAction,
        MigrationTrait, SchemaManager, TableCreateStatement, async_trait,
    },
    schema::{
        big_integer_null, integer, json_binary, json_binary_null, string, string_null, text_null,
        uuid, uuid_null, var_binary,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_neighbour, to_owner, to_server,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![tool_calls()],
            vec![
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
                // calls that were not decided in time, in any account
                index("tool_calls", &["expires_at"])
                    .and_where(Expr::col("status").eq("AWAITING_APPROVAL"))
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["tool_calls"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tool_calls() -> TableCreateStatement {
    tenant_table("tool_calls")
        .col(uuid("run_id"))
        .col(uuid_null("agent_id"))
        .col(uuid_null("server_id"))
        .col(integer("step").default(0))
        .col(integer("position").default(0))
        .col(string("reference").default(""))
        .col(string("tool"))
        .col(json_binary("arguments"))
        .col(var_binary("arguments_digest", 32))
        .col(string("idempotency_key"))
        .col(json_binary_null("extra"))
        .col(json_binary_null("result"))
        .col(text_null("answer"))
        .col(string("status"))
        .col(text_null("error"))
        .col(big_integer_null("duration_ms"))
        .col(moment("requested_at"))
        .col(moment_null("called_at"))
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
