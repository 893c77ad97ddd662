//! The migrations, in order; each runs up and down on SQLite and PostgreSQL from the same code.
//!
//! A new migration is a new file `mYYYYMMDD_NNNNNN_<effect>.rs`, listed below. The statements of a released file are
//! never edited: expand first, let both versions of the program run, contract in a later release.
#![expect(
    elided_lifetimes_in_paths,
    reason = "`MigrationTrait` elides the manager's lifetime, and an implementation must do the same"
)]

mod m20261129_000001_create_accounts;
mod m20261129_000002_create_audit;
mod m20261129_000003_create_templates_and_agents;
mod m20261129_000004_create_conversations;
mod m20261129_000005_create_runs;
mod m20261129_000006_create_messages;
mod m20261129_000007_create_handoffs;
mod m20261129_000008_create_usage;
mod m20261129_000009_create_mcp_servers;
mod m20261129_000010_create_tool_calls;
mod m20261129_000011_create_knowledge;
mod m20261129_000012_create_full_text;
mod m20261129_000013_create_vectors;
mod m20261129_000014_create_pgvector;
mod m20261129_000015_create_jobs;
mod m20261129_000016_create_crm;
mod m20261129_000017_create_pricing;
mod m20261129_000018_create_tickets;
mod m20261129_000019_create_tool_effects;
mod m20261129_000020_create_health_probes;
mod m20261129_000021_create_provider_keys;
mod m20261129_000022_create_personas;
mod m20261129_000023_create_workers;
mod m20261129_000024_create_end_users;
mod m20261129_000025_create_identity_providers;
mod m20261129_000026_create_route_corrections;
mod m20261129_000027_index_message_search;
mod m20261129_000028_create_erasures;
mod m20261129_000029_create_public_agents;
mod m20261129_000030_add_tool_approvers;
mod m20261129_000031_suspend_accounts;
mod m20261129_000032_create_budget_holds;
mod m20261129_000033_create_run_records;
mod m20261129_000035_index_sealing_keys;
mod m20261129_000036_create_account_deletions;
mod m20261129_000037_add_document_warnings;
mod m20261130_000038_add_canaries;
mod m20261130_000039_index_bigrams;
mod m20261130_000040_record_requests_of_runs;
mod m20261130_000041_index_words;
mod m20261130_000042_add_training_consent;
mod m20261130_000043_create_webhooks;
mod m20261130_000044_meter_tool_calls;
mod sealing_key;
mod table;

pub use sea_orm_migration::{MigrationStatus, MigrationTrait, MigratorTrait};
use sea_orm_migration::{
    SchemaManager,
    prelude::{DbErr, Query},
    sea_orm::{ConnectionTrait, DatabaseConnection},
};
pub use sealing_key::sealing_key;

/// All migrations, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261129_000001_create_accounts::Migration),
            Box::new(m20261129_000002_create_audit::Migration),
            Box::new(m20261129_000003_create_templates_and_agents::Migration),
            Box::new(m20261129_000004_create_conversations::Migration),
            Box::new(m20261129_000005_create_runs::Migration),
            Box::new(m20261129_000006_create_messages::Migration),
            Box::new(m20261129_000007_create_handoffs::Migration),
            Box::new(m20261129_000008_create_usage::Migration),
            Box::new(m20261129_000009_create_mcp_servers::Migration),
            Box::new(m20261129_000010_create_tool_calls::Migration),
            Box::new(m20261129_000011_create_knowledge::Migration),
            Box::new(m20261129_000012_create_full_text::Migration),
            Box::new(m20261129_000013_create_vectors::Migration),
            Box::new(m20261129_000014_create_pgvector::Migration),
            Box::new(m20261129_000015_create_jobs::Migration),
            Box::new(m20261129_000016_create_crm::Migration),
            Box::new(m20261129_000017_create_pricing::Migration),
            Box::new(m20261129_000018_create_tickets::Migration),
            Box::new(m20261129_000019_create_tool_effects::Migration),
            Box::new(m20261129_000020_create_health_probes::Migration),
            Box::new(m20261129_000021_create_provider_keys::Migration),
            Box::new(m20261129_000022_create_personas::Migration),
            Box::new(m20261129_000023_create_workers::Migration),
            Box::new(m20261129_000024_create_end_users::Migration),
            Box::new(m20261129_000025_create_identity_providers::Migration),
            Box::new(m20261129_000026_create_route_corrections::Migration),
            Box::new(m20261129_000027_index_message_search::Migration),
            Box::new(m20261129_000028_create_erasures::Migration),
            Box::new(m20261129_000029_create_public_agents::Migration),
            Box::new(m20261129_000030_add_tool_approvers::Migration),
            Box::new(m20261129_000031_suspend_accounts::Migration),
            Box::new(m20261129_000032_create_budget_holds::Migration),
            Box::new(m20261129_000033_create_run_records::Migration),
            Box::new(m20261129_000035_index_sealing_keys::Migration),
            Box::new(m20261129_000036_create_account_deletions::Migration),
            Box::new(m20261129_000037_add_document_warnings::Migration),
            Box::new(m20261130_000038_add_canaries::Migration),
            Box::new(m20261130_000039_index_bigrams::Migration),
            Box::new(m20261130_000040_record_requests_of_runs::Migration),
            Box::new(m20261130_000041_index_words::Migration),
            Box::new(m20261130_000042_add_training_consent::Migration),
            Box::new(m20261130_000043_create_webhooks::Migration),
            Box::new(m20261130_000044_meter_tool_calls::Migration),
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

/// Whether a migration was applied that is older than the first of these. Before the first release there was another set
/// of migrations, and none leads from its tables to these.
pub async fn has_older_set(database: &DatabaseConnection) -> Result<bool, DbErr> {
    let migrations = Migrator::migrations();
    let Some(first) = migrations.first() else {
        return Ok(false);
    };
    let applied = applied(database).await?;
    Ok(applied.iter().any(|name| name.as_str() < first.name()))
}

/// Creates what an earlier migration had to leave out: pgvector may have been installed since the migration that looked
/// for it.
pub async fn catch_up(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    m20261129_000014_create_pgvector::create_where_possible(connection).await
}
