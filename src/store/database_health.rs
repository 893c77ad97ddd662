//! A watch of the database's availability: one probe at a time finds out, so that no request waits for a database that
//! is away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use sea_orm::{DatabaseConnection, sqlx::PgPool};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A database that does not answer a ping within this time is away.
const ANSWER: Duration = Duration::from_secs(2);
/// The number of connections that are opened before requests are let through again.
const WARM: usize = 4;
/// The pause between two probes while the database is away.
const PAUSE: Duration = Duration::from_millis(200);

/// Watches a database after an error, until it answers again.
///
/// Requests meanwhile are refused at once. If all of them waited, their statements would reach the database when it
/// returns, most of them with no time left: it would be busy for callers that give up, and serve none.
pub(super) struct DatabaseHealth {
    /// A connection of its own: those of the pool may all be in use.
    connection: DatabaseConnection,
    /// The pool that requests use.
    pool: PgPool,
    is_away: AtomicBool,
    is_watched: AtomicBool,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl DatabaseHealth {
    pub(super) fn new(connection: DatabaseConnection, pool: PgPool) -> Self {
        Self {
            connection,
            pool,
            is_away: AtomicBool::new(false),
            is_watched: AtomicBool::new(false),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Whether the database does not answer, so that requests are refused.
    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Starts a watch, unless one runs: it finds out whether the error concerns the database or only one connection.
    pub(super) fn suspect(self: &Arc<Self>) {
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let health = Arc::clone(self);
        self.tasks.spawn(async move {
            let closing = health.closing.clone();
            closing.run_until_cancelled(health.watch()).await;
        });
    }

    /// Ends the watch.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let _ = tokio::time::timeout(ANSWER, self.connection.close_by_ref()).await;
    }

    async fn watch(&self) {
        while !self.answers().await {
            if !self.is_away.swap(true, Ordering::Relaxed) {
                tracing::error!("the database does not answer; requests are refused until it does");
            }
            tokio::time::sleep(PAUSE).await;
        }
        if self.is_away() {
            // the new connections go to the pool; one that cannot be opened now is opened by the request that needs it
            drop(join_all((0..WARM).map(|_| self.pool.acquire())).await);
            self.is_away.store(false, Ordering::Relaxed);
            tracing::info!("the database answers again");
        }
        self.is_watched.store(false, Ordering::Relaxed);
    }

    async fn answers(&self) -> bool {
        let answer = tokio::time::timeout(ANSWER, self.connection.ping()).await;
        answer.is_ok_and(|answer| answer.is_ok())
    }
}
