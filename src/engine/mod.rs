//! The run: claimed, answered, recorded, ended; taken over when its owner dies, stopped when someone asks.
//!
//! A run belongs to whoever holds its lease. Nothing here is the truth about a run: the tables and the log are, so
//! that any process can go on where another one stopped.

mod answer;
mod attempt;
mod begin;
mod converse;
mod ending;
mod feed;
mod journal;
mod models;
mod prompt;
mod recorder;
mod schedule;
mod stop;
mod supervisor;
mod tools;
mod turn;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream::BoxStream};
use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use begin::Opening;
pub use feed::{Feed, Reader};
pub use models::{ModelEntry, Models, Price};

use crate::{
    config::RunsConfig,
    domain::{AccountId, ConversationId, LatencyClass, RunId},
    knowledge::Knowledge,
    port::{Announcement, Announcements, Clock, JobQueue, Offer, Queue, ToolHost, Vault},
    schema_checker::SchemaChecker,
    store::{Claimant, Store},
};

use self::{
    schedule::Schedule,
    stop::{Stop, Why},
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
    /// What agents know.
    pub knowledge: Knowledge,
    /// Where tools are called.
    pub tools: Arc<dyn ToolHost>,
    /// Checks the arguments of tools.
    pub schemas: SchemaChecker,
    /// Opens the tokens of servers.
    pub vault: Arc<dyn Vault>,
    /// Word of new runs, and of calls that wait for a person.
    pub announcements: Arc<dyn Announcements>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Every task of the process.
    pub tracker: TaskTracker,
    /// What it answers; the rest is for other processes.
    pub classes: Vec<LatencyClass>,
    /// Wake-ups, from and for other processes.
    pub queue: Arc<dyn JobQueue>,
    /// The bounds of runs.
    pub config: RunsConfig,
    /// Settings of `app.yaml` for all agents.
    pub app_settings: serde_json::Map<String, serde_json::Value>,
}

struct Inner {
    parts: EngineParts,
    /// This process, as leases name it.
    claimant: Claimant,
    schedule: Arc<Schedule>,
    slots: Arc<Semaphore>,
    live: Mutex<HashMap<RunId, Live>>,
    /// When this process last heard that its leases are good.
    renewed: Mutex<Instant>,
    /// No new run is begun.
    draining: CancellationToken,
    /// Runs stop where they are, for another process to take over.
    aborting: CancellationToken,
}

/// How far one answer may go, whatever an agent's settings say.
#[derive(Clone, Copy)]
struct Bounds {
    /// One answer of a model has at most so many tokens.
    output_tokens: usize,
    /// A model may ask for tools so often.
    rounds: usize,
}

/// A run that this process is answering.
struct Live {
    /// How to offer it to other processes.
    offer: Offer,
    stop: Arc<Stop>,
    ended: watch::Receiver<()>,
}

impl Engine {
    /// An engine that begins nothing by itself: see [`Engine::supervise`].
    pub fn new(parts: EngineParts) -> Self {
        let inner = Inner {
            claimant: Claimant {
                owner: Uuid::now_v7(),
                classes: parts.classes.clone(),
                lease: parts.config.lease(),
            },
            schedule: Arc::new(Schedule::new(parts.config.concurrent_per_account)),
            slots: Arc::new(Semaphore::new(parts.config.concurrent)),
            live: Mutex::default(),
            renewed: Mutex::new(Instant::now()),
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

    /// A run of this class waits in a conversation: it is answered here as soon as its turn comes, or elsewhere when it
    /// may not be answered here.
    pub fn wake(&self, account: AccountId, conversation: ConversationId, class: LatencyClass) {
        if self.answers(class) {
            self.inner.schedule.push(account, conversation);
        } else {
            self.inner
                .parts
                .queue
                .offer(offer(account, conversation, class));
        }
    }

    /// Stops the runs of this process that someone wants stopped, and goes on with the conversations that someone goes on
    /// with, wherever it was said; ends with the announcements.
    pub async fn heed(&self, mut announcements: BoxStream<'static, Announcement>) {
        while let Some(heard) = announcements.next().await {
            match heard {
                Announcement::CancelRequested(run) => {
                    self.request_stop(run);
                }
                Announcement::RunQueued(conversation) => {
                    self.inner.schedule.come_back_to(conversation);
                }
                Announcement::Missed => self.inner.schedule.come_back_to_all(),
                _ => {}
            }
        }
    }

    /// Stops a run of this process and waits, a moment at most, until its end is recorded; false when it is none of
    /// this process. Its owner stops it then, told by an announcement, or by the table at its next heartbeat.
    pub async fn cancel(&self, run: RunId) -> bool {
        let Some(mut ended) = self.request_stop(run) else {
            return false;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), ended.changed()).await;
        true
    }

    /// Begins nothing more, gives the runs of this process `grace` to end, then lets go of the rest, which another
    /// process takes over at once.
    pub async fn shut_down(&self, grace: Duration) {
        self.inner.draining.cancel();
        let was_idle = self.idle();
        let mut left: Vec<Offer> = Vec::new();
        let all = u32::try_from(self.inner.parts.config.concurrent).unwrap_or(u32::MAX);
        if tokio::time::timeout(grace, self.inner.slots.acquire_many(all))
            .await
            .is_err()
        {
            // before they are stopped: then they are live no more
            left.extend(self.live().values().map(|live| live.offer));
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
            .release_leases(self.inner.claimant.owner, self.inner.parts.clock.now())
            .await;
        if let Err(error) = released {
            tracing::warn!(
                cause = error.cause(),
                "letting go of this process's runs failed; they wait until their leases lapse"
            );
        }
        // others would find them by themselves, a little later
        for offer in left {
            self.inner.parts.queue.offer(offer);
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.inner.parts.clock.now()
    }

    fn bounds(&self) -> Bounds {
        let config = &self.inner.parts.config;
        Bounds {
            output_tokens: config.max_output_tokens,
            rounds: config.tool_rounds,
        }
    }

    fn request_stop(&self, run: RunId) -> Option<watch::Receiver<()>> {
        let live = self.live();
        let live = live.get(&run)?;
        live.stop.because(Why::Asked);
        Some(live.ended.clone())
    }

    fn live(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.inner
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn offer(account: AccountId, conversation: ConversationId, class: LatencyClass) -> Offer {
    Offer {
        queue: queue_of(class),
        account,
        subject: conversation.uuid(),
    }
}

fn queue_of(class: LatencyClass) -> Queue {
    match class {
        LatencyClass::Interactive => Queue::Interactive,
        LatencyClass::Deep => Queue::Deep,
    }
}
