//! The keys that sealed the installation's secrets: checked at a start, and rotated by `troupe keys rotate`.

use super::{knowledge, open_store};
use crate::{
    config::{Config, KeyRing},
    error::Result,
    service::{KeyCheck, KeyRotation},
    store::Store,
};

/// The ids of the configured keys, the sealing one first; empty without a ring.
pub(super) fn ring(config: &Config) -> Vec<String> {
    let ring = config.encryption_keys.as_ref();
    ring.map(KeyRing::ids).unwrap_or_default()
}

/// UNAVAILABLE, for the operator, when a key is in use that is not configured.
pub(super) async fn require(config: &Config, store: &Store) -> Result<()> {
    let ring = ring(config);
    KeyCheck { store, ring: &ring }.require().await
}

/// Seals every secret and every audit log with the first configured key. `tell` receives sentences about the progress.
/// Returns false when some values stay sealed with other keys.
pub async fn rotate(config: &Config, tell: &(dyn Fn(&str) + Sync)) -> Result<bool> {
    let store = open_store(config).await?;
    let rotation = KeyRotation {
        store: &store,
        vault: knowledge::vault(config),
        ring: ring(config),
        tell,
    };
    let done = rotation.run().await;
    store.close().await?;
    done
}
