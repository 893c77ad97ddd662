//! The run: claimed, answered, recorded, ended; taken over when its owner dies, stopped when a caller cancels it.
//!
//! A run belongs to the process that holds its lease. The state of a run is in the tables and the event log, never only
//! in memory, so that any process can continue where another one stopped.
//!
//! The way of a run: [`Engine::accept`] stores the message → [`schedule`] gives its conversation a slot → [`Engine`]
//! claims the lease → [`attempt::Attempt`] answers → [`ending::Ending`] commits the end. [`supervisor::Supervisor`]
//! renews leases and finds runs that lost their owner.

mod accept;
mod answering;
mod attempt;
mod canceller;
mod copied_call;
mod ending;
mod extraction;
mod feed;
mod handoff;
mod live_runs;
mod models;
mod quoted_reply;
mod reading_model;
mod recorder;
mod relay;
mod schedule;
mod step_journal;
mod stop;
mod supervisor;
mod tool_calls;
mod tool_set;
mod trace;
mod turn;
mod worker_watch;
mod workflow;

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use self::{canceller::RunCanceller, turn::RunInputs};
pub use extraction::{Extracted, ExtractionBounds, ExtractionRequest};
pub use feed::{Feed, ReaderPosition, RunEventReader, WaitingPlace};
pub use handoff::NewHandoff;
pub use models::{CallLabels, GuardedModel, MeasuredModel, ModelEntry, Models, Price};
pub use reading_model::ReadingModels;
pub use trace::Traces;

use self::{
    live_runs::LiveRuns, schedule::Schedule, supervisor::Supervisor, trace::TraceScope,
    worker_watch::WorkerWatch,
};
use crate::{
    config::RunsConfig,
    domain::{AccountId, ConversationId, LatencyClass, Lease, Run, RunId},
    error::Result,
    knowledge::Knowledge,
    live::Live,
    metrics::RunMetrics,
    port::{Announcement, Announcements, Clock, JobQueue, Offer, Queue, ToolHost, Vault},
    schema_checker::SchemaChecker,
    store::{Claimant, Store},
};

/// The delay at shutdown after the last run has ended, so that the run's readers receive the last event.
const LAST_EVENT_DELIVERY: Duration = Duration::from_millis(500);
/// The maximum time that the engine waits for a run that it has stopped.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Answers runs. A cheap handle; one engine per process.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// The dependencies of an engine.
pub struct EngineParts {
    /// The tables.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// The chat models by name.
    pub models: Models,
    /// The knowledge of agents.
    pub knowledge: Knowledge,
    /// The client of tool servers.
    pub tools: Arc<dyn ToolHost>,
    /// The checker of tool calls' arguments.
    pub schemas: SchemaChecker,
    /// The vault that opens the sealed tokens of MCP servers.
    pub vault: Arc<dyn Vault>,
    /// Announces new runs and tool calls that wait for approval to all processes.
    pub announcements: Arc<dyn Announcements>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The tracker of every task of the process.
    pub tracker: TaskTracker,
    /// The latency classes that this process answers; other processes answer the others.
    pub classes: Vec<LatencyClass>,
    /// The queue that offers work to other processes and receives theirs.
    pub queue: Arc<dyn JobQueue>,
    /// The counts of runs.
    pub metrics: Arc<RunMetrics>,
    /// Where the spans of runs go; none while traces are off.
    pub traces: Option<Traces>,
    /// The limits of runs.
    pub config: Live<RunsConfig>,
    /// The settings of `app.yaml` for all agents.
    pub app_settings: Live<serde_json::Map<String, serde_json::Value>>,
}

impl EngineParts {
    fn bounds(&self) -> AnswerBounds {
        AnswerBounds {
            output_tokens: self.config.get().max_output_tokens,
            steps: self.config.get().tool_rounds,
        }
    }

    /// The place of the spans of an attempt at a run; none while traces are off, or for a trace that is not sampled.
    fn trace_of(&self, run: &Run, attempt: i32) -> Option<TraceScope> {
        self.traces.as_ref()?.of_attempt(run, attempt)
    }
}

/// The limits of one answer, independent of an agent's settings.
#[derive(Clone, Copy)]
struct AnswerBounds {
    /// The maximum number of tokens of one model call's output.
    output_tokens: usize,
    /// The maximum number of model calls that may ask for tools.
    steps: usize,
}

/// The state that all handles of an engine share.
struct Inner {
    parts: EngineParts,
    /// This process, as leases name it.
    claimant: Claimant,
    schedule: Arc<Schedule>,
    slots: Arc<Semaphore>,
    live: Arc<LiveRuns>,
    workers: WorkerWatch,
    /// Cancelled when the engine stops starting runs.
    draining: CancellationToken,
    /// Cancelled when running attempts must stop, so that another process takes their runs over.
    aborting: CancellationToken,
}

/// A run with the lease under which this process answers it.
struct ClaimedRun {
    lease: Lease,
    run: Run,
}

impl Engine {
    /// An engine without background tasks; [`Engine::supervise`] starts them.
    pub fn new(parts: EngineParts) -> Self {
        let inner = Arc::new(Inner {
            claimant: Claimant {
                owner: Uuid::now_v7(),
                classes: parts.classes.clone(),
                lease: parts.config.get().lease(),
            },
            schedule: Arc::new(Schedule::new(parts.config.get().concurrent_per_account)),
            slots: Arc::new(Semaphore::new(parts.config.get().concurrent)),
            live: Arc::default(),
            workers: WorkerWatch::default(),
            draining: CancellationToken::new(),
            aborting: CancellationToken::new(),
            parts,
        });
        Self { inner }
    }

    /// The chat models by name.
    pub fn models(&self) -> &Models {
        &self.inner.parts.models
    }

    /// The counts of runs.
    pub fn metrics(&self) -> &RunMetrics {
        &self.inner.parts.metrics
    }

    /// The limits of runs.
    pub fn limits(&self) -> Arc<RunsConfig> {
        self.inner.parts.config.get()
    }

    /// Whether a process is alive that answers runs of this class. A worker that dies is noticed when its leases lapse, and
    /// a second later at most.
    pub async fn is_served(&self, class: LatencyClass) -> Result<bool> {
        let Inner { parts, workers, .. } = self.inner.as_ref();
        if class == LatencyClass::Interactive || parts.classes.contains(&class) {
            return Ok(true);
        }
        let platform = parts.store.platform();
        workers.has_worker(&platform, parts.clock.now()).await
    }

    /// Starts the background tasks of the engine; they end with [`Engine::shut_down`].
    pub fn supervise(&self) {
        Supervisor::start(self.clone());
    }

    /// Schedules the next run of a conversation: in this process when it answers runs of this class, otherwise in
    /// another one.
    pub fn wake(&self, account: AccountId, conversation: ConversationId, class: LatencyClass) {
        if self.answers(class) {
            self.inner.schedule.push(account, conversation);
        } else {
            let offer = offer(account, conversation, class);
            self.inner.parts.queue.offer(offer);
        }
    }

    /// Stops runs of this process that were cancelled in another one. Schedules again the conversations that this
    /// process is answering and in which another process has stored a message. Returns when the stream of announcements
    /// ends.
    pub async fn handle_announcements(&self, mut announcements: BoxStream<'static, Announcement>) {
        while let Some(announcement) = announcements.next().await {
            match announcement {
                Announcement::CancelRequested(run) => {
                    self.inner.live.cancel(run);
                }
                Announcement::RunQueued(conversation) => {
                    self.inner.schedule.come_back_to(conversation);
                }
                Announcement::Missed => self.inner.schedule.come_back_to_all(),
                _ => {}
            }
        }
    }

    /// Stops a run of this process and waits at most two seconds until its end is recorded. Returns false when this
    /// process does not answer the run; its owner then stops it after the announcement, or at its next heartbeat.
    pub async fn cancel(&self, run: RunId) -> bool {
        let Some(mut ended) = self.inner.live.cancel(run) else {
            return false;
        };
        let _ = tokio::time::timeout(STOP_PATIENCE, ended.changed()).await;
        true
    }

    /// Starts no more runs, gives those of this process `grace` to end, then releases the remaining ones. Another
    /// process takes the released runs over at once.
    pub async fn shut_down(&self, grace: Duration) {
        let Inner {
            parts, slots, live, ..
        } = self.inner.as_ref();
        self.inner.draining.cancel();
        let was_idle = self.is_idle();
        let mut unfinished: Vec<Offer> = Vec::new();
        let all = u32::try_from(parts.config.get().concurrent).unwrap_or(u32::MAX);
        let ended = tokio::time::timeout(grace, slots.acquire_many(all)).await;
        if ended.is_err() {
            // read before the runs are stopped: a stopped run is no longer live
            unfinished = live.offers();
            self.inner.aborting.cancel();
            // each run only has to drop its model's stream
            let _ = tokio::time::timeout(STOP_PATIENCE, slots.acquire_many(all)).await;
        } else if !was_idle {
            tokio::time::sleep(LAST_EVENT_DELIVERY).await;
        }
        self.inner.aborting.cancel();
        let platform = parts.store.platform();
        let released = platform
            .release_leases(self.inner.claimant.owner, parts.clock.now())
            .await;
        if let Err(error) = released {
            tracing::warn!(
                cause = error.cause(),
                "releasing this process's runs failed; they wait until their leases lapse"
            );
        }
        if parts.classes.contains(&LatencyClass::Deep)
            && let Err(error) = platform.remove_worker(self.inner.claimant.owner).await
        {
            tracing::warn!(
                cause = error.cause(),
                "removing this worker from the tables failed; it counts as alive until its leases lapse"
            );
        }
        // without the offers, other processes would find these runs a little later
        for offer in unfinished {
            parts.queue.offer(offer);
        }
    }

    /// Whether this process starts runs of a class now.
    fn answers(&self, class: LatencyClass) -> bool {
        self.inner.parts.classes.contains(&class) && !self.inner.draining.is_cancelled()
    }

    /// The runs that this process answers at present.
    pub fn live_runs(&self) -> usize {
        self.inner.live.count()
    }

    fn is_idle(&self) -> bool {
        self.inner.slots.available_permits() == self.inner.parts.config.get().concurrent
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
