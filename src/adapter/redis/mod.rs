//! Redis 6.2 or newer: the state that running processes share. What must survive a loss of Redis is in the database.
//!
//! Only streams and plain keys are used, never pub/sub: a reader that was disconnected continues at its position, or
//! detects that it cannot. Every key starts with the installation's prefix, followed by the account for a tenant's key.
//! Each implementation wraps the one in `memory`, which works alone while Redis is unavailable.

mod announcements;
mod cache;
mod circuits;
mod connection;
mod job_queue;
mod outage;
mod rate_limiter;
mod run_event;
mod run_log;
mod writer;

pub use announcements::RedisAnnouncements;
pub use cache::RedisCache;
pub use circuits::RedisCircuits;
pub use connection::RedisConnection;
pub use job_queue::RedisJobQueue;
pub use rate_limiter::RedisRateLimiter;
pub use run_log::RedisRunLog;

use std::{io, time::Duration};

use redis::RedisResult;

/// How long a reader blocks in Redis before it checks its connection and its state.
const WAIT: Duration = Duration::from_secs(2);
/// How long a response may exceed its expected time before the connection counts as lost.
const GRACE: Duration = Duration::from_secs(1);
/// The pause before Redis is tried again after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// The approximate maximum number of entries in a stream.
const LONGEST_STREAM: usize = 10_000;

/// Adds a timeout to a blocking command: without a response in time, the connection counts as lost.
async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    }
}
