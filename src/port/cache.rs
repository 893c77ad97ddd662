//! A cache for small values. Any entry may disappear at any time.

use std::time::Duration;

use async_trait::async_trait;

/// A cache of small values. Any process may have written an entry of a shared cache, so a reader must validate it.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value stored under `key`, if it is still cached.
    async fn get(&self, key: &str) -> Option<Vec<u8>>;

    /// Stores a value for at most `time_to_live` and replaces the previous value of `key`.
    async fn put(&self, key: &str, value: Vec<u8>, time_to_live: Duration);
}
