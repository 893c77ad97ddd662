//! Adds the key of each audit entry's hash and the sealed head of each account's log, and refuses entries with a
//! sequence below 1.
//!
//! Existing entries stay as they are; `troupe audit seal` seals their log. Reverting this migration loses which entries
//! are under which key: after that a log has to be sealed again, and `troupe audit verify` reports it.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
    },
    schema::{blob_null, text_null},
    sea_orm::{ConnectionTrait, DbBackend, Statement},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FORGED: &str =
    "SELECT 1 FROM audit_entries WHERE sequence < 1 OR typeof(sequence) <> 'integer' LIMIT 1";

/// SQLite adds a constraint to an existing table only together with a new column. It checks the existing rows.
const SQLITE: &str = "ALTER TABLE audit_entries ADD COLUMN hash_key text \
    CHECK (typeof(sequence) = 'integer' AND sequence >= 1)";
/// For a log with a forged entry, which must not prevent the migration.
const SQLITE_FORGED: &[&str] = &[
    "ALTER TABLE audit_entries ADD COLUMN hash_key text",
    "CREATE TRIGGER audit_entries_place BEFORE INSERT ON audit_entries \
     WHEN typeof(NEW.sequence) <> 'integer' OR NEW.sequence < 1 BEGIN \
     SELECT RAISE(ABORT, 'audit entries begin with 1'); END",
];
/// `NOT VALID`: only new rows are checked, so that an existing forged one does not prevent the migration.
const POSTGRES: &[&str] = &[
    "ALTER TABLE audit_entries ADD COLUMN hash_key text",
    "ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_place CHECK (sequence >= 1) NOT VALID",
];
const SQLITE_DOWN: &[&str] = &[
    "DROP TRIGGER IF EXISTS audit_entries_place",
    "ALTER TABLE audit_entries DROP COLUMN hash_key",
];
const POSTGRES_DOWN: &[&str] = &[
    "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_place",
    "ALTER TABLE audit_entries DROP COLUMN hash_key",
];

fn head() -> [ColumnDef; 2] {
    [text_null("audit_key").take(), blob_null("audit_mac").take()]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in head() {
            let add = Table::alter().table("accounts").add_column(column).take();
            manager.alter_table(add).await?;
        }
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            return run(manager, POSTGRES).await;
        }
        let forged = Statement::from_string(DbBackend::Sqlite, FORGED);
        match connection.query_one_raw(forged).await? {
            Some(_) => run(manager, SQLITE_FORGED).await,
            None => run(manager, &[SQLITE]).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => POSTGRES_DOWN,
            _ => SQLITE_DOWN,
        };
        run(manager, statements).await?;
        for column in ["audit_mac", "audit_key"] {
            let drop = Table::alter().table("accounts").drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        let connection = manager.get_connection();
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
