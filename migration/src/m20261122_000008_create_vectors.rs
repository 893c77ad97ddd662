//! Creates the embedded vector store: vectors as rows, and a version per collection that every change increments.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{big_integer, blob, integer, uuid},
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::table::{create, drop, index, to_owner};

/// Without statistics SQLite prefers an index whose first three columns match, and reads all vectors of an agent to
/// find 60 of them: 15 ms instead of 0.2 ms at 50,000. <https://www.sqlite.org/fileformat2.html#the_sqlite_stat1_table>
const STATISTICS: &str = "ANALYZE vectors; DELETE FROM sqlite_stat1 WHERE tbl = 'vectors'; \
    INSERT INTO sqlite_stat1 VALUES \
    ('vectors', 'vectors_account_id_agent_id_generation_document_id_idx', '1000000 100000 10000 10000 50'), \
    ('vectors', 'vectors_account_id_agent_id_generation_version_passage_id_idx', '1000000 100000 10000 10000 100 1'), \
    ('vectors', 'sqlite_autoindex_vectors_1', '1000000 10000 10000 1'); \
    ANALYZE sqlite_schema";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![vector_collections(), vectors()],
            vec![
                index(
                    "vectors",
                    &["account_id", "agent_id", "generation", "document_id"],
                ),
                // for reads of the rows after a version
                index(
                    "vectors",
                    &[
                        "account_id",
                        "agent_id",
                        "generation",
                        "version",
                        "passage_id",
                    ],
                ),
            ],
        )
        .await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            manager
                .get_connection()
                .execute_unprepared(STATISTICS)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["vectors", "vector_collections"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn vector_collections() -> TableCreateStatement {
    Table::create()
        .table("vector_collections")
        .col(uuid("account_id"))
        .col(uuid("agent_id"))
        .col(integer("generation"))
        .col(uuid("incarnation"))
        .col(big_integer("version"))
        .col(big_integer("removed_at_version"))
        .primary_key(Index::create().col("agent_id").col("generation"))
        .foreign_key(&mut to_owner(
            "vector_collections",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

/// Without a foreign key to the passages: a generation is filled while its passages are still those of the previous
/// one, and is removed separately.
fn vectors() -> TableCreateStatement {
    Table::create()
        .table("vectors")
        .col(uuid("account_id"))
        .col(uuid("agent_id"))
        .col(integer("generation"))
        .col(uuid("passage_id"))
        .col(uuid("document_id"))
        .col(big_integer("version"))
        .col(blob("embedding"))
        .primary_key(
            Index::create()
                .col("agent_id")
                .col("generation")
                .col("passage_id"),
        )
        .foreign_key(&mut to_owner("vectors", "agent_id", "agent_instances"))
        .take()
}
