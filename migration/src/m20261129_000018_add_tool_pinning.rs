//! Adds what of a server's tools is pinned, and the maximum duration of its calls.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
    },
    schema::{integer_null, string},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With defaults, so that the previous version can insert rows while both versions run.
fn columns() -> [ColumnDef; 2] {
    [
        string("pinning").default("WHOLE_DEFINITION").take(),
        integer_null("call_timeout_seconds").take(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time
        for column in columns() {
            let add = Table::alter()
                .table("mcp_servers")
                .add_column(column)
                .take();
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            let drop = Table::alter()
                .table("mcp_servers")
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
