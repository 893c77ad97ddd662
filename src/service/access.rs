//! Authentication: credentials in, an actor out.

use std::{hash::Hash, sync::Arc, time::Duration};

use chrono::TimeDelta;
use moka::future::Cache;
use sha2::{Digest, Sha256};

use crate::{
    domain::{AccountId, AccountTier, Actor, ApiKey, KeyId, TierQuotas},
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::Store,
};

/// A key is looked up again after this long; one that was revoked works no longer than that, even in a process that
/// nobody told.
const CACHED: Duration = Duration::from_secs(5);
/// A key is known to be revoked for this long: longer than a lookup from before can stay in the cache.
const REMEMBERED: Duration = Duration::from_mins(1);
/// How long a key counts as valid lately after it was first used.
const LATELY: Duration = Duration::from_mins(10);
/// At most this many keys are cached.
const LARGEST_CACHE: u64 = 10_000;
/// `lastUsedAt` is kept this precisely.
const USE_PRECISION: TimeDelta = TimeDelta::minutes(1);

/// What a caller showed.
#[derive(Clone, Default)]
pub struct Credentials {
    /// `Bearer <key>`.
    pub authorization: Option<String>,
    /// The id of the account that an operator wants to act in.
    pub account: Option<String>,
}

/// Tells who is asking.
#[derive(Clone)]
pub struct Access {
    store: Store,
    clock: Arc<dyn Clock>,
    announcements: Arc<dyn Announcements>,
    keys: Cache<[u8; 32], Option<ApiKey>>,
    revoked: Cache<KeyId, ()>,
    valid_lately: Cache<[u8; 32], ()>,
    tiers: Cache<AccountId, AccountTier>,
}

impl Access {
    /// Looks keys up in the store.
    pub fn new(store: Store, clock: Arc<dyn Clock>, announcements: Arc<dyn Announcements>) -> Self {
        Self {
            store,
            clock,
            announcements,
            keys: cached(CACHED),
            revoked: cached(REMEMBERED),
            valid_lately: cached(LATELY),
            tiers: cached(CACHED),
        }
    }

    /// The actor behind the credentials; none when nothing was shown.
    ///
    /// `UNAUTHENTICATED` for a key that is not good, whatever the reason; `FORBIDDEN` and `NOT_FOUND` for an account that
    /// the key may not act in.
    pub async fn authenticate(&self, credentials: &Credentials) -> Result<Option<Actor>> {
        let Some(authorization) = &credentials.authorization else {
            return match credentials.account {
                Some(_) => Err(Error::unauthenticated(
                    "an account was named without an API key",
                )),
                None => Ok(None),
            };
        };
        let secret = bearer(authorization).ok_or_else(|| {
            Error::unauthenticated("the authorization is not \"Bearer <API key>\"")
        })?;
        let key = self
            .key(hash(secret))
            .await?
            .filter(|key| self.is_good(key));
        let key = key
            .ok_or_else(|| Error::unauthenticated("the API key is unknown, revoked or expired"))?;
        if !self.valid_lately.contains_key(&hash(secret)) {
            self.valid_lately.insert(hash(secret), ()).await;
        }
        let actor = Actor::of_key(&key);
        match &credentials.account {
            Some(account) => Ok(Some(self.acting_in(&actor, account).await?)),
            None => Ok(Some(actor)),
        }
    }

    /// Whether the credentials show a key that was valid within the last minutes. Asks no database, and admits nobody: a
    /// key may have been revoked since.
    pub fn was_valid(&self, credentials: &Credentials) -> bool {
        let authorization = credentials.authorization.as_deref();
        let secret = authorization.and_then(bearer);
        secret.is_some_and(|secret| self.valid_lately.contains_key(&hash(secret)))
    }

    /// What an account may hold open, by the tier that it had some seconds ago.
    pub async fn quotas_of(&self, account: AccountId) -> Result<TierQuotas> {
        let tier = if let Some(tier) = self.tiers.get(&account).await {
            tier
        } else {
            let tier = self.store.tenant(account).account().await?.tier;
            self.tiers.insert(account, tier).await;
            tier
        };
        Ok(self.store.quotas().of(tier).clone())
    }

    /// Lets nobody in with a key that was just revoked, and tells every process.
    pub async fn revoke(&self, account: AccountId, key: KeyId) {
        self.refuse(key).await;
        self.announcements
            .publish(account, Announcement::KeyRevoked(key));
    }

    /// Lets nobody in with a key that was revoked, in this process, whatever is cached of it.
    pub async fn refuse(&self, key: KeyId) {
        self.revoked.insert(key, ()).await;
    }

    /// Forgets what is cached of all keys, and tells which of these were revoked.
    pub async fn revoked_among(&self, keys: &[KeyId]) -> Result<Vec<KeyId>> {
        self.keys.invalidate_all();
        self.store.platform().revoked_among(keys).await
    }

    /// The key with this hash. The table is asked for a SHA-256 of 256 random bits, so how long it takes tells
    /// nothing about any key.
    async fn key(&self, hash: [u8; 32]) -> Result<Option<ApiKey>> {
        if let Some(key) = self.keys.get(&hash).await {
            return Ok(key);
        }
        let key = self.store.platform().key_by_hash(&hash).await?;
        let now = self.clock.now();
        if let Some(key) = key
            .as_ref()
            .filter(|key| key.last_used_at.is_none_or(|at| now - at > USE_PRECISION))
        {
            self.store.platform().touch_key(key.id, now).await?;
        }
        self.keys.insert(hash, key.clone()).await;
        Ok(key)
    }

    fn is_good(&self, key: &ApiKey) -> bool {
        let is_revoked = key.revoked_at.is_some() || self.revoked.contains_key(&key.id);
        !is_revoked && key.expires_at.is_none_or(|at| at > self.clock.now())
    }

    /// The actor in the account that it named; `NOT_FOUND` when an operator names one that does not exist.
    async fn acting_in(&self, actor: &Actor, named: &str) -> Result<Actor> {
        let account = AccountId::parse("X-Account-ID", named)?;
        let acting = actor.acting_in(account)?;
        if acting != *actor {
            self.store.tenant(account).account().await?;
        }
        Ok(acting)
    }
}

fn cached<K, V>(time_to_live: Duration) -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(LARGEST_CACHE)
        .time_to_live(time_to_live)
        .build()
}

/// What is kept of a key's secret.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, secret) = authorization.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
}
