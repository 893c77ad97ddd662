//! What migrations would do: carried out in a transaction that is rolled back.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use crate::{
    error::{Error, Result},
    store::{Store, connection::Transaction},
};

/// How long a check waits for a lock on PostgreSQL, so that it never makes others wait for long behind it.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

/// What one migration would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationEffect {
    /// The migration's name.
    pub name: String,
    /// How long it took with the present rows.
    pub duration: Duration,
    /// The tables that it locks, which existed before; on SQLite the whole database, which is not listed.
    pub locks: Vec<TableLock>,
}

/// A lock on a table until the end of a migration.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct TableLock {
    /// The table's name.
    pub table: String,
    /// The mode as PostgreSQL names it, e.g. `AccessExclusiveLock`.
    pub mode: String,
    /// The approximate number of rows.
    pub rows: i64,
}

#[derive(FromQueryResult)]
struct ColumnRow {
    table_name: String,
    column_name: String,
}

impl Store {
    /// What each missing migration would do. Tables are locked as by the migration itself until all are measured; a lock
    /// that others hold is waited for 2 seconds. CONFLICT when a newer version has migrated the database.
    pub async fn migration_effects(&self) -> Result<Vec<MigrationEffect>> {
        if let Some(newer) = self.newer_migrations().await?.pop() {
            return Err(Error::conflict(format!(
                "the migration {newer} is of a newer version: this version has none to apply"
            )));
        }
        let transaction = self.begin_check().await?;
        // before the table of migrations may be created
        let before = columns(&transaction).await?;
        let pending = Migrator::get_pending_migrations(transaction.unbounded()).await?;
        let mut held = BTreeSet::new();
        let mut effects = Vec::new();
        for migration in pending {
            let begin = Instant::now();
            Migrator::up(transaction.unbounded(), Some(1)).await?;
            let duration = begin.elapsed();
            let locks = locks(&transaction).await?.into_iter();
            let locks = locks
                .filter(|lock| before.contains_key(&lock.table))
                // each lock is held until the end, and listed with the migration that took it
                .filter(|lock| held.insert((lock.table.clone(), lock.mode.clone())));
            effects.push(MigrationEffect {
                name: migration.name().to_owned(),
                duration,
                locks: locks.collect(),
            });
        }
        transaction.roll_back().await?;
        Ok(effects)
    }

    /// The tables and columns that the reversal of the last migration would delete, as `table` or `table.column`.
    pub async fn migration_losses(&self) -> Result<Vec<String>> {
        let transaction = self.begin_check().await?;
        let before = columns(&transaction).await?;
        Migrator::down(transaction.unbounded(), Some(1)).await?;
        let after = columns(&transaction).await?;
        transaction.roll_back().await?;
        let mut losses = Vec::new();
        for (table, columns) in before {
            match after.get(&table) {
                None => losses.push(table),
                Some(kept) => losses.extend(
                    columns
                        .difference(kept)
                        .map(|column| format!("{table}.{column}")),
                ),
            }
        }
        Ok(losses)
    }

    async fn begin_check(&self) -> Result<Transaction> {
        let transaction = self.begin_migration().await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            transaction.execute_unprepared(LOCK_TIMEOUT).await?;
        }
        Ok(transaction)
    }
}

/// The columns of each table.
async fn columns(transaction: &Transaction) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let backend = transaction.get_database_backend();
    let query = match backend {
        DbBackend::Postgres => {
            "SELECT table_name::text AS table_name, column_name::text AS column_name \
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        _ => {
            "SELECT m.name AS table_name, c.name AS column_name \
             FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        }
    };
    let rows = ColumnRow::find_by_statement(Statement::from_string(backend, query))
        .all(&**transaction)
        .await?;
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        columns
            .entry(row.table_name)
            .or_default()
            .insert(row.column_name);
    }
    Ok(columns)
}

/// The locks of the transaction that keep others from reading or writing; none on SQLite.
async fn locks(transaction: &Transaction) -> Result<Vec<TableLock>> {
    let backend = transaction.get_database_backend();
    if backend != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let query = "SELECT c.relname::text AS \"table\", l.mode AS mode, \
         greatest(c.reltuples, 0)::bigint AS rows \
         FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation \
         WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind = 'r' \
         AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
         AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2";
    let rows = TableLock::find_by_statement(Statement::from_string(backend, query))
        .all(&**transaction)
        .await?;
    Ok(rows)
}
