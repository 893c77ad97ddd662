//! Logs failures that are not the caller's, with their private cause: once, at this boundary, and with a rate limit.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::RequestId,
    error::{Error, Kind},
};

/// The minimum interval between lines with the same kind and message; failures in between are counted.
const INTERVAL: Duration = Duration::from_secs(1);
/// The maximum number of messages that are tracked separately; further ones are counted together.
const SENTENCES: usize = 64;

/// Remembers the recently logged failures.
#[derive(Default)]
pub(super) struct FailureLog(Mutex<HashMap<(&'static str, String), Logged>>);

struct Logged {
    at: Instant,
    /// The number of failures since the last line that were not logged.
    suppressed: u64,
}

impl FailureLog {
    /// Logs an error of kind UNAVAILABLE or INTERNAL with its cause; other kinds are the caller's errors and are not
    /// logged.
    pub(super) fn log(&self, error: &Error, request_id: &RequestId) {
        let is_ours = match error.kind() {
            Kind::Internal | Kind::Unavailable => true,
            Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::BadInput(_)
            | Kind::Conflict
            | Kind::RateLimited(_)
            | Kind::QuotaExceeded(_) => false,
        };
        let code = error.code().name();
        let Some(suppressed) = is_ours.then(|| self.due(code, error.message())).flatten() else {
            return;
        };
        let (cause, message) = (error.cause(), error.message());
        if *error.kind() == Kind::Internal {
            tracing::error!(request.id = %request_id, code, cause, suppressed, "{message}");
        } else {
            tracing::warn!(request.id = %request_id, code, cause, suppressed, "{message}");
        }
    }

    /// The number of suppressed failures since the last line, if another line is due.
    fn due(&self, code: &'static str, message: &str) -> Option<u64> {
        let now = Instant::now();
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (code, message.to_owned());
        if !logged.contains_key(&key) && logged.len() >= SENTENCES {
            logged.retain(|_, logged| now - logged.at < INTERVAL);
            if logged.len() >= SENTENCES {
                key.1.clear();
            }
        }
        let Some(last) = logged.get_mut(&key) else {
            let at = now;
            logged.insert(key, Logged { at, suppressed: 0 });
            return Some(0);
        };
        if now - last.at < INTERVAL {
            last.suppressed += 1;
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::{FailureLog, INTERVAL, SENTENCES};

    #[tokio::test(start_paused = true)]
    async fn repeated_failures_are_logged_once_per_second_with_a_count() {
        let log = FailureLog::default();
        assert_eq!(log.due("UNAVAILABLE", "the disk is full"), Some(0));
        assert!((0..1_000).all(|_| log.due("UNAVAILABLE", "the disk is full").is_none()));
        assert_eq!(log.due("INTERNAL", "ask the database"), Some(0));
        tokio::time::advance(INTERVAL).await;
        assert_eq!(log.due("UNAVAILABLE", "the disk is full"), Some(1_000));
        assert_eq!(log.due("UNAVAILABLE", "the disk is full"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_beyond_the_tracked_messages_are_counted_together() {
        let log = FailureLog::default();
        let lines = (0..10_000).filter(|n| log.due("UNAVAILABLE", &n.to_string()).is_some());
        assert_eq!(lines.count(), SENTENCES + 1);
        assert!(log.0.lock().unwrap().len() <= SENTENCES + 1);
    }
}
