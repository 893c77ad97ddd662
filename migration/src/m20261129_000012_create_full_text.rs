//! Creates full-text search of passages: FTS5 on SQLite, a GIN index over `tsvector` on PostgreSQL.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::execute;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The index stores no text. `scope` holds the agent's id as one word, so that a search covers only that agent's
/// passages. Triggers maintain it, because passages are also deleted by cascades.
const UP_SQLITE: &[&str] = &[
    "CREATE VIRTUAL TABLE passages_text USING fts5(scope, text, content='', contentless_delete=1, \
     tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER passages_text_insert AFTER INSERT ON passages WHEN new.search_key IS NOT NULL BEGIN \
     INSERT INTO passages_text (rowid, scope, text) \
     VALUES (new.search_key, lower(hex(new.agent_id)), coalesce(new.headings, '') || ' ' || new.text); END",
    "CREATE TRIGGER passages_text_delete AFTER DELETE ON passages WHEN old.search_key IS NOT NULL BEGIN \
     DELETE FROM passages_text WHERE rowid = old.search_key; END",
];
const DOWN_SQLITE: &[&str] = &[
    "DROP TRIGGER passages_text_delete",
    "DROP TRIGGER passages_text_insert",
    "DROP TABLE passages_text",
];
const UP_POSTGRES: &[&str] = &[
    "ALTER TABLE passages ADD COLUMN words tsvector \
     GENERATED ALWAYS AS (to_tsvector('english', coalesce(headings::text, '') || ' ' || text)) STORED",
    "CREATE INDEX passages_words_idx ON passages USING gin (words)",
];
const DOWN_POSTGRES: &[&str] = &["ALTER TABLE passages DROP COLUMN words"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP_SQLITE, UP_POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DOWN_SQLITE, DOWN_POSTGRES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
