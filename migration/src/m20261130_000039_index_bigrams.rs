//! Indexes passages in scripts without spaces by the pairs of their characters, which the program puts into a column of their
//! own. Passages of before are found as before, until their document is ingested again.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::text_null,
};

use crate::table::execute;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP_SQLITE: &[&str] = &[
    "DROP TRIGGER passages_text_insert",
    "CREATE TRIGGER passages_text_insert AFTER INSERT ON passages WHEN new.search_key IS NOT NULL BEGIN \
     INSERT INTO passages_text (rowid, scope, text) VALUES (new.search_key, lower(hex(new.agent_id)), \
     coalesce(new.search_text, coalesce(new.headings, '') || ' ' || new.text)); END",
];
const DOWN_SQLITE: &[&str] = &[
    "DROP TRIGGER passages_text_insert",
    "CREATE TRIGGER passages_text_insert AFTER INSERT ON passages WHEN new.search_key IS NOT NULL BEGIN \
     INSERT INTO passages_text (rowid, scope, text) \
     VALUES (new.search_key, lower(hex(new.agent_id)), coalesce(new.headings, '') || ' ' || new.text); END",
];
/// A generated column cannot be changed, only made anew: the table is rewritten under an exclusive lock.
const UP_POSTGRES: &[&str] = &[
    "ALTER TABLE passages DROP COLUMN words, ADD COLUMN words tsvector GENERATED ALWAYS AS \
     (to_tsvector('english', coalesce(search_text, coalesce(headings::text, '') || ' ' || text))) STORED",
    "CREATE INDEX passages_words_idx ON passages USING gin (words)",
];
const DOWN_POSTGRES: &[&str] = &[
    "ALTER TABLE passages DROP COLUMN words, ADD COLUMN words tsvector GENERATED ALWAYS AS \
     (to_tsvector('english', coalesce(headings::text, '') || ' ' || text)) STORED",
    "CREATE INDEX passages_words_idx ON passages USING gin (words)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("passages")
            .add_column(text_null("search_text"))
            .take();
        manager.alter_table(column).await?;
        execute(manager, UP_SQLITE, UP_POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DOWN_SQLITE, DOWN_POSTGRES).await?;
        let column = Table::alter()
            .table("passages")
            .drop_column("search_text")
            .take();
        manager.alter_table(column).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
