//! Finds due jobs, keeps their leases alive while they are done, and notes how they ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::{Handler, Jobs, Progress};
use crate::{
    domain::{AccountId, Job},
    error::{Error, Kind, Result},
    port::Queue,
    store::JobOutcome,
};

/// How often due work is looked for when nobody offers any.
const LOOK: Duration = Duration::from_secs(2);
/// At most so many jobs are found by one look.
const LARGEST_LOOK: u64 = 32;
/// The longest pause before another attempt.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// How many jobs of each account are being done here.
pub(super) struct Busy {
    most: usize,
    accounts: Mutex<HashMap<AccountId, usize>>,
    /// One of them has ended.
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

    /// The accounts that may not begin another one.
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
                // what is offered is found by the look, and possibly something that waits longer
                _ = inner.parts.queue.take(&[Queue::Jobs]) => {}
            }
        }
    }

    /// Begins what is due and has room; whether there may be more.
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
            jobs.own(job).await;
            drop(slot);
            jobs.inner.busy.end(account);
        });
    }

    /// Does a job under its lease, and notes how it ended.
    async fn own(&self, job: Job) {
        let inner = &self.inner;
        let parts = &inner.parts;
        let handler = parts
            .handlers
            .iter()
            .find(|handler| handler.kinds().contains(&job.kind));
        let progress = Progress::of(&parts.store, &job);
        let outcome = match handler {
            None => JobOutcome::Parked("no part of this program does it".to_owned()),
            // whoever does it dies of it each time
            Some(handler) if job.attempts > parts.limits.attempts => {
                let error =
                    Error::internal("the work was begun again and again and never came to its end");
                give_up(handler.as_ref(), &job, &error).await
            }
            Some(handler) => tokio::select! {
                biased;
                () = inner.stopping.cancelled() => JobOutcome::LetGo,
                lost = self.keep(&job) => {
                    tracing::warn!(kind = ?job.kind, subject = %job.subject, "{lost}");
                    progress.outlive_risk().await;
                    return;
                }
                done = handler.run(&job, &progress) => match done {
                    Ok(()) => JobOutcome::Done,
                    Err(error) => self.failed(handler.as_ref(), &job, &progress, &error).await,
                },
            },
        };
        // a handler that was dropped at such a step has not ended it
        progress.outlive_risk().await;
        let noted = parts
            .store
            .platform()
            .settle_job(&job, &outcome, parts.clock.now())
            .await;
        if let Err(error) = noted {
            // its lease lapses, and whoever takes it over finds what was done
            tracing::warn!(kind = ?job.kind, cause = error.cause(), "noting how a job ended failed");
        }
    }

    /// Prolongs the lease for as long as it is ours; says why it is not any more.
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
        handler: &dyn Handler,
        job: &Job,
        progress: &Progress,
        error: &Error,
    ) -> JobOutcome {
        let attempts = progress.attempts();
        let limits = self.inner.parts.limits;
        let passes = matches!(
            error.kind(),
            Kind::Unavailable | Kind::Conflict | Kind::Internal | Kind::RateLimited(_)
        );
        tracing::warn!(kind = ?job.kind, subject = %job.subject, attempts, error = error.message(), cause = error.cause(), "a job failed");
        if !passes || attempts >= limits.attempts {
            return give_up(handler, job, error).await;
        }
        JobOutcome::Again(pause_after(attempts), error.message().to_owned())
    }
}

async fn give_up(handler: &dyn Handler, job: &Job, error: &Error) -> JobOutcome {
    match handler.give_up(job, error).await {
        Ok(()) => JobOutcome::Parked(error.message().to_owned()),
        // whoever waits was not told yet
        Err(_) => JobOutcome::Again(TimeDelta::seconds(5), error.message().to_owned()),
    }
}

/// Twice as long each time, and never the same for two.
fn pause_after(attempts: i32) -> TimeDelta {
    let doubled = Duration::from_secs(1)
        * 2_u32.saturating_pow(u32::try_from(attempts - 1).unwrap_or(0).min(16));
    let pause = doubled
        .min(LONGEST_PAUSE)
        .mul_f64(0.75 + rand::random::<f64>() / 2.0);
    TimeDelta::from_std(pause).unwrap_or(TimeDelta::seconds(300))
}
