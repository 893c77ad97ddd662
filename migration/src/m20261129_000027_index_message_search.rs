//! Indexes the search of conversations by parts of their messages and titles, on PostgreSQL where the extension `pg_trgm`
//! is available. Without it, and on SQLite, a search reads the messages of the account or of the end user.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection.execute_unprepared(CREATE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            // the extension stays: other tables may use it
            connection.execute_unprepared(DROP).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Does nothing on a server without `pg_trgm` or without the right to use it.
const CREATE: &str = "
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_trgm is there, and this role may not make it an extension';
        END;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_opclass WHERE opcname = 'gin_trgm_ops') THEN
        RETURN;
    END IF;
    CREATE INDEX IF NOT EXISTS messages_folded_idx ON messages USING gin (folded gin_trgm_ops);
    CREATE INDEX IF NOT EXISTS conversations_folded_title_idx ON conversations USING gin (folded_title gin_trgm_ops);
END
$$";
const DROP: &str =
    "DROP INDEX IF EXISTS messages_folded_idx; DROP INDEX IF EXISTS conversations_folded_title_idx";
