//! A cache across processes: each process has a local cache in front, and shares its entries with the others in Redis.
//!
//! Redis holds a fixed number of slots. The checksum of a key selects its slot, and a new value replaces the one in the
//! slot. A flood of new keys therefore causes cache misses, but never fills Redis's memory.

use std::time::Duration;

use async_trait::async_trait;
use redis::{RedisResult, Value};

use super::{RedisConnection, outage::Outage};
use crate::{adapter::memory::LocalCache, port::Cache};

/// The number of slots in Redis.
const PLACES: u32 = 4_096;
/// The maximum size in bytes of a value in Redis. A larger one is cached only in its process.
const LARGEST: usize = 32 * 1_024;

/// The content of a slot: key and value.
type Slot = (Option<String>, Option<Vec<u8>>);

/// A cache that all processes share.
pub struct RedisCache {
    connection: RedisConnection,
    local: LocalCache,
    outage: Outage,
}

impl RedisCache {
    /// Creates a cache behind the local cache of this process.
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

    /// The value of this key in Redis, and its remaining time to live.
    async fn shared(&self, key: &str) -> Option<(Vec<u8>, Duration)> {
        if self.outage.is_on() {
            return None;
        }
        let place = self.place(key);
        let found: RedisResult<(Slot, i64)> = redis::pipe()
            .cmd("HMGET")
            .arg(&place)
            .arg("key")
            .arg("value")
            .cmd("PTTL")
            .arg(&place)
            .query_async(&mut self.connection.commands())
            .await;
        let ((holder, value), left) = self.outage.record(found)?;
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
        self.outage.record(put);
    }
}
