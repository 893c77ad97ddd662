//! The time at which an operator suspended an account.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let suspension = Table::alter()
            .table("accounts")
            .add_column(timestamp_with_time_zone_null("suspended_at"))
            .take();
        manager.alter_table(suspension).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let suspension = Table::alter()
            .table("accounts")
            .drop_column("suspended_at")
            .take();
        manager.alter_table(suspension).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
