//! Who approves a tool call: the account's staff, as before, or the end user of the conversation.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::{json_binary_null, string_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Both columns are null in rows of processes that do not know them, which means the staff.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_grants = Table::alter()
            .table("tool_grants")
            .add_column(json_binary_null("approvers"))
            .take();
        manager.alter_table(of_grants).await?;
        let of_calls = Table::alter()
            .table("tool_calls")
            .add_column(string_null("approver"))
            .take();
        manager.alter_table(of_calls).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("tool_calls", "approver"), ("tool_grants", "approvers")] {
            let drop = Table::alter().table(table).drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
