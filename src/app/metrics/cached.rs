//! Measurements that read the database, each at most once in a while.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{
    error::Result,
    metrics::{MetricFamily, MetricSource},
};

/// The timeout of a reading; without an answer, the database counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was measured, and when.
type Measured = (Instant, Vec<MetricFamily>);

/// A source that reads at most once in `fresh`; further requests repeat the result, and concurrent ones share a reading.
/// `families` gets none when the database did not answer.
pub(super) fn cached<T: Send + 'static>(
    fresh: Duration,
    read: impl Fn() -> BoxFuture<'static, Result<T>> + Send + Sync + 'static,
    families: fn(Option<&T>) -> Vec<MetricFamily>,
) -> MetricSource {
    let last: Arc<Mutex<Option<Measured>>> = Arc::default();
    let read = Arc::new(read);
    Arc::new(move || {
        let (last, read) = (Arc::clone(&last), Arc::clone(&read));
        Box::pin(async move {
            let mut last = last.lock().await;
            if let Some((at, measured)) = &*last
                && at.elapsed() < fresh
            {
                return measured.clone();
            }
            let found = timeout(PATIENCE, read()).await;
            let measured = families(found.ok().and_then(Result::ok).as_ref());
            *last = Some((Instant::now(), measured.clone()));
            measured
        })
    })
}
