//! What waits in the tables for a process, as `/metrics` shows it: every process reports the same, so dashboards take the
//! greatest value and not the sum.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use super::cached::cached;
use crate::{
    domain::{JobKind, LatencyClass},
    error::Result,
    metrics::{MetricFamily, MetricSample, MetricSource, value_of},
    port::Clock,
    store::{PlatformStore, Store, WaitingJobs, WaitingRuns},
};

/// How long a result is used again: frequent requests cost no more than one.
const FRESH: Duration = Duration::from_secs(5);

/// What the tables had at a time.
struct WaitingWork {
    at: DateTime<Utc>,
    runs: Vec<WaitingRuns>,
    jobs: Vec<WaitingJobs>,
    workers: u64,
}

/// Reads the tables at most once in five seconds.
pub(super) fn source(store: &Store, clock: &Arc<dyn Clock>) -> MetricSource {
    let (store, clock) = (store.clone(), Arc::clone(clock));
    let read = move || -> BoxFuture<'static, _> {
        let (platform, now) = (store.platform(), clock.now());
        Box::pin(async move { WaitingWork::read(&platform, now).await })
    };
    cached(FRESH, read, families)
}

impl WaitingWork {
    async fn read(platform: &PlatformStore, now: DateTime<Utc>) -> Result<Self> {
        Ok(Self {
            at: now,
            runs: platform.waiting_runs(now).await?,
            jobs: platform.waiting_jobs(now).await?,
            workers: platform.live_workers(now).await?,
        })
    }
}

/// The metrics of what was found, for every class and kind; without samples when the database did not answer.
fn families(found: Option<&WaitingWork>) -> Vec<MetricFamily> {
    let now = found.map(|found| found.at).unwrap_or_default();
    let workers = found.map(|found| MetricSample::single(value_of(found.workers)));
    let is_up = MetricSample::single(f64::from(u8::from(found.is_some())));
    vec![
        MetricFamily::gauge(
            "troupe_database_up",
            "Whether the database answers the queries behind the next six metrics.",
            vec![is_up],
        ),
        MetricFamily::gauge(
            "troupe_queue_runs",
            "Runs that wait for a process, of all processes, by class.",
            by_class(found, |runs| count(runs.count)),
        ),
        MetricFamily::gauge(
            "troupe_queue_oldest_seconds",
            "Age of the oldest run that waits for a process, by class; 0 without one.",
            by_class(found, |runs| age(runs.since, now)),
        ),
        MetricFamily::gauge(
            "troupe_jobs_due",
            "Background jobs that are due and that no process has begun, by kind.",
            by_kind(found, false, |jobs| count(jobs.count)),
        ),
        MetricFamily::gauge(
            "troupe_jobs_oldest_due_seconds",
            "Time since which the first of these jobs is due, by kind; 0 without one.",
            by_kind(found, false, |jobs| age(jobs.since, now)),
        ),
        MetricFamily::gauge(
            "troupe_jobs_given_up",
            "Background jobs that failed too often and wait to be requested again, by kind.",
            by_kind(found, true, |jobs| count(jobs.count)),
        ),
        MetricFamily::gauge(
            "troupe_workers_alive",
            "Worker processes that are alive.",
            workers.into_iter().collect(),
        ),
    ]
}

/// A sample for every class, 0 without waiting runs: an alert needs a value to compare.
fn by_class(found: Option<&WaitingWork>, value: impl Fn(&WaitingRuns) -> f64) -> Vec<MetricSample> {
    let Some(found) = found else {
        return Vec::new();
    };
    let samples = LatencyClass::ALL.map(|class| {
        let runs = found.runs.iter().find(|runs| runs.class == class);
        MetricSample::labelled([("class", class.name())], runs.map_or(0.0, &value))
    });
    samples.into()
}

/// A sample for every kind, 0 without such jobs.
fn by_kind(
    found: Option<&WaitingWork>,
    is_given_up: bool,
    value: impl Fn(&WaitingJobs) -> f64,
) -> Vec<MetricSample> {
    let Some(found) = found else {
        return Vec::new();
    };
    let samples = JobKind::ALL.map(|kind| {
        let is_such = |jobs: &&WaitingJobs| jobs.kind == kind && jobs.is_given_up == is_given_up;
        let jobs = found.jobs.iter().find(is_such);
        MetricSample::labelled([("kind", kind.name())], jobs.map_or(0.0, &value))
    });
    samples.into()
}

fn count(rows: i64) -> f64 {
    value_of(u64::try_from(rows).unwrap_or_default())
}

/// The time since then in seconds.
fn age(since: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (now - since).as_seconds_f64().max(0.0)
}
