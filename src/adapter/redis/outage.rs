//! When Redis is away: one line in the log at the beginning, one at the end, and no waiting for it in between.

use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::{RedisError, RedisResult};
use tokio::time::Instant;

use super::PAUSE;

/// Knows whether Redis is away, for one of its users.
#[derive(Debug)]
pub(super) struct Outage {
    /// What is done less well meanwhile: a whole clause for the log.
    meanwhile: &'static str,
    ask_again: Mutex<Option<Instant>>,
}

impl Outage {
    /// None yet.
    pub(super) fn new(meanwhile: &'static str) -> Self {
        Self {
            meanwhile,
            ask_again: Mutex::new(None),
        }
    }

    /// Whether Redis failed just now, so that it is not worth asking.
    pub(super) fn is_on(&self) -> bool {
        self.lock().is_some_and(|at| Instant::now() < at)
    }

    /// What Redis answered, if it did.
    pub(super) fn heed<T>(&self, answer: RedisResult<T>) -> Option<T> {
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

    /// Redis failed.
    pub(super) fn failed(&self, cause: &RedisError) {
        let before = self.lock().replace(Instant::now() + PAUSE);
        if before.is_none() {
            tracing::warn!(%cause, "Redis does not do its work: {}", self.meanwhile);
        }
    }

    /// Redis answered.
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
