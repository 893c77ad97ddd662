//! Adds the length of the audit log to the account, so that a loss of its last entries shows, and makes the log
//! append-only.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
    },
    schema::big_integer,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The previous version writes no entries, so the default is right for the rows that it inserts.
fn length() -> ColumnDef {
    big_integer("audit_length").default(0).take()
}

const COUNT: &str = "UPDATE accounts SET audit_length = (SELECT count(*) FROM audit_entries WHERE account_id = accounts.id)";

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
const SQLITE_DOWN: &[&str] = &[
    "DROP TRIGGER audit_entries_no_delete",
    "DROP TRIGGER audit_entries_no_update",
];
const POSTGRES_DOWN: &[&str] = &[
    "DROP TRIGGER audit_entries_no_change ON audit_entries",
    "DROP FUNCTION audit_entries_only_added()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter().table("accounts").add_column(length()).take();
        manager.alter_table(add).await?;
        manager.get_connection().execute_unprepared(COUNT).await?;
        run(manager, SQLITE, POSTGRES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE_DOWN, POSTGRES_DOWN).await?;
        let drop = Table::alter()
            .table("accounts")
            .drop_column("audit_length")
            .take();
        manager.alter_table(drop).await
    }
}

async fn run(manager: &SchemaManager<'_>, sqlite: &[&str], postgres: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let statements = match connection.get_database_backend() {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
