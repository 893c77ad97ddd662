//! Creates runs, their events and their step journal.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait,
        SchemaManager, Table, TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, big_integer_null, boolean, double, integer, json_binary, json_binary_null,
        string, string_null, text, uuid, uuid_null,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![runs(), run_events(), run_steps()],
            vec![
                index("runs", &["account_id", "conversation_id", "id"]),
                index("runs", &["account_id", "agent_id"]),
                index("runs", &["account_id", "sent_by", "client_message_id"])
                    .unique()
                    .take(),
                index("runs", &["account_id", "session_id"])
                    .and_where(Expr::col("session_id").is_not_null())
                    .take(),
                // at most one active run per conversation, enforced by the database
                index("runs", &["conversation_id"])
                    .unique()
                    .name("runs_one_active_per_conversation_idx")
                    .and_where(Expr::col("status").is_in(["RUNNING", "AWAITING_APPROVAL"]))
                    .take(),
                // unfinished runs of all accounts: a small index
                index("runs", &["id"])
                    .name("runs_unfinished_idx")
                    .and_where(Expr::col("status").is_in(["QUEUED", "RUNNING"]))
                    .take(),
                index("runs", &["account_id"])
                    .name("runs_unfinished_by_account_idx")
                    .and_where(Expr::col("status").is_in(["QUEUED", "RUNNING"]))
                    .take(),
                index("runs", &["lease_owner"])
                    .and_where(Expr::col("lease_owner").is_not_null())
                    .take(),
                index("runs", &["finished_at"])
                    .and_where(Expr::col("finished_at").is_not_null())
                    .take(),
                index("run_steps", &["account_id", "run_id", "step"])
                    .unique()
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["run_steps", "run_events", "runs"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn runs() -> TableCreateStatement {
    tenant_table("runs")
        .col(uuid("conversation_id"))
        .col(uuid_null("agent_id"))
        .col(uuid("question_id"))
        .col(uuid_null("answer_id"))
        .col(uuid_null("parent_id"))
        .col(boolean("selected"))
        .col(string("sent_by").default(""))
        .col(uuid_null("session_id"))
        .col(string_null("client_message_id"))
        .col(string("status"))
        .col(integer("attempt"))
        .col(integer("excused_attempts").default(0))
        .col(big_integer("epoch"))
        .col(uuid_null("lease_owner"))
        .col(moment_null("lease_expires_at"))
        .col(boolean("cancel_requested"))
        .col(json_binary("route"))
        .col(string("latency_class").default("INTERACTIVE"))
        .col(json_binary_null("allow_tools"))
        .col(string_null("model"))
        .col(string_null("failed_model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(big_integer_null("first_token_ms"))
        .col(big_integer_null("duration_ms"))
        .col(string_null("finish_reason"))
        .col(json_binary_null("error"))
        .col(big_integer_null("last_sequence"))
        .col(moment("created_at"))
        .col(moment_null("started_at"))
        .col(moment_null("finished_at"))
        .foreign_key(&mut to_owner("runs", "conversation_id", "conversations"))
        .foreign_key(&mut to_neighbour("runs", "agent_id", "agent_instances"))
        .take()
}

fn run_events() -> TableCreateStatement {
    Table::create()
        .table("run_events")
        .col(uuid("run_id"))
        .col(big_integer("sequence"))
        .col(uuid("account_id"))
        .col(moment("at"))
        .col(json_binary("body"))
        .primary_key(Index::create().col("run_id").col("sequence"))
        .foreign_key(&mut to_owner("run_events", "run_id", "runs"))
        .take()
}

/// The step journal: the model's replies that called tools, so that a take-over repeats none.
fn run_steps() -> TableCreateStatement {
    tenant_table("run_steps")
        .col(uuid("run_id"))
        .col(integer("step"))
        .col(uuid_null("agent_id"))
        .col(boolean("private"))
        .col(text("text"))
        .col(text("reasoning"))
        .col(json_binary_null("extra"))
        .col(string("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(string_null("stage"))
        .col(json_binary_null("outcome"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("run_steps", "run_id", "runs"))
        .take()
}
