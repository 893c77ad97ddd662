//! The times since which an account and an end user consent to the export of rated conversations.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::timestamp_with_time_zone_null,
};

/// The tables that have the column.
const TABLES: [&str; 2] = ["accounts", "end_users"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let consent = Table::alter()
                .table(table)
                .add_column(timestamp_with_time_zone_null("training_consent_at"))
                .take();
            manager.alter_table(consent).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let consent = Table::alter()
                .table(table)
                .drop_column("training_consent_at")
                .take();
            manager.alter_table(consent).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
