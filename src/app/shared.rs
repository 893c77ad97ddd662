//! Composes what several processes share: through Redis if it is configured, else within this process.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::adapter::memory::{
    LocalAnnouncements, LocalCache, LocalCircuits, LocalJobQueue, LocalRateLimiter,
};
use crate::adapter::redis::{
    RedisAnnouncements, RedisCache, RedisCircuits, RedisConnection, RedisJobQueue,
    RedisRateLimiter, RedisRunLog,
};
use crate::{
    config::{Config, LimitsConfig},
    engine::Feed,
    error::Result,
    live::Live,
    port::{Announcements, Cache, CircuitLimits, Circuits, JobQueue, Rate, RateLimiter, RunLog},
    service::Limits,
    store::{Store, TableRunLog},
};

/// The parts that several processes share. The tasks of each part end when its last handle is dropped.
pub(crate) struct Shared {
    /// Announcements of changes.
    pub(crate) announcements: Arc<dyn Announcements>,
    /// The cache of small values.
    pub(crate) cache: Arc<dyn Cache>,
    /// The circuits of the models behind an API.
    pub(crate) circuits: Arc<dyn Circuits>,
    /// The rate limiter, which counts the messages and tool calls of each account.
    pub(crate) limiter: Arc<dyn RateLimiter>,
    /// The queue that wakes free processes when there is work.
    pub(crate) queue: Arc<dyn JobQueue>,
    /// The stream log of run events; `None` for a single process.
    pub(crate) log: Option<Arc<dyn RunLog>>,
    /// The connection to Redis, if it is configured.
    pub(crate) redis: Option<RedisConnection>,
}

impl Shared {
    /// Composes the parts; opens no connection yet. `remote_models` are the models whose circuits are shared.
    pub(crate) fn open(
        config: &Config,
        remote_models: &Live<Vec<String>>,
        tracker: &TaskTracker,
    ) -> Result<Self> {
        // only persisted operations are cached at present
        let cache = LocalCache::new(config.http.persisted_bytes);
        let breaker = CircuitLimits {
            failures: config.models.breaker.failures,
            rest: config.models.breaker.rest(),
        };
        let Some(redis) = &config.redis else {
            return Ok(Self {
                announcements: Arc::new(LocalAnnouncements::default()),
                cache: Arc::new(cache),
                circuits: Arc::new(LocalCircuits::new(breaker)),
                limiter: Arc::new(LocalRateLimiter::default()),
                queue: Arc::new(LocalJobQueue::default()),
                log: None,
                redis: None,
            });
        };
        let connection = RedisConnection::open(&redis.url, &redis.prefix)?;
        Ok(Self {
            announcements: Arc::new(RedisAnnouncements::start(connection.clone(), tracker)),
            cache: Arc::new(RedisCache::new(connection.clone(), cache)),
            circuits: Arc::new(RedisCircuits::start(
                connection.clone(),
                breaker,
                remote_models.clone(),
                tracker,
            )),
            limiter: Arc::new(RedisRateLimiter::new(connection.clone())),
            queue: Arc::new(RedisJobQueue::start(connection.clone(), tracker)),
            log: Some(Arc::new(RedisRunLog::new(
                connection.clone(),
                Uuid::now_v7(),
            ))),
            redis: Some(connection),
        })
    }

    /// The event log: the durable log in the tables, and the stream log if processes share one.
    pub(crate) fn feed(&self, store: &Store, tracker: &TaskTracker) -> Feed {
        let kept = Arc::new(TableRunLog(store.clone()));
        Feed::start(kept, self.log.clone(), tracker)
    }
}

/// The limits of one account, counted across all processes that share these parts.
pub(crate) fn limits(config: &LimitsConfig) -> Limits {
    Limits {
        messages: Rate {
            name: "messages",
            per_minute: config.messages_per_minute,
            burst: config.message_burst,
        },
        mcp_calls: Rate {
            name: "tool calls",
            per_minute: config.mcp_calls_per_minute,
            burst: config.mcp_call_burst,
        },
        runs_queued: config.runs_queued_per_account,
        session_messages_per_minute: config.session_messages_per_minute,
        address_sessions: sessions(config.address_sessions_per_minute),
        public_agent_sessions: sessions(config.public_agent_sessions_per_minute),
    }
}

/// A rate of sessions with public agents.
fn sessions(per_minute: u32) -> Rate {
    Rate {
        name: "sessions",
        per_minute,
        burst: per_minute,
    }
}
