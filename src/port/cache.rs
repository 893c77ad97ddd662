//! Small values that are cheaper to keep than to make again; any of them may be gone at any time.

use std::time::Duration;

use async_trait::async_trait;

/// Keeps small values for a while. What several processes share was written by any of them: a reader checks it.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What was put under this key, if it is still there.
    async fn get(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps a value for at most `time_to_live`, in place of what the key had before.
    async fn put(&self, key: &str, value: Vec<u8>, time_to_live: Duration);
}
