//! Tracks an outage of Redis: one log line at its start and one at its end, and no requests to Redis in between.

use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::{RedisError, RedisResult};
use tokio::time::Instant;

use super::PAUSE;

/// The state of the outage for one user of Redis.
#[derive(Debug)]
pub(super) struct Outage {
    /// What does not work during the outage: a clause for the log.
    meanwhile: &'static str,
    ask_again: Mutex<Option<Instant>>,
}

impl Outage {
    pub(super) fn new(meanwhile: &'static str) -> Self {
        Self {
            meanwhile,
            ask_again: Mutex::new(None),
        }
    }

    /// Whether Redis has failed within the last [`PAUSE`], so that it is not called now.
    pub(super) fn is_on(&self) -> bool {
        self.lock().is_some_and(|at| Instant::now() < at)
    }

    /// Records the outcome of a command. Returns its value, or `None` when it failed.
    pub(super) fn record<T>(&self, answer: RedisResult<T>) -> Option<T> {
        match answer {
            Ok(value) => {
                self.ended();
                Some(value)
            }
            Err(cause) => {
                self.failed(&cause);
                None
            }
        }
    }

    /// Records a failure.
    pub(super) fn failed(&self, cause: &RedisError) {
        let before = self.lock().replace(Instant::now() + PAUSE);
        if before.is_none() {
            tracing::warn!(%cause, "Redis does not do its work: {}", self.meanwhile);
        }
    }

    /// Records a success.
    pub(super) fn ended(&self) {
        if self.lock().take().is_some() {
            tracing::info!("Redis is back; until now: {}", self.meanwhile);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.ask_again
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
