//! Creates the figures of runs that ended and their sums by hour and day, for analytics, and the indexes of lists of runs.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, big_integer_null, boolean, double, integer, integer_null, json, string,
        string_null, uuid, uuid_null,
    },
};

use crate::table::{create, drop, execute, index, moment, tenant_table, to_account};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let attempts = Table::alter()
            .table("usage_records")
            .add_column(integer("attempts").default(0))
            .take();
        manager.alter_table(attempts).await?;
        // rows of versions without this column are added to the sums later, in steps
        let summed = Table::alter()
            .table("usage_records")
            .add_column(boolean("summed").default(false))
            .take();
        manager.alter_table(summed).await?;
        create(
            manager,
            vec![run_records(), run_sums()],
            vec![
                index("run_records", &["account_id", "run_id"])
                    .unique()
                    .take(),
                index("run_records", &["account_id", "at"]),
                index("handoffs", &["account_id", "created_at"]),
                index("route_corrections", &["account_id", "created_at"]),
                index("runs", &["account_id", "agent_id", "id"]),
            ],
        )
        .await?;
        let narrower = Index::drop()
            .name("runs_account_id_agent_id_idx")
            .table("runs")
            .to_owned();
        manager.drop_index(narrower).await?;
        execute(manager, PARTIAL_INDEXES, PARTIAL_INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DROP_PARTIAL_INDEXES, DROP_PARTIAL_INDEXES).await?;
        manager
            .create_index(index("runs", &["account_id", "agent_id"]))
            .await?;
        for (table, name) in [
            ("runs", "runs_account_id_agent_id_id_idx"),
            (
                "route_corrections",
                "route_corrections_account_id_created_at_idx",
            ),
            ("handoffs", "handoffs_account_id_created_at_idx"),
        ] {
            let index = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(index).await?;
        }
        drop(manager, &["run_sums", "run_records"]).await?;
        for column in ["summed", "attempts"] {
            let column = Table::alter()
                .table("usage_records")
                .drop_column(column)
                .take();
            manager.alter_table(column).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Few rows each: those to be added to the sums, and runs that did not end with a whole answer.
const PARTIAL_INDEXES: &[&str] = &[
    "CREATE INDEX usage_records_not_summed_idx ON usage_records (id) WHERE NOT summed",
    "CREATE INDEX runs_not_succeeded_idx ON runs (id) \
     WHERE status IN ('FAILED', 'CANCELLED', 'AWAITING_APPROVAL')",
    "CREATE INDEX runs_not_succeeded_by_account_idx ON runs (account_id, id) \
     WHERE status IN ('FAILED', 'CANCELLED', 'AWAITING_APPROVAL')",
    "CREATE INDEX runs_error_code_idx ON runs ((error ->> 'code'), id) WHERE error IS NOT NULL",
    "CREATE INDEX runs_error_code_by_account_idx ON runs (account_id, (error ->> 'code'), id) \
     WHERE error IS NOT NULL",
];

const DROP_PARTIAL_INDEXES: &[&str] = &[
    "DROP INDEX runs_error_code_by_account_idx",
    "DROP INDEX runs_error_code_idx",
    "DROP INDEX runs_not_succeeded_by_account_idx",
    "DROP INDEX runs_not_succeeded_idx",
    "DROP INDEX usage_records_not_summed_idx",
];

/// Records outlive what they refer to, like usage records: no foreign key but the account's.
fn run_records() -> TableCreateStatement {
    tenant_table("run_records")
        .col(uuid_null("run_id"))
        .col(uuid_null("conversation_id"))
        .col(uuid_null("agent_id"))
        .col(uuid_null("template_id"))
        .col(string("status"))
        .col(string_null("error_code"))
        .col(big_integer_null("first_token_ms"))
        .col(big_integer_null("duration_ms"))
        .col(integer("tool_calls"))
        .col(integer("tool_failures"))
        .col(uuid_null("routed_agent_id"))
        .col(string("route_reason"))
        .col(boolean("route_refused"))
        .col(integer_null("score"))
        .col(moment("at"))
        .take()
}

/// The nil UUID stands for no agent and for no template version, because a key has no nulls.
fn run_sums() -> TableCreateStatement {
    Table::create()
        .table("run_sums")
        .col(uuid("account_id"))
        .col(string("span"))
        .col(moment("starts_at"))
        .col(uuid("agent_id"))
        .col(uuid("template_id"))
        .col(big_integer("runs"))
        .col(big_integer("failed"))
        .col(big_integer("tool_calls"))
        .col(big_integer("tool_failures"))
        .col(big_integer("rated_up"))
        .col(big_integer("rated_down"))
        .col(big_integer("route_refused"))
        .col(big_integer("attempts"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(json("failures"))
        .col(json("routes"))
        .col(json("first_token"))
        .col(json("duration"))
        .primary_key(
            Index::create()
                .col("account_id")
                .col("span")
                .col("starts_at")
                .col("agent_id")
                .col("template_id"),
        )
        .foreign_key(&mut to_account("run_sums"))
        .take()
}
