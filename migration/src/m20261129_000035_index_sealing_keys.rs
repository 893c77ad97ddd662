//! Indexes the ids of the keys that sealed secrets and audit logs: a start looks for ids whose keys are missing, and
//! `troupe keys rotate` reads the values of one key in the order of their ids.
//!
//! The ids are read from the sealed bytes and not stored in a column of their own, which the previous version of the
//! program would leave stale.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::ConnectionTrait,
};

use crate::sealing_key::sealing_key;

/// The tables and columns of sealed secrets.
const SEALED: [(&str, &str); 4] = [
    ("provider_keys", "secret"),
    ("mcp_servers", "token"),
    ("tool_grants", "token"),
    ("vector_db_configs", "connection_details"),
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        for (table, column) in SEALED {
            let key = sealing_key(backend, column);
            let index = format!(
                "CREATE INDEX {table}_sealing_key_idx ON {table} ({key}, id) WHERE {column} IS NOT NULL"
            );
            connection.execute_unprepared(&index).await?;
        }
        let index = "CREATE INDEX accounts_audit_key_idx ON accounts (audit_key, id) WHERE audit_key IS NOT NULL";
        connection.execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let names = SEALED
            .iter()
            .map(|(table, _)| format!("{table}_sealing_key_idx"))
            .chain(["accounts_audit_key_idx".to_owned()]);
        for name in names {
            let drop = format!("DROP INDEX {name}");
            connection.execute_unprepared(&drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
