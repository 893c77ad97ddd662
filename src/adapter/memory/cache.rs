//! A cache within one process, bounded by its size in bytes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use moka::{Expiry, future};

use crate::port::Cache;

/// The estimated overhead of an entry in bytes, besides its key and value.
const OVERHEAD: usize = 96;

/// An in-process cache.
#[derive(Debug, Clone)]
pub struct LocalCache(future::Cache<String, Entry>);

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<[u8]>,
    time_to_live: Duration,
}

impl LocalCache {
    /// Creates a cache of at most `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        let cache = future::Cache::builder()
            .max_capacity(bytes)
            .weigher(|key: &String, entry: &Entry| {
                u32::try_from(key.len() + entry.value.len() + OVERHEAD).unwrap_or(u32::MAX)
            })
            .expire_after(OwnTime)
            .build();
        Self(cache)
    }
}

/// Each entry has its own time to live.
struct OwnTime;

impl Expiry<String, Entry> for OwnTime {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.time_to_live)
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.time_to_live)
    }
}

#[async_trait]
impl Cache for LocalCache {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.get(key).await.map(|entry| entry.value.to_vec())
    }

    async fn put(&self, key: &str, value: Vec<u8>, time_to_live: Duration) {
        let entry = Entry {
            value: value.into(),
            time_to_live,
        };
        self.0.insert(key.to_owned(), entry).await;
    }
}
