//! Connections: how they are opened, who may write, and how a transaction begins.

use std::{ops::Deref, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait, sea_query::Expr,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    domain::Secret,
    error::{Error, Result},
};

/// Nobody waits longer than this for a connection.
const PATIENCE: Duration = Duration::from_secs(3);
/// A connection that was idle for this long is tried before it is used.
const IDLE: Duration = Duration::from_secs(10);
/// How long a SQLite connection waits for another process's write to end.
const BUSY: Duration = Duration::from_secs(5);

/// Where the database is.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://…` or `sqlite://path?mode=rwc`.
    pub url: Secret,
    /// A replica for lists that may lag a little; none to read where we write.
    pub read_url: Option<Secret>,
    /// At most this many connections at once, to each of the two.
    pub max_connections: u32,
}

/// The pools behind a store.
#[derive(Clone)]
pub(super) struct Database {
    primary: DatabaseConnection,
    replica: DatabaseConnection,
    /// SQLite has one writer at a time. Waiting here is fair and costs nothing, waiting in SQLite is polling.
    turn: Option<Arc<Mutex<()>>>,
}

impl Database {
    pub(super) async fn open(options: &StoreOptions) -> Result<Self> {
        let primary = connect(&options.url, options.max_connections).await?;
        let replica = match &options.read_url {
            Some(url) => connect(url, options.max_connections).await?,
            None => primary.clone(),
        };
        let turn = (primary.get_database_backend() == DbBackend::Sqlite).then(Arc::default);
        Ok(Self {
            primary,
            replica,
            turn,
        })
    }

    pub(super) async fn close(self) -> Result<()> {
        self.replica.close_by_ref().await?;
        self.primary.close().await?;
        Ok(())
    }

    /// Reads what was just written.
    pub(super) fn primary(&self) -> &DatabaseConnection {
        &self.primary
    }

    /// Reads what may lag a little.
    pub(super) fn replica(&self) -> &DatabaseConnection {
        &self.replica
    }

    /// For a single statement that writes.
    pub(super) async fn writer(&self) -> Writer {
        Writer {
            connection: self.primary.clone(),
            _turn: self.turn().await,
        }
    }

    /// For several statements that are written together or not at all.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        let turn = self.turn().await;
        // a deferred transaction that turns into a writer cannot wait: it fails with "database is locked"
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Transaction {
            transaction: self.primary.begin_with_options(options).await?,
            _turn: turn,
        })
    }

    /// The moment `offset` from now by the clock that all processes share: PostgreSQL's own. Who writes a SQLite file
    /// is on one machine, and its clock, which says `now`, will do.
    pub(super) fn time(&self, now: DateTime<Utc>, offset: TimeDelta) -> Expr {
        match self.primary.get_database_backend() {
            DbBackend::Postgres => Expr::cust_with_values(
                "clock_timestamp() + make_interval(secs => $1)",
                [offset.as_seconds_f64()],
            ),
            _ => Expr::val(now + offset),
        }
    }

    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        match &self.turn {
            Some(turn) => Some(Arc::clone(turn).lock_owned().await),
            None => None,
        }
    }
}

/// A connection that may write one statement.
pub(super) struct Writer {
    connection: DatabaseConnection,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Deref for Writer {
    type Target = DatabaseConnection;

    fn deref(&self) -> &DatabaseConnection {
        &self.connection
    }
}

/// Writes that hold together; rolled back unless it is committed.
pub(super) struct Transaction {
    transaction: DatabaseTransaction,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    pub(super) async fn roll_back(self) -> Result<()> {
        Ok(self.transaction.rollback().await?)
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

async fn connect(url: &Secret, max_connections: u32) -> Result<DatabaseConnection> {
    let known = ["postgres://", "postgresql://", "sqlite:"];
    if !known.iter().any(|scheme| url.reveal().starts_with(scheme)) {
        // the driver's own error would repeat the address, and with it the password
        return Err(Error::unavailable(
            "the database's address begins neither with postgres:// nor with sqlite://; check TROUPE_DATABASE_URL",
        ));
    }
    let mut options = ConnectOptions::new(url.reveal());
    options
        .max_connections(max_connections)
        .connect_timeout(PATIENCE)
        .acquire_timeout(PATIENCE)
        .test_before_acquire_if_idle_for(IDLE)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .foreign_keys(true)
                .busy_timeout(BUSY)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "NORMAL")
        });
    sea_orm::Database::connect(options).await.map_err(|cause| {
        Error::unavailable(
            "the database does not answer; check TROUPE_DATABASE_URL and that it runs",
        )
        .because(cause)
    })
}
