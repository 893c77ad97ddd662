//! The request that sent the message of a run: it leads from a request's id to the log lines of its run, in any process.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::uuid_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let request = Table::alter()
            .table("runs")
            .add_column(uuid_null("request_id"))
            .take();
        manager.alter_table(request).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let request = Table::alter()
            .table("runs")
            .drop_column("request_id")
            .take();
        manager.alter_table(request).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
