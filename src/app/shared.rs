//! What several processes share, joined: through Redis where one is named, else within this process.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::adapter::memory::{LocalAnnouncements, LocalCache, LocalJobQueue, LocalRateLimiter};
use crate::adapter::redis::{
    RedisAnnouncements, RedisCache, RedisConnection, RedisJobQueue, RedisRateLimiter, RedisRunLog,
};
use crate::{
    config::{Config, LimitsConfig},
    error::Result,
    port::{Announcements, Cache, JobQueue, Rate, RateLimiter, RunLog},
    service::Limits,
};

/// What several processes share. The tasks behind it end with the last holder of each part.
pub(crate) struct Shared {
    /// Word of what changed.
    pub(crate) announcements: Arc<dyn Announcements>,
    /// Small values that are kept for a while.
    pub(crate) cache: Arc<dyn Cache>,
    /// How often accounts do what they do.
    pub(crate) limiter: Arc<dyn RateLimiter>,
    /// Wake-ups for work.
    pub(crate) queue: Arc<dyn JobQueue>,
    /// The log of run events that is quick, and tells other processes.
    pub(crate) log: Option<Arc<dyn RunLog>>,
    /// The way to Redis, if one is named.
    pub(crate) redis: Option<RedisConnection>,
}

impl Shared {
    /// Joins the parts; connects to nothing yet.
    pub(crate) fn open(config: &Config, tracker: &TaskTracker) -> Result<Self> {
        // persisted operations are all that is cached as yet
        let cache = LocalCache::new(config.http.persisted_bytes);
        let Some(redis) = &config.redis else {
            return Ok(Self {
                announcements: Arc::new(LocalAnnouncements::default()),
                cache: Arc::new(cache),
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
            limiter: Arc::new(RedisRateLimiter::new(connection.clone())),
            queue: Arc::new(RedisJobQueue::start(connection.clone(), tracker)),
            log: Some(Arc::new(RedisRunLog::new(
                connection.clone(),
                Uuid::now_v7(),
            ))),
            redis: Some(connection),
        })
    }
}

/// What one account may ask for, in all processes that share these parts.
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
    }
}
