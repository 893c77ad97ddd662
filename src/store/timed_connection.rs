//! Connections with a timeout for each step. A database that does not answer in time counts as away.

use std::{future::Future, iter, sync::Arc, time::Duration};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement, TransactionOptions, TransactionTrait, sqlx::PgPool,
};

use crate::{
    metrics::{LiveGauge, LiveGaugeGuard, value_of},
    store::{
        database_health::DatabaseHealth,
        error::is_away,
        pending_transactions::{PendingTransaction, PendingTransactions},
        row_security::{BoundPool, Reach},
    },
};

/// A connection or a transaction whose steps each have at most `limit`.
///
/// A step that times out may continue in the database: whether it was done is unknown. The connection goes back to its
/// pool, which tests it before its next use and closes it when it does not answer. What happened to one connection
/// probably happened to all of them: the idle ones are tested as well, so that they do not fail one request after
/// another once the database is back.
#[derive(Clone)]
pub(super) struct TimedConnection<C> {
    connection: C,
    limit: Duration,
    server: Option<Arc<Server>>,
    /// Binds the statements to some rows; none without row-level security, and for a transaction, which is bound itself.
    bound: Option<Arc<BoundPool>>,
    /// Counts the connections of the pool that are used or waited for.
    wanted: LiveGauge,
    /// The connection that a transaction uses; none for the pool.
    held: Option<Arc<LiveGaugeGuard>>,
}

/// A database behind a network.
pub(super) struct Server {
    pub(super) pool: PgPool,
    pub(super) health: Arc<DatabaseHealth>,
    pub(super) pending: Arc<PendingTransactions>,
}

impl<C> TimedConnection<C> {
    /// The connection without timeouts, for work of any length: migrations and index builds.
    pub(super) fn unbounded(&self) -> &C {
        &self.connection
    }

    async fn within<T>(
        &self,
        step: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let _wanted = self.held.is_none().then(|| self.wanted.enter());
        within(self.limit, self.server.as_deref(), step).await
    }
}

impl TimedConnection<DatabaseConnection> {
    pub(super) fn new(
        connection: DatabaseConnection,
        limit: Duration,
        server: Option<Server>,
    ) -> Self {
        Self {
            connection,
            limit,
            server: server.map(Arc::new),
            bound: None,
            wanted: LiveGauge::default(),
            held: None,
        }
    }

    /// The same connection, whose statements are about these rows only. Unchanged for SQLite, which has no policies.
    pub(super) fn bound_to(&self, reach: Reach) -> Self {
        let bind = |server: &Arc<Server>| {
            let pending = Arc::clone(&server.pending);
            Arc::new(BoundPool::new(server.pool.clone(), pending, reach))
        };
        Self {
            bound: self.server.as_ref().map(bind),
            ..self.clone()
        }
    }

    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        self.within(self.connection.ping()).await
    }

    /// The number of connections that are used or waited for.
    pub(super) fn wanted(&self) -> f64 {
        value_of(self.wanted.value())
    }

    /// Whether the database is known not to answer now.
    #[cfg(test)]
    pub(super) fn is_away(&self) -> bool {
        let server = self.server.as_ref();
        server.is_some_and(|server| server.health.is_away())
    }

    /// Begins a transaction with the same timeout per step.
    pub(super) async fn begin(
        &self,
        options: TransactionOptions,
    ) -> Result<TimedConnection<DatabaseTransaction>, DbErr> {
        let pending = self
            .server
            .as_ref()
            .map(|server| PendingTransaction::of(&server.pending));
        let held = self.wanted.enter();
        let transaction = self.connection.begin_with_options(options);
        let connection = within(self.limit, self.server.as_deref(), transaction).await?;
        if let Some(pending) = pending {
            pending.has_begun();
        }
        let bound_transaction = TimedConnection {
            connection,
            limit: self.limit,
            server: self.server.clone(),
            bound: None,
            wanted: self.wanted.clone(),
            held: Some(Arc::new(held)),
        };
        if let Some(bound) = &self.bound {
            let settings = bound.reach().of_transaction().settings();
            bound_transaction.execute_unprepared(&settings).await?;
        }
        Ok(bound_transaction)
    }

    /// The same connection without a timeout.
    pub(super) fn patient(&self) -> Self {
        Self {
            limit: Duration::MAX,
            ..self.clone()
        }
    }

    /// Closes the pool. Connections that are still busy after `limit` are left to the system.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        if let Some(server) = &self.server {
            server.health.close().await;
        }
        tokio::time::timeout(self.limit, self.connection.close_by_ref())
            .await
            .unwrap_or(Ok(()))
    }
}

impl TimedConnection<DatabaseTransaction> {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        within(self.limit, self.server.as_deref(), self.connection.commit()).await
    }

    pub(super) async fn roll_back(self) -> Result<(), DbErr> {
        within(
            self.limit,
            self.server.as_deref(),
            self.connection.rollback(),
        )
        .await
    }
}

#[async_trait]
impl<C: ConnectionTrait> ConnectionTrait for TimedConnection<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.bound {
            Some(bound) => self.within(bound.execute(statement)).await,
            None => self.within(self.connection.execute_raw(statement)).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(self.connection.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.bound {
            Some(bound) => self.within(bound.query_one(statement)).await,
            None => self.within(self.connection.query_one_raw(statement)).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.bound {
            Some(bound) => self.within(bound.query_all(statement)).await,
            None => self.within(self.connection.query_all_raw(statement)).await,
        }
    }
}

/// Runs a step with a timeout, or refuses it at once while the database is away. A step that times out or loses its
/// connection starts the watch of [`DatabaseHealth`].
async fn within<T>(
    limit: Duration,
    server: Option<&Server>,
    step: impl Future<Output = Result<T, DbErr>> + Send,
) -> Result<T, DbErr> {
    let away = |why: String| DbErr::Conn(RuntimeErr::Internal(why));
    if server.is_some_and(|server| server.health.is_away()) {
        return Err(away("it has not answered for a while".to_owned()));
    }
    let done = match tokio::time::timeout(limit, step).await {
        Ok(done) => done,
        Err(_) => Err(away(format!("no answer within {} s", limit.as_secs()))),
    };
    if let (Err(cause), Some(server)) = (&done, server)
        && is_away(cause)
    {
        server.health.suspect();
        server.try_idle_connections();
    }
    done
}

impl Server {
    /// Tests all idle connections at the same time: a connection that returns to its pool is tested (`came_to_its_end`
    /// in `connection.rs`), so this acquires all of them and returns them.
    fn try_idle_connections(&self) {
        let idle: Vec<_> = iter::from_fn(|| self.pool.try_acquire()).collect();
        drop(idle);
    }
}
