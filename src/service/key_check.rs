//! Finds the encryption keys that are in use and not in the key ring: without them, a process could neither open secrets
//! nor write audited changes.

use crate::{
    domain::{KeyUse, SealedColumn, is_key_id},
    error::{Error, Result},
    store::Store,
};

/// What a seal of an audit log is, in the plural.
const AUDIT_SEALS: &str = "seals of audit logs";

/// Compares the keys in use with those of a ring.
#[derive(Clone, Copy)]
pub struct KeyCheck<'a> {
    /// The values.
    pub store: &'a Store,
    /// The ids of the ring's keys, the sealing one first; empty without a ring.
    pub ring: &'a [String],
}

impl KeyCheck<'_> {
    /// UNAVAILABLE, with the counts and the remedy for an operator, when a key is in use that the ring does not have.
    pub async fn require(&self) -> Result<()> {
        let missing = self.missing().await?;
        if missing.is_empty() {
            return Ok(());
        }
        let uses: Vec<String> = missing.iter().map(KeyUse::sentence).collect();
        Err(Error::unavailable(format!(
            "TROUPE_ENCRYPTION_KEYS lacks keys that are in use: {}; put them back after the first key, and remove them only after \
             `troupe keys rotate`",
            uses.join("; ")
        )))
    }

    /// The keys in use that the ring does not have, with the number of their values.
    pub async fn missing(&self) -> Result<Vec<KeyUse>> {
        self.uses(|key| !self.ring.iter().any(|known| known == key))
            .await
    }

    /// The keys in use, with the number of their values.
    pub async fn all(&self) -> Result<Vec<KeyUse>> {
        self.uses(|_| true).await
    }

    /// The keys in use that are wanted. Only their values are counted, so that a start costs a few look-ups when no key
    /// is missing.
    async fn uses(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<KeyUse>> {
        let platform = self.store.platform();
        // damaged bytes name no key: one damaged value does not stop every process
        let is_wanted = |key: &String| is_key_id(key) && is_wanted(key);
        let mut uses = Vec::new();
        for column in SealedColumn::ALL {
            let keys = platform.sealing_keys(column).await?;
            for key in keys.into_iter().filter(|key| is_wanted(key)) {
                let count = platform.count_sealed(column, &key).await?;
                add(&mut uses, key, column.noun(), count);
            }
        }
        let keys = platform.audit_seal_keys().await?;
        for key in keys.into_iter().filter(|key| is_wanted(key)) {
            let count = platform.count_audit_seals(&key).await?;
            add(&mut uses, key, AUDIT_SEALS, count);
        }
        uses.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(uses)
    }
}

fn add(uses: &mut Vec<KeyUse>, key: String, noun: &'static str, count: u64) {
    match uses.iter_mut().find(|known| known.key == key) {
        Some(known) => known.values.push((noun, count)),
        None => uses.push(KeyUse {
            key,
            values: vec![(noun, count)],
        }),
    }
}
