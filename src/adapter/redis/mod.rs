//! Redis 6.2 and newer: what several processes share while they live. What must outlive Redis is in the database.
//!
//! Streams and plain keys, never pub/sub: whoever was away a moment reads on where it was, or knows that it cannot.
//! Every key begins with the installation's prefix, and a tenant's with its account after that. Each implementation
//! stands in front of the one in `memory`, which goes on alone while Redis is away.

mod announcements;
mod cache;
mod connection;
mod job_queue;
mod outage;
mod rate_limiter;
mod writer;

pub use announcements::RedisAnnouncements;
pub use cache::RedisCache;
pub use connection::RedisConnection;
pub use job_queue::RedisJobQueue;
pub use rate_limiter::RedisRateLimiter;

use std::{io, time::Duration};

use redis::RedisResult;

/// A reader waits in Redis for so long, then looks whether all is well.
const WAIT: Duration = Duration::from_secs(2);
/// A reader that hears nothing for so much longer has lost its connection without being told.
const GRACE: Duration = Duration::from_secs(1);
/// After a failure, Redis is asked again after this long.
const PAUSE: Duration = Duration::from_secs(1);
/// A stream keeps about so many entries.
const LONGEST_STREAM: usize = 10_000;

/// The answer of a connection that waits, or an error when Redis says nothing for so long that it must be lost.
async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    }
}
