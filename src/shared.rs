//! What several processes share, joined: through Redis where one is named, else within this process.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::adapter::memory::{LocalAnnouncements, LocalCache, LocalJobQueue, LocalRateLimiter};
use crate::adapter::redis::{
    RedisAnnouncements, RedisCache, RedisConnection, RedisJobQueue, RedisRateLimiter,
};
use crate::{
    config::Config,
    error::Result,
    port::{Announcements, Cache, JobQueue, RateLimiter},
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
    #[expect(dead_code, reason = "the engine does not take from it yet")]
    pub(crate) queue: Arc<dyn JobQueue>,
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
                redis: None,
            });
        };
        let connection = RedisConnection::open(&redis.url, &redis.prefix)?;
        Ok(Self {
            announcements: Arc::new(RedisAnnouncements::start(connection.clone(), tracker)),
            cache: Arc::new(RedisCache::new(connection.clone(), cache)),
            limiter: Arc::new(RedisRateLimiter::new(connection.clone())),
            queue: Arc::new(RedisJobQueue::start(connection.clone(), tracker)),
            redis: Some(connection),
        })
    }
}
