//! Background work: what the tables say is to be done, done by whichever process is free, until it is done.
//!
//! A job belongs to whoever holds its lease, like a run. Its handler brings about a state, in steps that may be repeated;
//! it may be dropped at any point, and another process goes on from what the tables say.

mod runner;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::runner::Busy;
use crate::{
    domain::{AccountId, Job, JobKind},
    error::{Error, Result},
    port::{Clock, JobQueue, Offer, Queue},
    store::{PlatformStore, Store, Worker},
};

/// Does one kind of job.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The kinds of job that it does.
    fn kinds(&self) -> &'static [JobKind];

    /// Does it. May be dropped at any point, and called again after any. UNAVAILABLE and CONFLICT are tried again later; so is
    /// INTERNAL, a few times. `BAD_USER_INPUT` and the rest never.
    async fn run(&self, job: &Job, progress: &Progress) -> Result<()>;

    /// It is not tried again: what waits for it is to be told.
    async fn give_up(&self, job: &Job, error: &Error) -> Result<()>;
}

/// What an attempt has brought about. A job that gets on is not given up, however often its owners die.
pub struct Progress {
    platform: PlatformStore,
    job: Job,
    made: AtomicBool,
    /// A step is being done that may end the process.
    at_risk: AtomicBool,
}

impl Progress {
    fn of(store: &Store, job: &Job) -> Self {
        Self {
            platform: store.platform(),
            job: job.clone(),
            made: AtomicBool::new(false),
            at_risk: AtomicBool::new(false),
        }
    }

    /// The job is further than it was when it was begun: attempts are counted from here.
    pub async fn made(&self) -> Result<()> {
        self.made.store(true, Ordering::Relaxed);
        self.platform.forgive_job(&self.job).await
    }

    /// Does a step that may end the process, such as reading what a tenant gave: a process that ends meanwhile is
    /// counted. CONFLICT when another process has taken the job over.
    pub async fn at_risk<T>(&self, step: impl Future<Output = T>) -> Result<T> {
        if !self.platform.begin_job_risk(&self.job).await? {
            return Err(Error::conflict("another process has taken a job over"));
        }
        self.at_risk.store(true, Ordering::Relaxed);
        let done = step.await;
        self.outlive_risk().await;
        Ok(done)
    }

    /// How many processes in a row have ended at such a step of this job, before this one.
    pub fn deaths(&self) -> i32 {
        self.job.deaths
    }

    /// Notes that the process has outlived the step, if it is at one that was dropped or has ended.
    async fn outlive_risk(&self) {
        if !self.at_risk.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.platform.end_job_risk(&self.job).await {
            // it is counted as the end of a process until the job gets on
            tracing::warn!(kind = ?self.job.kind, cause = error.cause(), "noting that a process outlived a step of a job failed");
        }
    }

    /// How many attempts there were since it last got on, this one included.
    fn attempts(&self) -> i32 {
        if self.made.load(Ordering::Relaxed) {
            1
        } else {
            self.job.attempts
        }
    }
}

/// The bounds of background work.
#[derive(Debug, Clone, Copy)]
pub struct JobLimits {
    /// So many jobs at once, in this process.
    pub concurrent: usize,
    /// So many jobs of one account at once, in this process.
    pub concurrent_per_account: usize,
    /// How long a job is its owner's when nothing more is heard of it.
    pub lease: Duration,
    /// A job that failed so often is given up.
    pub attempts: i32,
}

/// What background work is done with.
pub struct JobParts {
    /// The tables.
    pub store: Store,
    /// Wake-ups, from and for other processes.
    pub queue: Arc<dyn JobQueue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Every task of the process.
    pub tracker: TaskTracker,
    /// Who does what.
    pub handlers: Vec<Arc<dyn Handler>>,
    /// The bounds.
    pub limits: JobLimits,
}

/// Does background work in this process. A cheap handle.
#[derive(Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

struct Inner {
    parts: JobParts,
    worker: Worker,
    slots: Arc<Semaphore>,
    busy: Busy,
    /// Jobs stop where they are, for another process to take over.
    stopping: CancellationToken,
}

impl Jobs {
    /// Does nothing by itself: see [`Jobs::work`].
    pub fn new(parts: JobParts) -> Self {
        let limits = parts.limits;
        let lease = chrono::TimeDelta::from_std(limits.lease).unwrap_or(chrono::TimeDelta::MAX);
        Self {
            inner: Arc::new(Inner {
                worker: Worker {
                    owner: Uuid::now_v7(),
                    lease,
                },
                slots: Arc::new(Semaphore::new(limits.concurrent)),
                busy: Busy::new(limits.concurrent_per_account),
                stopping: CancellationToken::new(),
                parts,
            }),
        }
    }

    /// Does what is due until it is told to stop.
    pub fn work(&self) {
        let jobs = self.clone();
        self.inner
            .parts
            .tracker
            .spawn(async move { jobs.look_for_work().await });
    }

    /// Lets go of every job, which another process takes over at once, and waits until that is noted.
    pub async fn shut_down(&self) {
        self.inner.stopping.cancel();
        let all = u32::try_from(self.inner.parts.limits.concurrent).unwrap_or(u32::MAX);
        // a job has only to note where it is
        let _ =
            tokio::time::timeout(Duration::from_secs(5), self.inner.slots.acquire_many(all)).await;
    }
}

/// Offers work that was just asked for, so that nobody has to look for it.
pub fn offer(queue: &dyn JobQueue, account: AccountId, subject: Uuid) {
    queue.offer(Offer {
        queue: Queue::Jobs,
        account,
        subject,
    });
}
