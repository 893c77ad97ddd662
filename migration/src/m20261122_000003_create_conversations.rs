//! Creates conversations, messages, runs, their events, usage records and handoffs.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index,
        IndexCreateStatement, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{
        big_integer, big_integer_null, boolean, double, integer, json_binary, json_binary_null,
        pk_uuid, string, string_null, text, text_null, uuid, uuid_null,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_account, to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![
                conversations(),
                runs(),
                run_events(),
                messages(),
                ratings(),
                handoffs(),
                usage_records(),
            ],
            indexes(),
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "usage_records",
                "handoffs",
                "ratings",
                "messages",
                "run_events",
                "runs",
                "conversations",
            ],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("conversations", &["account_id", "agent_id", "id"]),
        index("conversations", &["account_id", "end_user", "id"]),
        index("messages", &["account_id", "conversation_id", "id"]),
        index("messages", &["account_id", "run_id"]),
        index("messages", &["account_id", "agent_id"]),
        index("runs", &["account_id", "conversation_id", "id"]),
        index("runs", &["account_id", "agent_id"]),
        index("runs", &["account_id", "client_message_id"])
            .unique()
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
        index("runs", &["lease_owner"])
            .and_where(Expr::col("lease_owner").is_not_null())
            .take(),
        index("handoffs", &["account_id", "conversation_id", "id"]),
        index("handoffs", &["account_id", "from_agent_id"]),
        index("handoffs", &["account_id", "to_agent_id"]),
        index("usage_records", &["account_id", "at"]),
        index("usage_records", &["account_id", "agent_id", "at"]),
    ]
}

fn conversations() -> TableCreateStatement {
    tenant_table("conversations")
        .col(string_null("end_user"))
        .col(uuid_null("agent_id"))
        .col(json_binary("context"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_neighbour(
            "conversations",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

fn runs() -> TableCreateStatement {
    tenant_table("runs")
        .col(uuid("conversation_id"))
        .col(uuid_null("agent_id"))
        .col(uuid("question_id"))
        .col(uuid_null("answer_id"))
        .col(string_null("client_message_id"))
        .col(string("status"))
        .col(integer("attempt"))
        .col(big_integer("epoch"))
        .col(uuid_null("lease_owner"))
        .col(moment_null("lease_expires_at"))
        .col(boolean("cancel_requested"))
        .col(json_binary("route"))
        .col(json_binary_null("allow_tools"))
        .col(string_null("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(big_integer_null("first_token_ms"))
        .col(big_integer_null("duration_ms"))
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

fn messages() -> TableCreateStatement {
    tenant_table("messages")
        .col(uuid("conversation_id"))
        .col(uuid("run_id"))
        .col(string("role"))
        .col(text("text"))
        .col(uuid_null("agent_id"))
        .col(boolean("demo_quality"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner(
            "messages",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner("messages", "run_id", "runs"))
        .foreign_key(&mut to_neighbour("messages", "agent_id", "agent_instances"))
        .take()
}

fn ratings() -> TableCreateStatement {
    Table::create()
        .table("ratings")
        .col(pk_uuid("message_id"))
        .col(uuid("account_id"))
        .col(integer("score"))
        .col(text_null("comment"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("ratings", "message_id", "messages"))
        .take()
}

fn handoffs() -> TableCreateStatement {
    tenant_table("handoffs")
        .col(uuid("conversation_id"))
        .col(uuid_null("run_id"))
        .col(uuid_null("from_agent_id"))
        .col(uuid_null("to_agent_id"))
        .col(text("reason"))
        .col(string("initiator"))
        .col(string("policy"))
        .col(json_binary("carried"))
        .col(json_binary("dropped"))
        .col(string("outcome"))
        .col(moment("created_at"))
        .col(moment_null("ended_at"))
        .foreign_key(&mut to_owner(
            "handoffs",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner("handoffs", "run_id", "runs"))
        .foreign_key(&mut to_neighbour(
            "handoffs",
            "from_agent_id",
            "agent_instances",
        ))
        .foreign_key(&mut to_neighbour(
            "handoffs",
            "to_agent_id",
            "agent_instances",
        ))
        .take()
}

/// Usage records outlive what they refer to: no foreign key but the account's.
fn usage_records() -> TableCreateStatement {
    Table::create()
        .table("usage_records")
        .col(pk_uuid("id"))
        .col(uuid("account_id"))
        .col(uuid_null("run_id"))
        .col(uuid_null("conversation_id"))
        .col(uuid_null("agent_id"))
        .col(string_null("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(moment("at"))
        .foreign_key(&mut to_account("usage_records"))
        .take()
}
