//! Authentication: turns credentials into an actor.

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

/// The lifetime of a cached key. A revoked key works no longer than this, even in a process that missed the
/// announcement of its revocation.
const CACHED: Duration = Duration::from_secs(5);
/// The time for which a revoked key is remembered: longer than the result of an earlier lookup can stay in the cache.
const REMEMBERED: Duration = Duration::from_mins(1);
/// The time for which a key counts as recently valid after a successful authentication. Later authentications within
/// this time do not extend it.
const LATELY: Duration = Duration::from_mins(10);
/// The maximum number of cached keys.
const LARGEST_CACHE: u64 = 10_000;
/// The precision of `lastUsedAt`.
const USE_PRECISION: TimeDelta = TimeDelta::minutes(1);

/// The credentials of one request.
#[derive(Clone, Default)]
pub struct Credentials {
    /// `Bearer <key>`.
    pub authorization: Option<String>,
    /// The id of the account that an operator wants to act in.
    pub account: Option<String>,
}

/// Authenticates callers.
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
    /// Creates the service; keys are looked up in `store`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, announcements: Arc<dyn Announcements>) -> Self {
        Self {
            store,
            clock,
            announcements,
            keys: cached(CACHED),
            revoked: cached(REMEMBERED),
            valid_lately: Cache::builder()
                .max_capacity(LARGEST_CACHE)
                .time_to_idle(LATELY)
                .build(),
            tiers: cached(CACHED),
        }
    }

    /// The actor behind the credentials; `None` for a request without credentials.
    ///
    /// Fails with `UNAUTHENTICATED` for a key that is unknown, revoked or expired, and with `FORBIDDEN` or `NOT_FOUND`
    /// for an account that the key may not act in.
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
        let hash = hash(secret);
        let Some(key) = self.key(hash).await?.filter(|key| self.is_good(key)) else {
            self.valid_lately.invalidate(&hash).await;
            return Err(Error::unauthenticated(
                "the API key is unknown, revoked or expired",
            ));
        };
        // reading it renews its time
        if self.valid_lately.get(&hash).await.is_none() {
            self.valid_lately.insert(hash, ()).await;
        }
        let actor = Actor::of_key(&key);
        match &credentials.account {
            Some(account) => Ok(Some(self.acting_in(&actor, account).await?)),
            None => Ok(Some(actor)),
        }
    }

    /// Whether the credentials contain a key that was valid within the last ten minutes, and not refused since. Reads no
    /// table. This is not an authentication: the key may have been revoked since.
    pub fn was_valid(&self, credentials: &Credentials) -> bool {
        let authorization = credentials.authorization.as_deref();
        let secret = authorization.and_then(bearer);
        secret.is_some_and(|secret| self.valid_lately.contains_key(&hash(secret)))
    }

    /// The limits on what the account may hold open, by its tier. The tier is cached for a few seconds.
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

    /// Refuses a key that was just revoked, in this process and, by an announcement, in every other one.
    pub async fn revoke(&self, account: AccountId, key: KeyId) {
        self.refuse(key).await;
        self.announcements
            .publish(account, Announcement::KeyRevoked(key));
    }

    /// Refuses a revoked key in this process, even while it is cached.
    pub async fn refuse(&self, key: KeyId) {
        self.revoked.insert(key, ()).await;
    }

    /// Empties the cache of keys, and returns those of the given keys that are revoked.
    pub async fn revoked_among(&self, keys: &[KeyId]) -> Result<Vec<KeyId>> {
        self.keys.invalidate_all();
        self.store.platform().revoked_among(keys).await
    }

    /// The key with this hash. The table is queried by a SHA-256 of 256 random bits, so the time of the lookup reveals
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

    /// The actor in the named account; `NOT_FOUND` when an operator names an account that does not exist.
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

/// The hash under which a key's secret is stored.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, secret) = authorization.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
}
