//! Finds due jobs, renews their leases while they run, and records their outcome.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::Instant,
};
use tracing::Instrument;

use super::{JobHandler, JobProgress, JobRetry, Jobs};
use crate::{
    domain::{AccountId, Job},
    error::{Error, Kind, Result},
    outgoing::RetryPolicy,
    port::Queue,
    store::JobOutcome,
};

/// The interval at which the database is polled for due jobs when no offer arrives.
const LOOK: Duration = Duration::from_secs(1);
/// The maximum number of jobs found by one poll.
const LARGEST_LOOK: u64 = 32;
/// The pauses between the attempts of a job; their number is a setting.
const RETRY: RetryPolicy = RetryPolicy {
    retries: usize::MAX,
    first_pause: Duration::from_secs(1),
    longest_pause: Duration::from_mins(5),
    total: None,
};

/// The number of running jobs in this process per account.
pub(super) struct Busy {
    most: usize,
    accounts: Mutex<HashMap<AccountId, usize>>,
    /// Notified when one of the jobs has ended.
    pub(super) freed: Notify,
}

impl Busy {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            accounts: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// The accounts that are at their limit of concurrent jobs.
    fn accounts(&self) -> Vec<AccountId> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = accounts.iter().filter(|(_, jobs)| **jobs >= self.most);
        full.map(|(account, _)| *account).collect()
    }

    fn begin(&self, account: AccountId) -> bool {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = accounts.entry(account).or_default();
        let may = *jobs < self.most;
        *jobs += usize::from(may);
        may
    }

    fn end(&self, account: AccountId) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = accounts.get_mut(&account) {
            *jobs -= 1;
            if *jobs == 0 {
                accounts.remove(&account);
            }
        }
        drop(accounts);
        self.freed.notify_one();
    }
}

impl Jobs {
    pub(super) async fn look_for_work(&self) {
        let inner = &self.inner;
        while !inner.stopping.is_cancelled() {
            let found = match self.begin_due().await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(
                        error = error.message(),
                        cause = error.cause(),
                        "looking for due jobs failed"
                    );
                    false
                }
            };
            if found {
                continue;
            }
            tokio::select! {
                () = inner.stopping.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
                () = inner.busy.freed.notified() => {}
                // the poll finds the offered job, and possibly one that has waited longer
                _ = inner.parts.queue.take(&[Queue::Jobs]) => {}
            }
        }
    }

    /// Starts due jobs while there are free slots. True when at least one was started, so that more may be due.
    async fn begin_due(&self) -> Result<bool> {
        let inner = &self.inner;
        let Ok(first) = Arc::clone(&inner.slots).try_acquire_owned() else {
            return Ok(false);
        };
        let parts = &inner.parts;
        let platform = parts.store.platform();
        let due = platform
            .due_jobs(&inner.busy.accounts(), parts.clock.now(), LARGEST_LOOK)
            .await?;
        let mut free = Some(first);
        let mut begun = false;
        for job in due {
            let slot = match free.take() {
                Some(slot) => slot,
                None => match Arc::clone(&inner.slots).try_acquire_owned() {
                    Ok(slot) => slot,
                    Err(_) => break,
                },
            };
            if !inner.busy.begin(job.account) {
                free = Some(slot);
                continue;
            }
            match platform
                .claim_job(&job, &inner.worker, parts.clock.now())
                .await
            {
                Ok(Some(job)) => {
                    begun = true;
                    self.begin(job, slot);
                }
                claimed => {
                    inner.busy.end(job.account);
                    free = Some(slot);
                    claimed?;
                }
            }
        }
        Ok(begun)
    }

    fn begin(&self, job: Job, slot: OwnedSemaphorePermit) {
        let jobs = self.clone();
        self.inner.parts.tracker.spawn(async move {
            let account = job.account;
            let span = tracing::error_span!("job", job.kind = job.kind.name(), job.subject = %job.subject, account = %account);
            jobs.own(job).instrument(span).await;
            drop(slot);
            jobs.inner.busy.end(account);
        });
    }

    /// Executes a job under its lease and records the outcome.
    async fn own(&self, job: Job) {
        let inner = &self.inner;
        let parts = &inner.parts;
        let began = Instant::now();
        let _running = parts.metrics.running.enter();
        let handler = parts
            .handlers
            .iter()
            .find(|handler| handler.kinds().contains(&job.kind));
        let progress = JobProgress::of(&parts.store, &job);
        let outcome = match handler {
            None => JobOutcome::Parked("no part of this program does it".to_owned()),
            // each of the previous attempts ended its process
            Some(handler) if job.attempts > parts.limits.attempts => {
                let error =
                    Error::internal("the work was begun again and again and never came to its end");
                give_up(handler.as_ref(), &job, &progress, &error).await
            }
            Some(handler) => tokio::select! {
                biased;
                () = inner.stopping.cancelled() => JobOutcome::Release,
                lost = self.keep(&job) => {
                    tracing::warn!(kind = ?job.kind, subject = %job.subject, "{lost}");
                    parts.metrics.ended(job.kind.name(), "lost", began.elapsed());
                    progress.outlive_risk().await;
                    return;
                }
                done = handler.run(&job, &progress) => match done {
                    Ok(()) => JobOutcome::Done,
                    Err(error) => self.failed(handler.as_ref(), &job, &progress, &error).await,
                },
            },
        };
        // a handler that was dropped during a risky step has not recorded its end
        progress.outlive_risk().await;
        let name = outcome_name(&outcome);
        parts.metrics.ended(job.kind.name(), name, began.elapsed());
        let noted = parts
            .store
            .platform()
            .settle_job(&job, &outcome, parts.clock.now())
            .await;
        if let Err(error) = noted {
            // the lease expires, and the process that takes the job over finds what was done
            tracing::warn!(kind = ?job.kind, cause = error.cause(), "noting how a job ended failed");
        }
    }

    /// Renews the lease until this process loses it. Returns the reason for the loss.
    async fn keep(&self, job: &Job) -> &'static str {
        let parts = &self.inner.parts;
        let mut silent_since = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(parts.limits.lease / 3).await;
            let now = parts.clock.now();
            match parts
                .store
                .platform()
                .prolong_job(job, &self.inner.worker, now)
                .await
            {
                Ok(true) => silent_since = tokio::time::Instant::now(),
                Ok(false) => return "another process has taken a job over",
                Err(_) if silent_since.elapsed() < parts.limits.lease => {}
                Err(_) => return "a job's lease could not be prolonged",
            }
        }
    }

    async fn failed(
        &self,
        handler: &dyn JobHandler,
        job: &Job,
        progress: &JobProgress,
        error: &Error,
    ) -> JobOutcome {
        let attempts = progress.attempts();
        let limits = self.inner.parts.limits;
        let passes = matches!(
            error.kind(),
            Kind::Unavailable | Kind::Conflict | Kind::Internal | Kind::RateLimited(_)
        );
        tracing::warn!(kind = ?job.kind, subject = %job.subject, attempts, error = error.message(), cause = error.cause(), "a job failed");
        if !passes || error.is_lasting() || attempts >= limits.attempts {
            return give_up(handler, job, progress, error).await;
        }
        let asked = match error.kind() {
            Kind::RateLimited(after) => after.and_then(|after| TimeDelta::from_std(after).ok()),
            _ => None,
        };
        let pause = asked.unwrap_or_default().max(pause_after(attempts));
        let retry = JobRetry { attempts, pause };
        if let Err(cause) = handler.note_retry(job, error, retry).await {
            tracing::warn!(kind = ?job.kind, cause = cause.cause(), "noting a job's next attempt failed");
        }
        JobOutcome::Retry(pause, error.message().to_owned())
    }
}

/// The outcome of a job that is given up. If its handler cannot report that, the attempts are counted again from zero: the
/// work begins anew.
async fn give_up(
    handler: &dyn JobHandler,
    job: &Job,
    progress: &JobProgress,
    error: &Error,
) -> JobOutcome {
    if handler.give_up(job, error).await.is_ok() {
        return JobOutcome::Parked(error.message().to_owned());
    }
    if let Err(cause) = progress.made().await {
        tracing::warn!(kind = ?job.kind, cause = cause.cause(), "counting the attempts of a job again failed");
    }
    JobOutcome::Retry(TimeDelta::seconds(5), error.message().to_owned())
}

/// The outcome of an attempt in metrics.
fn outcome_name(outcome: &JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Done => "done",
        JobOutcome::Retry(..) => "retried",
        JobOutcome::Release => "released",
        JobOutcome::Parked(_) => "given_up",
    }
}

/// The pause before the next attempt.
fn pause_after(attempts: i32) -> TimeDelta {
    let pause = RETRY.pause_after(usize::try_from(attempts).unwrap_or(1));
    TimeDelta::from_std(pause).unwrap_or(TimeDelta::seconds(300))
}
