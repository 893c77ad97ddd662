//! Adds the latency class of runs, and the number of their attempts that do not count.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait,
        SchemaManager, Table, async_trait,
    },
    schema::{integer, string},
};

use crate::table::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // defaults, so that the previous version can insert rows while both versions run
        for column in [
            string("latency_class").default("INTERACTIVE").take(),
            integer("excused_attempts").default(0).take(),
        ] {
            let add = Table::alter().table("runs").add_column(column).take();
            manager.alter_table(add).await?;
        }
        manager
            .create_index(
                index("runs", &["account_id"])
                    .name("runs_unfinished_by_account_idx")
                    .and_where(Expr::col("status").is_in(["QUEUED", "RUNNING"]))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                index("runs", &["finished_at"])
                    .and_where(Expr::col("finished_at").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["runs_finished_at_idx", "runs_unfinished_by_account_idx"] {
            manager
                .drop_index(Index::drop().name(name).table("runs").to_owned())
                .await?;
        }
        for column in ["excused_attempts", "latency_class"] {
            let drop = Table::alter().table("runs").drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
