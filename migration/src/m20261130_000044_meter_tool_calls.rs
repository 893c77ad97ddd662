//! The tool calls of a run in its usage. The records of earlier runs say 0.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::integer,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let calls = Table::alter()
            .table("usage_records")
            .add_column(integer("tool_calls").default(0))
            .take();
        manager.alter_table(calls).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let calls = Table::alter()
            .table("usage_records")
            .drop_column("tool_calls")
            .take();
        manager.alter_table(calls).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
