//! Creates the vector store of PostgreSQL's extension pgvector, where the extension is available.

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
            // the extension stays: other tables may use it
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

/// Creates what is missing; does nothing on a server without pgvector or without the right to use it.
pub(crate) async fn create_where_possible(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared(CREATE).await?;
    }
    Ok(())
}

/// The vectors of all agents and lengths in one table, partitioned by agent: an agent's index is on one partition, and
/// vacuum works by partition. An agent's rows are deleted by the vector store's `remove`, not with the agent.
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
