//! What could not be read of a document.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::json_binary_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let warnings = Table::alter()
            .table("documents")
            .add_column(json_binary_null("warnings"))
            .take();
        manager.alter_table(warnings).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let warnings = Table::alter()
            .table("documents")
            .drop_column("warnings")
            .take();
        manager.alter_table(warnings).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
