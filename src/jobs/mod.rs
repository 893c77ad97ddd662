//! Background work: any free process claims the jobs recorded in the database and runs each until it is done.
//!
//! A job is owned through a lease, like a run. Its [`JobHandler`] works in steps that can be repeated, and may be
//! dropped at any point; another process then continues from what the tables record.

mod runner;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::runner::Busy;
use crate::{
    domain::{AccountId, Job, JobKind},
    error::{Error, Result},
    metrics::JobMetrics,
    port::{Clock, JobQueue, Offer, Queue},
    store::{PlatformStore, Store, Worker},
};

/// Executes one or more kinds of job.
#[async_trait]
pub trait JobHandler: Send + Sync {
    /// The kinds of job that this handler executes.
    fn kinds(&self) -> &'static [JobKind];

    /// Executes the job. The future may be dropped at any point, and the method may be called again after any step.
    /// UNAVAILABLE, CONFLICT and `RATE_LIMITED` are retried later, INTERNAL too, each at most [`JobLimits::attempts`]
    /// times in a row. `BAD_USER_INPUT` and all other errors are not retried.
    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()>;

    /// Called before the pause after a failed attempt: shows the failure to those that wait for the result.
    async fn note_retry(&self, job: &Job, error: &Error, retry: JobRetry) -> Result<()>;

    /// Called when the job will not be retried: reports the failure to those that wait for the result. With an error, the
    /// job is not given up and begins anew.
    async fn give_up(&self, job: &Job, error: &Error) -> Result<()>;
}

/// The next attempt of a job that failed for now.
#[derive(Debug, Clone, Copy)]
pub struct JobRetry {
    /// The number of failed attempts since the last progress.
    pub attempts: i32,
    /// The pause before the next attempt.
    pub pause: TimeDelta,
}

/// The progress of one attempt. A job that makes progress is not given up, however often its owners crash.
pub struct JobProgress {
    platform: PlatformStore,
    job: Job,
    made: AtomicBool,
    /// Whether a step that may end the process is running.
    at_risk: AtomicBool,
}

impl JobProgress {
    fn of(store: &Store, job: &Job) -> Self {
        Self {
            platform: store.platform(),
            job: job.clone(),
            made: AtomicBool::new(false),
            at_risk: AtomicBool::new(false),
        }
    }

    /// Records progress: the job's attempts are counted again from zero.
    pub async fn made(&self) -> Result<()> {
        self.made.store(true, Ordering::Relaxed);
        self.platform.forgive_job(&self.job).await
    }

    /// Runs a step that may end the process, such as parsing a tenant's file. A process that ends during the step is
    /// counted in [`Self::deaths`]. CONFLICT when another process has taken over the job.
    pub async fn at_risk<T>(&self, step: impl Future<Output = T>) -> Result<T> {
        if !self.platform.begin_job_risk(&self.job).await? {
            return Err(Error::conflict("another process has taken a job over"));
        }
        self.at_risk.store(true, Ordering::Relaxed);
        let done = step.await;
        self.outlive_risk().await;
        Ok(done)
    }

    /// The number of processes in a row that have ended during such a step of this job, before this one.
    pub fn deaths(&self) -> i32 {
        self.job.deaths
    }

    /// Records that the process has survived the step, if such a step was started and then finished or was dropped.
    async fn outlive_risk(&self) {
        if !self.at_risk.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.platform.end_job_risk(&self.job).await {
            // the step counts as the end of a process until the job makes progress
            tracing::warn!(kind = ?self.job.kind, cause = error.cause(), "noting that a process outlived a step of a job failed");
        }
    }

    /// The number of attempts since the last progress, including this one.
    fn attempts(&self) -> i32 {
        if self.made.load(Ordering::Relaxed) {
            1
        } else {
            self.job.attempts
        }
    }
}

/// The limits of background work.
#[derive(Debug, Clone, Copy)]
pub struct JobLimits {
    /// The maximum number of concurrent jobs in this process.
    pub concurrent: usize,
    /// The maximum number of concurrent jobs of one account in this process.
    pub concurrent_per_account: usize,
    /// How long a lease lasts when its owner does not renew it.
    pub lease: Duration,
    /// The number of attempts without progress after which a job is given up.
    pub attempts: i32,
}

/// The dependencies of [`Jobs`].
pub struct JobParts {
    /// The database.
    pub store: Store,
    /// Wake-ups from and to other processes.
    pub queue: Arc<dyn JobQueue>,
    /// The source of the current time, for due times and leases.
    pub clock: Arc<dyn Clock>,
    /// Tracks the spawned tasks, so that the shutdown can wait for them.
    pub tracker: TaskTracker,
    /// The handlers; the first one that lists a job's kind executes it.
    pub handlers: Vec<Arc<dyn JobHandler>>,
    /// The limits.
    pub limits: JobLimits,
    /// The counts of jobs.
    pub metrics: Arc<JobMetrics>,
}

/// Executes background jobs in this process. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

struct Inner {
    parts: JobParts,
    worker: Worker,
    slots: Arc<Semaphore>,
    busy: Busy,
    /// Cancelled at shutdown: jobs stop at their current step, and another process takes them over.
    stopping: CancellationToken,
}

impl Jobs {
    /// Starts no task; call [`Jobs::work`] for that.
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

    /// Starts the task that executes due jobs until [`Jobs::shut_down`] is called.
    pub fn work(&self) {
        let jobs = self.clone();
        self.inner
            .parts
            .tracker
            .spawn(async move { jobs.look_for_work().await });
    }

    /// Releases every job, so that another process can take it over at once, and waits until the releases are recorded.
    pub async fn shut_down(&self) {
        self.inner.stopping.cancel();
        let all = u32::try_from(self.inner.parts.limits.concurrent).unwrap_or(u32::MAX);
        // recording the release of a job is fast
        let _ =
            tokio::time::timeout(Duration::from_secs(5), self.inner.slots.acquire_many(all)).await;
    }
}

/// Announces new work, so that a process starts it at once instead of finding it at the next poll.
pub fn offer(queue: &dyn JobQueue, account: AccountId, subject: Uuid) {
    queue.offer(Offer {
        queue: Queue::Jobs,
        account,
        subject,
    });
}
