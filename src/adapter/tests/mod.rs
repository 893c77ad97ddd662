//! The ports that several processes share. Every implementation passes the same cases: the one in memory always, the
//! one over Redis when `TROUPE_TEST_REDIS_URL` is set. Each test has a key prefix of its own, so that one Redis serves
//! them all. A [`Forwarder`] that can be cut simulates an outage of Redis.

mod announcements;
mod cache;
mod circuits;
#[path = "../../../tests/pinecone/mod.rs"]
mod fake_pinecone;
mod forwarder;
mod job_queue;
mod pinecone;
mod rate_limiter;
mod run_log;
mod vault;

use std::{env, time::Duration};

use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;

use self::forwarder::Forwarder;
use crate::{
    adapter::redis::RedisConnection,
    domain::{Id, IdKind, Secret},
    port::SystemClock,
};

/// The timeout of every wait; a passing test needs much less.
const PATIENCE: Duration = Duration::from_mins(2);

/// A key prefix in Redis for one test.
struct TestRedis {
    url: String,
    prefix: String,
    tasks: TaskTracker,
}

impl TestRedis {
    /// `None` when no Redis is configured.
    #[expect(clippy::disallowed_methods, reason = "a test reads where its Redis is")]
    fn there() -> Option<Self> {
        let url = env::var("TROUPE_TEST_REDIS_URL").ok()?;
        Some(Self {
            url,
            prefix: format!("test-{}", Uuid::now_v7().simple()),
            tasks: TaskTracker::new(),
        })
    }

    /// A connection as a process opens it.
    fn open(&self) -> RedisConnection {
        RedisConnection::open(&Secret::new(&self.url), &self.prefix).unwrap()
    }

    /// A connection through a forwarder that can be cut.
    async fn forwarded(mut self) -> (Self, Forwarder) {
        let mut url = Url::parse(&self.url).unwrap();
        let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
        let forwarder = Forwarder::start(target, &self.tasks).await;
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(forwarder.port())).unwrap();
        self.url = url.into();
        (self, forwarder)
    }

    /// Sends a command to Redis directly.
    async fn ask<T: redis::FromRedisValue>(&self, command: &mut redis::Cmd) -> T {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        command.query_async(&mut connection).await.unwrap()
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }
}

/// Fails when the future is not ready within the timeout.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it never came")
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    in_time(async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn id<K: IdKind>() -> Id<K> {
    Id::new(&SystemClock)
}
