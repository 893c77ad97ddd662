//! The run: claimed, answered, recorded, ended; taken over when its owner dies, stopped when someone asks.
//!
//! A run belongs to whoever holds its lease. Nothing here is the truth about a run: the tables and the log are, so
//! that any process can go on where another one stopped.

mod answer;
mod attempt;
mod ending;
mod feed;
mod models;
mod prompt;
mod recorder;
mod supervisor;
mod turn;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use feed::{EventBatches, Feed};
pub use models::{ModelEntry, Models, Price};

use crate::{
    config::RunsConfig,
    domain::{AccountId, ConversationId, RunId},
    port::Clock,
    store::Store,
};

/// The readers of the last run to end in a process that stops have this long to hear of its end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Answers runs. A cheap handle; one engine per process.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What an engine works with.
pub struct EngineParts {
    /// The tables.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// The models by name.
    pub models: Models,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Every task of the process.
    pub tracker: TaskTracker,
    /// The bounds of runs.
    pub config: RunsConfig,
    /// Settings of `app.yaml` for all agents.
    pub app_settings: serde_json::Map<String, serde_json::Value>,
}

struct Inner {
    parts: EngineParts,
    /// Names this process in leases.
    owner: Uuid,
    slots: Arc<Semaphore>,
    live: Mutex<HashMap<RunId, Live>>,
    /// No new run is begun.
    draining: CancellationToken,
    /// Runs stop where they are, for another process to take over.
    aborting: CancellationToken,
}

/// A run that this process is answering.
struct Live {
    cancel: CancellationToken,
    ended: watch::Receiver<()>,
}

impl Engine {
    /// An engine that begins nothing by itself: see [`Engine::supervise`].
    pub fn new(parts: EngineParts) -> Self {
        let inner = Inner {
            owner: Uuid::now_v7(),
            slots: Arc::new(Semaphore::new(parts.config.concurrent)),
            live: Mutex::default(),
            draining: CancellationToken::new(),
            aborting: CancellationToken::new(),
            parts,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The models by name.
    pub fn models(&self) -> &Models {
        &self.inner.parts.models
    }

    /// Answers what is queued in a conversation, one run after the other, in a task of its own.
    pub fn wake(&self, account: AccountId, conversation: ConversationId) {
        let engine = self.clone();
        self.inner
            .parts
            .tracker
            .spawn(async move { engine.work_off(account, conversation).await });
    }

    /// Stops a run of this process and waits, a moment at most, until its end is recorded. A run elsewhere is
    /// stopped by its owner, which reads the request from the table.
    pub async fn cancel(&self, run: RunId) {
        let Some(mut ended) = self.request_stop(run) else {
            return;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), ended.changed()).await;
    }

    /// Begins nothing more, gives the runs of this process `grace` to end, then lets go of the rest, which another
    /// process takes over at once.
    pub async fn shut_down(&self, grace: Duration) {
        self.inner.draining.cancel();
        let was_idle = self.idle();
        let all = u32::try_from(self.inner.parts.config.concurrent).unwrap_or(u32::MAX);
        if tokio::time::timeout(grace, self.inner.slots.acquire_many(all))
            .await
            .is_err()
        {
            self.inner.aborting.cancel();
            // each run has only to drop its model's stream
            let _ =
                tokio::time::timeout(Duration::from_secs(2), self.inner.slots.acquire_many(all))
                    .await;
        } else if !was_idle {
            tokio::time::sleep(LAST_WORDS).await;
        }
        self.inner.aborting.cancel();
        let released = self
            .inner
            .parts
            .store
            .platform()
            .release_leases(self.inner.owner, self.inner.parts.clock.now())
            .await;
        if let Err(error) = released {
            tracing::warn!(
                cause = error.cause(),
                "letting go of this process's runs failed; they wait until their leases lapse"
            );
        }
    }

    fn request_stop(&self, run: RunId) -> Option<watch::Receiver<()>> {
        let live = self
            .inner
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let live = live.get(&run)?;
        live.cancel.cancel();
        Some(live.ended.clone())
    }
}
