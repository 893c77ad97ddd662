//! The vector store of PostgreSQL's extension pgvector, where that can be had.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_where_possible(manager.get_connection()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            // the extension stays: others may use it
            connection
                .execute_unprepared("DROP TABLE IF EXISTS pgvectors")
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Makes what is missing; nothing on a server that has no pgvector or does not let us use it.
pub(crate) async fn create_where_possible(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared(CREATE).await?;
    }
    Ok(())
}

/// The vectors of all agents with all lengths in one table, in parts by the agent: an index of an agent lies on one part, and
/// what the server does for its upkeep it does in parts. An agent's rows go by `remove`, and not with the agent.
const CREATE: &str = "
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS vector;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pgvector is there, and this role may not make it an extension';
        END;
    END IF;
    IF to_regtype('vector') IS NULL OR to_regclass('pgvectors') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE TABLE pgvectors (
        account_id uuid NOT NULL,
        agent_id uuid NOT NULL,
        generation integer NOT NULL,
        passage_id uuid NOT NULL,
        document_id uuid NOT NULL,
        embedding vector NOT NULL,
        PRIMARY KEY (agent_id, generation, passage_id)
    ) PARTITION BY HASH (agent_id);
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE pgvectors_%s PARTITION OF pgvectors FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part
        );
    END LOOP;
    CREATE INDEX pgvectors_document_idx ON pgvectors (account_id, agent_id, generation, document_id);
END
$$";
