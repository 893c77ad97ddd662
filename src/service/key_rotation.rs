//! `troupe keys rotate`: seals every stored secret and every audit log with the first key of the ring, while processes
//! serve.
//!
//! A value that the first key has sealed is skipped, so that a rotation that was killed continues where it was. A value is
//! replaced only if it is still the one that was read: what its owner changes meanwhile stays.

use std::sync::Arc;

use super::key_check::KeyCheck;
use crate::{
    domain::{ResealedValue, SealedColumn, SealedValue},
    error::{Error, Result},
    port::{SecretLocation, Vault},
    store::Store,
};

/// The number of values that are read at a time, and replaced in one transaction: a caller that changes one of them
/// waits for a few milliseconds.
const BATCH: u64 = 100;
/// The number of passes over the values of one key. Another pass is needed for what processes sealed with it meanwhile.
const PASSES: u32 = 3;

/// Seals values with the first key of a ring.
pub struct KeyRotation<'a> {
    /// The values.
    pub store: &'a Store,
    /// Opens and seals them with the keys of the ring.
    pub vault: Arc<dyn Vault>,
    /// The ids of the ring's keys, the sealing one first.
    pub ring: Vec<String>,
    /// Receives the sentences about the progress.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

impl KeyRotation<'_> {
    /// Seals every value with the first key. Returns false when values stay that another key has sealed; a sentence names
    /// them. UNAVAILABLE without a ring.
    pub async fn run(&self) -> Result<bool> {
        let first = self.ring.first().ok_or_else(|| {
            Error::unavailable("TROUPE_ENCRYPTION_KEYS is not set: there is no key to seal with")
        })?;
        for column in SealedColumn::ALL {
            for key in self.store.platform().sealing_keys(column).await? {
                if key != *first && self.ring.contains(&key) {
                    self.rotate_secrets(column, &key).await?;
                }
            }
        }
        for key in self.store.platform().audit_seal_keys().await? {
            if key != *first && self.ring.contains(&key) {
                self.rotate_audit_seals(&key).await?;
            }
        }
        self.conclude(first).await
    }

    /// Seals the secrets of a column that this key has sealed.
    async fn rotate_secrets(&self, column: SealedColumn, key: &str) -> Result<()> {
        let platform = self.store.platform();
        let total = platform.count_sealed(column, key).await?;
        let mut done = 0;
        for _ in 0..PASSES {
            let (mut after, mut unopened) = (None, 0);
            loop {
                let batch = platform.sealed_values(column, key, after, BATCH).await?;
                let Some(last) = batch.last() else {
                    break;
                };
                after = Some(last.row);
                let read = batch.len();
                let resealed: Vec<_> = batch
                    .into_iter()
                    .filter_map(|value| self.reseal(column, value))
                    .collect();
                unopened += (read - resealed.len()) as u64;
                done += platform.reseal(column, &resealed).await?;
                (self.tell)(&format!(
                    "{}: {done} of {total} of the key \"{key}\" are sealed with the first key",
                    column.noun()
                ));
            }
            if platform.count_sealed(column, key).await? <= unopened {
                break;
            }
        }
        Ok(())
    }

    /// The value sealed with the first key; none, with a sentence, when it cannot be opened.
    fn reseal(&self, column: SealedColumn, before: SealedValue) -> Option<ResealedValue> {
        let location = SecretLocation::of_stored(column, before.account, before.row);
        let secret = self.vault.open(location, &before.sealed);
        let sealed = secret.and_then(|secret| self.vault.seal(location, &secret));
        match sealed {
            Ok(sealed) => Some(ResealedValue { before, sealed }),
            Err(error) => {
                let cause = error.cause().unwrap_or_else(|| error.message().to_owned());
                (self.tell)(&format!(
                    "{}: the row {} stays as it is: {cause}",
                    column.noun(),
                    before.row
                ));
                None
            }
        }
    }

    /// Seals the audit logs whose seal this key has made.
    async fn rotate_audit_seals(&self, key: &str) -> Result<()> {
        let platform = self.store.platform();
        let total = platform.count_audit_seals(key).await?;
        let (mut done, mut after) = (0, None);
        loop {
            let batch = platform.accounts_sealed_under(key, after, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(());
            };
            after = Some(*last);
            for account in batch {
                if self.store.tenant(account).renew_audit_seal().await? {
                    done += 1;
                }
            }
            (self.tell)(&format!(
                "audit logs: {done} of {total} of the key \"{key}\" are sealed with the first key"
            ));
        }
    }

    /// Tells which keys are still in use; returns whether only the first one is.
    async fn conclude(&self, first: &str) -> Result<bool> {
        let check = KeyCheck {
            store: self.store,
            ring: &self.ring,
        };
        let mut is_done = true;
        for used in check.all().await? {
            (self.tell)(&used.sentence());
            if used.key == first {
                continue;
            }
            is_done = false;
            (self.tell)(&format!(
                "the key \"{}\" must stay in TROUPE_ENCRYPTION_KEYS: {}",
                used.key,
                if self.ring.contains(&used.key) {
                    "see above for values that cannot be opened and `troupe audit verify` for audit logs; a process may still \
                     run with it as its first key: start that again, and rotate again"
                } else {
                    "it is not there, and its values cannot be opened"
                }
            ));
        }
        if is_done {
            (self.tell)(&format!(
                "every value is sealed with the key \"{first}\"; entries of audit logs keep the keys that they were written under, \
                 and `troupe audit verify` needs those keys"
            ));
        }
        Ok(is_done)
    }
}
