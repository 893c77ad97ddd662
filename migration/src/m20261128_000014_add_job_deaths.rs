//! Adds the number of consecutive processes that died in a step of a job that may kill a process.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
    },
    schema::integer,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With a default, so that the previous version can insert rows while both versions run.
fn deaths() -> ColumnDef {
    integer("deaths").default(0).take()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter().table("jobs").add_column(deaths()).take();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter()
            .table("jobs")
            .drop_column(deaths().get_column_name())
            .take();
        manager.alter_table(drop).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
