//! Creates the step journal: the model's replies that called tools, and the state of each call, so that a take-over
//! repeats none. Grants get a policy for each tool.

use sea_orm_migration::{
    prelude::{
        ColumnDef, ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index,
        MigrationTrait, SchemaManager, Table, TableCreateStatement, async_trait,
    },
    schema::{big_integer, double, integer, string, text, text_null, uuid},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With defaults, so that the previous version can insert rows while both versions run.
fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("tool_calls", integer("round").default(0).take()),
        ("tool_calls", integer("position").default(0).take()),
        ("tool_calls", string("reference").default("").take()),
        ("tool_calls", moment_null("called_at")),
        ("tool_calls", text_null("answer")),
        ("mcp_servers", text_null("problem")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in new_columns() {
            let add = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(add).await?;
        }
        // the column was never written: the policy of each tool is in `tools` now
        manager
            .alter_table(
                Table::alter()
                    .table("tool_grants")
                    .drop_column("policy")
                    .take(),
            )
            .await?;
        create(
            manager,
            vec![run_rounds()],
            vec![
                index("run_rounds", &["account_id", "run_id", "round"])
                    .unique()
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
        manager
            .drop_index(
                Index::drop()
                    .name("tool_calls_expires_at_idx")
                    .table("tool_calls")
                    .to_owned(),
            )
            .await?;
        drop(manager, &["run_rounds"]).await?;
        let mut policy = string("policy").default("AUTO").take();
        manager
            .alter_table(
                Table::alter()
                    .table("tool_grants")
                    .add_column(&mut policy)
                    .take(),
            )
            .await?;
        for (table, column) in new_columns().into_iter().rev() {
            let drop = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn run_rounds() -> TableCreateStatement {
    tenant_table("run_rounds")
        .col(uuid("run_id"))
        .col(integer("round"))
        .col(text("text"))
        .col(string("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("run_rounds", "run_id", "runs"))
        .take()
}
