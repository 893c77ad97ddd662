//! The migrations, in order; each runs up and down on SQLite and PostgreSQL from the same code.
//!
//! A new migration is a new file `mYYYYMMDD_NNNNNN_<effect>.rs`, listed below. The statements of a released file are
//! never edited: expand first, let both versions of the program run, contract in a later release.
#![expect(
    elided_lifetimes_in_paths,
    reason = "`MigrationTrait` elides the manager's lifetime, and an implementation must do the same"
)]

mod m20261122_000001_create_accounts;
mod m20261122_000002_create_agents;
mod m20261122_000003_create_conversations;
mod m20261122_000004_create_tools;
mod m20261122_000005_create_knowledge;
mod m20261122_000006_add_run_latency_class;
mod m20261122_000007_add_document_revisions;
mod m20261122_000008_create_vectors;
mod m20261122_000009_create_pgvector;
mod m20261122_000010_create_full_text;
mod m20261126_000011_add_run_journal;
mod m20261126_000012_create_toolbox;
mod m20261126_000013_guard_audit;
mod m20261128_000014_add_job_deaths;
mod m20261128_000015_add_quotas;
mod m20261128_000016_key_audit;
mod m20261128_000017_create_health_probes;
mod m20261129_000018_add_tool_pinning;
mod table;

pub use sea_orm_migration::{MigrationStatus, MigrationTrait, MigratorTrait};
use sea_orm_migration::{
    SchemaManager,
    prelude::{DbErr, Query},
    sea_orm::{ConnectionTrait, DatabaseConnection},
};

/// All migrations, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_accounts::Migration),
            Box::new(m20261122_000002_create_agents::Migration),
            Box::new(m20261122_000003_create_conversations::Migration),
            Box::new(m20261122_000004_create_tools::Migration),
            Box::new(m20261122_000005_create_knowledge::Migration),
            Box::new(m20261122_000006_add_run_latency_class::Migration),
            Box::new(m20261122_000007_add_document_revisions::Migration),
            Box::new(m20261122_000008_create_vectors::Migration),
            Box::new(m20261122_000009_create_pgvector::Migration),
            Box::new(m20261122_000010_create_full_text::Migration),
            Box::new(m20261126_000011_add_run_journal::Migration),
            Box::new(m20261126_000012_create_toolbox::Migration),
            Box::new(m20261126_000013_guard_audit::Migration),
            Box::new(m20261128_000014_add_job_deaths::Migration),
            Box::new(m20261128_000015_add_quotas::Migration),
            Box::new(m20261128_000016_key_audit::Migration),
            Box::new(m20261128_000017_create_health_probes::Migration),
            Box::new(m20261129_000018_add_tool_pinning::Migration),
        ]
    }
}

/// The names of all applied migrations, including those of newer versions of the program.
pub async fn applied(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    const TABLE: &str = "seaql_migrations";
    if !SchemaManager::new(database).has_table(TABLE).await? {
        return Ok(Vec::new());
    }
    let names = Query::select().column("version").from(TABLE).take();
    let rows = database.query_all(&names).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// Creates what an earlier migration had to leave out: pgvector may have been installed since the migration that looked
/// for it.
pub async fn catch_up(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    m20261122_000009_create_pgvector::create_where_possible(connection).await
}
