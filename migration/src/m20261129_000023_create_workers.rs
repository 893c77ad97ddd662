//! Creates the table of the worker processes that are alive.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement, async_trait,
};

use crate::table::{create, drop, moment, platform_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, vec![workers()], vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["workers"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn workers() -> TableCreateStatement {
    platform_table("workers").col(moment("expires_at")).take()
}
