//! Creates the audit log: entries that are only ever added, counted from 1 in each account.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Expr, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, json_binary, string, string_null, text_null, uuid_null, var_binary},
    sea_orm::DbBackend,
};

use crate::table::{create, drop, execute, index, moment, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        create(
            manager,
            vec![audit_entries(backend)],
            vec![
                index("audit_entries", &["account_id", "sequence"])
                    .unique()
                    .take(),
                index("audit_entries", &["account_id", "agent_id"]),
                index("audit_entries", &["account_id", "conversation_id"]),
            ],
        )
        .await?;
        execute(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit_entries"]).await?;
        execute(manager, &[], POSTGRES_DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn audit_entries(backend: DbBackend) -> TableCreateStatement {
    // SQLite stores a value of any type in any column
    let place = match backend {
        DbBackend::Postgres => "sequence >= 1",
        _ => "typeof(sequence) = 'integer' AND sequence >= 1",
    };
    tenant_table("audit_entries")
        .col(big_integer("sequence"))
        .col(moment("at"))
        .col(string("actor"))
        .col(string("action"))
        .col(string_null("subject"))
        .col(uuid_null("agent_id"))
        .col(uuid_null("conversation_id"))
        .col(json_binary("detail"))
        .col(var_binary("previous_hash", 32))
        .col(var_binary("hash", 32))
        .col(text_null("hash_key"))
        .check(("audit_entries_place", Expr::cust(place)))
        .take()
}

/// Raised on every change or deletion of an entry.
const SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN \
     SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN \
     SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
];
const POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_entries_only_added() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'audit entries are only ever added'; END $$",
    "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries \
     FOR EACH ROW EXECUTE FUNCTION audit_entries_only_added()",
];
/// The triggers are dropped with their table.
const POSTGRES_DOWN: &[&str] = &["DROP FUNCTION audit_entries_only_added()"];
