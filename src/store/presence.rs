//! Whether the database is there: one question of our own finds out, so that nobody waits for what is away.

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

/// A database that does not answer the simplest question in this time is away.
const ANSWER: Duration = Duration::from_secs(2);
/// So many connections are made before the first request may ask again.
const WARM: usize = 4;
/// From one question to the next, while it is.
const PAUSE: Duration = Duration::from_millis(200);

/// Watches a database once something went wrong there, until it answers again.
///
/// Whoever asks meanwhile is refused at once. If all of them waited, their questions would meet the database when it
/// is back, most of them with no time left: it would be busy with those who give up, and come back to nobody.
pub(super) struct Presence {
    /// A connection of its own: those of the pool may all be in use.
    connection: DatabaseConnection,
    /// What everyone else uses.
    pool: PgPool,
    is_away: AtomicBool,
    is_watched: AtomicBool,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Presence {
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

    /// Whether asking is no use.
    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Something went wrong: it is found out whether only for the one who asked.
    pub(super) fn suspect(self: &Arc<Self>) {
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let presence = Arc::clone(self);
        self.tasks.spawn(async move {
            let closing = presence.closing.clone();
            closing.run_until_cancelled(presence.watch()).await;
        });
    }

    /// Watches no more.
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
            // they go to the pool; one that cannot be made now is made by who needs it
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
