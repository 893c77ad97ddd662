//! Whether a worker process is alive, read from the tables at most once a second.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{sync::Mutex, time::Instant};

use crate::{error::Result, store::PlatformStore};

/// The time for which an observation is used again.
const FRESH: Duration = Duration::from_secs(1);

/// The last observation of the worker processes. Concurrent callers share one query.
#[derive(Default)]
pub(super) struct WorkerWatch {
    last: Mutex<Option<Observation>>,
}

/// What the tables had at a time.
#[derive(Clone, Copy)]
struct Observation {
    at: Instant,
    is_alive: bool,
}

impl WorkerWatch {
    /// Whether a worker is alive.
    pub(super) async fn has_worker(
        &self,
        store: &PlatformStore,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut last = self.last.lock().await;
        if let Some(last) = last.filter(|last| last.at.elapsed() < FRESH) {
            return Ok(last.is_alive);
        }
        let is_alive = store.has_worker(now).await?;
        *last = Some(Observation {
            at: Instant::now(),
            is_alive,
        });
        Ok(is_alive)
    }
}
