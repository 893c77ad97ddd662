//! Creates the table of the one row that `/readyz` writes, to detect a read-only database.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement, async_trait,
};

use crate::table::{create, drop, moment, platform_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, vec![health_probes()], vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["health_probes"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn health_probes() -> TableCreateStatement {
    platform_table("health_probes")
        .col(moment("probed_at"))
        .take()
}
