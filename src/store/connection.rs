//! Connections: how they are opened, which of them may write, and how a transaction begins.

use std::{ops::Deref, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, SqlxError, TransactionOptions,
    sea_query::Expr,
    sqlx::{Connection, Executor, PgConnection, Row},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    domain::{Durability, RowSecurity, Secret},
    error::{Error, Result},
    store::{
        account_turns::AccountTurns,
        database_health::DatabaseHealth,
        diagnosis::APPLICATION,
        pending_transactions::PendingTransactions,
        row_security::Reach,
        sqlite_connection, sqlite_files,
        timed_connection::{Server, TimedConnection},
    },
};

/// The longest wait for a connection, and for an answer over the network.
const PATIENCE: Duration = Duration::from_secs(3);
/// A connection that was idle for this long is tested before it is used.
const IDLE: Duration = Duration::from_secs(10);
/// The maximum number of SQLite connections. A write through one of them empties the page caches of the others, so few
/// are faster than many.
const MOST_SQLITE: u32 = 4;
/// The longest wait for a step of SQLite, which itself waits for other processes up to [`sqlite_connection::BUSY`].
const LOCAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection that returns to its pool in the middle of a step may take to finish it.
const LAST_CHANCE: Duration = Duration::from_secs(1);
/// PostgreSQL's own timeouts: they end a statement whose caller has disconnected, and release the locks of a process
/// that died in the middle of a transaction.
const SESSION: &str =
    "SET statement_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'";

/// In a transaction that an earlier statement began, `now()` is the time of that statement.
const IS_IN_TRANSACTION: &str = "SELECT now() <> statement_timestamp()";

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://…` or `sqlite://path?mode=rwc`.
    pub url: Secret,
    /// A replica for reads that may lag a little; without one they go to `url`.
    pub read_url: Option<Secret>,
    /// The maximum number of connections to each of the two databases.
    pub max_connections: u32,
    /// Whether statements say whose rows they are about; without effect for SQLite.
    pub row_security: RowSecurity,
    /// What a commit survives; without effect for PostgreSQL, whose server decides it.
    pub durability: Durability,
}

#[derive(Clone)]
pub(super) struct Database {
    primary: TimedConnection<DatabaseConnection>,
    replica: TimedConnection<DatabaseConnection>,
    has_replica: bool,
    /// Whether statements say whose rows they are about.
    is_bound: bool,
    /// The write lock of SQLite, which has one writer at a time. Waiting here is fair and costs nothing; waiting in
    /// SQLite is polling. None on PostgreSQL.
    turn: Option<Arc<Mutex<()>>>,
    /// For transactions of this process that lock their account's row.
    pub(super) account_turns: AccountTurns,
}

impl Database {
    pub(super) async fn open(options: &StoreOptions) -> Result<Self> {
        let primary = connect(&options.url, options).await?;
        let replica = match &options.read_url {
            Some(url) => connect(url, options).await?,
            None => primary.clone(),
        };
        let turn = (primary.get_database_backend() == DbBackend::Sqlite).then(Arc::default);
        Ok(Self {
            primary,
            replica,
            has_replica: options.read_url.is_some(),
            is_bound: options.row_security != RowSecurity::Off,
            turn,
            account_turns: AccountTurns::default(),
        }
        .bound_to(Reach::Platform))
    }

    /// The same database, whose statements are about these rows only.
    pub(super) fn bound_to(&self, reach: Reach) -> Self {
        if !self.is_bound {
            return self.clone();
        }
        Self {
            primary: self.primary.bound_to(reach),
            replica: self.replica.bound_to(reach),
            ..self.clone()
        }
    }

    pub(super) async fn close(self) -> Result<()> {
        self.replica.close().await?;
        self.primary.close().await?;
        Ok(())
    }

    /// For reads that must see the latest writes.
    pub(super) fn primary(&self) -> &TimedConnection<DatabaseConnection> {
        &self.primary
    }

    /// For reads that may lag a little.
    pub(super) fn replica(&self) -> &TimedConnection<DatabaseConnection> {
        &self.replica
    }

    /// Whether the replica has connections of its own.
    pub(super) fn has_replica(&self) -> bool {
        self.has_replica
    }

    /// For a single statement that writes.
    pub(super) async fn writer(&self) -> Writer {
        Writer {
            connection: self.primary.clone(),
            _turn: self.turn().await,
        }
    }

    /// For several statements that are committed together or not at all.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        self.begin_on(&self.primary).await
    }

    /// As [`Self::begin`] but without timeouts, for migrations.
    pub(super) async fn begin_unbounded(&self) -> Result<Transaction> {
        self.begin_on(&self.primary.patient()).await
    }

    async fn begin_on(
        &self,
        connection: &TimedConnection<DatabaseConnection>,
    ) -> Result<Transaction> {
        let turn = self.turn().await;
        // a deferred transaction that becomes a writer cannot wait: it fails with "database is locked"
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Transaction {
            transaction: connection.begin(options).await?,
            _turn: turn,
        })
    }

    /// The time `offset` from now by the clock that all processes share: PostgreSQL's own. All writers of a SQLite file
    /// are on one machine, so its clock, passed as `now`, is used there.
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

/// A connection for one statement that writes.
pub(super) struct Writer {
    connection: TimedConnection<DatabaseConnection>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Deref for Writer {
    type Target = TimedConnection<DatabaseConnection>;

    fn deref(&self) -> &TimedConnection<DatabaseConnection> {
        &self.connection
    }
}

/// A transaction that writes; it is rolled back unless it is committed.
pub(super) struct Transaction {
    transaction: TimedConnection<DatabaseTransaction>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    pub(super) async fn roll_back(self) -> Result<()> {
        Ok(self.transaction.roll_back().await?)
    }
}

impl Deref for Transaction {
    type Target = TimedConnection<DatabaseTransaction>;

    fn deref(&self) -> &TimedConnection<DatabaseTransaction> {
        &self.transaction
    }
}

async fn connect(
    url: &Secret,
    options: &StoreOptions,
) -> Result<TimedConnection<DatabaseConnection>> {
    let max_connections = options.max_connections;
    let begins_with = |schemes: &[&str]| {
        schemes
            .iter()
            .any(|scheme| url.reveal().starts_with(scheme))
    };
    if begins_with(&["sqlite:"]) {
        sqlite_files::prepare(url.reveal())?;
        let connection = open(sqlite(url, options)).await?;
        return Ok(TimedConnection::new(connection, LOCAL_PATIENCE, None));
    }
    if !begins_with(&["postgres://", "postgresql://"]) {
        // the driver's own error would contain the URL, and with it the password
        return Err(Error::unavailable(
            "the database's address begins neither with postgres:// nor with sqlite://; check TROUPE_DATABASE_URL",
        ));
    }
    let pending = Arc::new(PendingTransactions::default());
    let name = format!("{APPLICATION}{}", uuid::Uuid::now_v7().simple());
    let named = |max_connections| {
        let mut options = postgres(url, max_connections, &pending);
        let name = name.clone();
        options.map_sqlx_postgres_opts(move |postgres| postgres.application_name(&name));
        options
    };
    let connection = open(named(max_connections)).await?;
    let mut lookout = named(1);
    lookout.connect_lazy(true).idle_timeout(IDLE);
    let pool = connection.get_postgres_connection_pool().clone();
    let server = Server {
        health: Arc::new(DatabaseHealth::new(open(lookout).await?, pool.clone())),
        pool,
        pending,
    };
    Ok(TimedConnection::new(connection, PATIENCE, Some(server)))
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection> {
    sea_orm::Database::connect(options).await.map_err(|cause| {
        Error::unavailable(
            "the database does not answer; check TROUPE_DATABASE_URL and that it runs",
        )
        .with_source(cause)
    })
}

fn sqlite(url: &Secret, given: &StoreOptions) -> ConnectOptions {
    let mut options = pool(url, given.max_connections);
    sqlite_connection::configure(&mut options, given.durability);
    options
}

fn postgres(
    url: &Secret,
    max_connections: u32,
    pending: &Arc<PendingTransactions>,
) -> ConnectOptions {
    let mut options = pool(url, max_connections);
    let pending = Arc::clone(pending);
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let pending = Arc::clone(&pending);
        pool.after_connect(|connection, _| Box::pin(begin_session(connection)))
            .after_release(move |connection, _| {
                Box::pin(came_to_its_end(connection, pending.may_be_forgotten()))
            })
    });
    options
}

fn pool(url: &Secret, max_connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.reveal());
    options
        .max_connections(if url.reveal().starts_with("sqlite:") {
            max_connections.min(MOST_SQLITE)
        } else {
            max_connections
        })
        .connect_timeout(PATIENCE)
        .acquire_timeout(PATIENCE)
        .test_before_acquire_if_idle_for(IDLE)
        .sqlx_logging(false);
    options
}

async fn begin_session(connection: &mut PgConnection) -> Result<(), SqlxError> {
    connection.execute(SESSION).await.map(drop)
}

/// Whether a released connection may be used again. Without the timeout, the pool would wait forever for a connection
/// whose packets are dropped, and keep its slot.
async fn came_to_its_end(
    connection: &mut PgConnection,
    may_be_in_transaction: bool,
) -> Result<bool, SqlxError> {
    let answer = async {
        if may_be_in_transaction {
            let row = connection.fetch_one(IS_IN_TRANSACTION).await?;
            return row
                .try_get(0)
                .map(|is_in_transaction: bool| !is_in_transaction);
        }
        connection.ping().await.map(|()| true)
    };
    // an error, not `Ok(false)`: that would close the connection gracefully, which waits for the other side
    tokio::time::timeout(LAST_CHANCE, answer)
        .await
        .unwrap_or(Err(SqlxError::WorkerCrashed))
}
