//! A cache across processes: each has its own in front, and what one of them made is found by the others in Redis.
//!
//! Redis holds no more than a fixed number of values, however many are put: a key has its place among them by its
//! checksum, and takes it from whoever was there. So a flood of new keys costs others a miss, and never Redis its memory.

use std::time::Duration;

use async_trait::async_trait;
use redis::{RedisResult, Value};

use super::{RedisConnection, outage::Outage};
use crate::{adapter::memory::LocalCache, port::Cache};

/// Redis holds at most so many values.
const PLACES: u32 = 4_096;
/// A larger value stays in its process, in bytes.
const LARGEST: usize = 32 * 1_024;

/// What is at a place: whose value, and the value.
type Place = (Option<String>, Option<Vec<u8>>);

/// Keeps values for all processes.
pub struct RedisCache {
    connection: RedisConnection,
    local: LocalCache,
    outage: Outage,
}

impl RedisCache {
    /// Behind the cache of this process.
    pub fn new(connection: RedisConnection, local: LocalCache) -> Self {
        Self {
            connection,
            local,
            outage: Outage::new("each process caches alone"),
        }
    }

    fn place(&self, key: &str) -> String {
        let place = crc32fast::hash(key.as_bytes()) % PLACES;
        self.connection.key(format_args!("cache:{place}"))
    }

    /// What Redis has under this key, and for how much longer.
    async fn shared(&self, key: &str) -> Option<(Vec<u8>, Duration)> {
        if self.outage.is_on() {
            return None;
        }
        let place = self.place(key);
        let found: RedisResult<(Place, i64)> = redis::pipe()
            .cmd("HMGET")
            .arg(&place)
            .arg("key")
            .arg("value")
            .cmd("PTTL")
            .arg(&place)
            .query_async(&mut self.connection.commands())
            .await;
        let ((holder, value), left) = self.outage.heed(found)?;
        let left = u64::try_from(left).ok().filter(|left| *left > 0)?;
        let value = value.filter(|_| holder.as_deref() == Some(key))?;
        Some((value, Duration::from_millis(left)))
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(value) = self.local.get(key).await {
            return Some(value);
        }
        let (value, left) = self.shared(key).await?;
        self.local.put(key, value.clone(), left).await;
        Some(value)
    }

    async fn put(&self, key: &str, value: Vec<u8>, time_to_live: Duration) {
        self.local.put(key, value.clone(), time_to_live).await;
        let lasts = u64::try_from(time_to_live.as_millis()).unwrap_or(u64::MAX);
        if value.len() > LARGEST || lasts == 0 || self.outage.is_on() {
            return;
        }
        let place = self.place(key);
        let put: RedisResult<Value> = redis::pipe()
            .atomic()
            .cmd("HSET")
            .arg(&place)
            .arg("key")
            .arg(key)
            .arg("value")
            .arg(value)
            .cmd("PEXPIRE")
            .arg(&place)
            .arg(lasts)
            .query_async(&mut self.connection.commands())
            .await;
        self.outage.heed(put);
    }
}
