//! Why an answer ended, what the model thought, and what its provider needs back; the failed attempts of a document.

use sea_orm_migration::prelude::*;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [(&str, &str); 7] = [
    ("documents", "attempts"),
    ("messages", "finish_reason"),
    ("messages", "reasoning"),
    ("runs", "finish_reason"),
    ("run_rounds", "reasoning"),
    ("run_rounds", "extra"),
    ("tool_calls", "extra"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let mut definition = ColumnDef::new(column);
            match column {
                "attempts" => definition.integer().not_null().default(0),
                "extra" => definition.json_binary(),
                "reasoning" if table == "run_rounds" => definition.text().not_null().default(""),
                "reasoning" => definition.text(),
                _ => definition.string(),
            };
            let change = Table::alter().table(table).add_column(definition).take();
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let change = Table::alter().table(table).drop_column(column).take();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}
