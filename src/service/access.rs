//! Authentication: turns credentials into an actor.

use std::{hash::Hash, sync::Arc, time::Duration};

use chrono::TimeDelta;
use moka::future::Cache;
use sha2::{Digest, Sha256};

use super::{
    account_terms::AccountTermsCache,
    credential::{Credential, invalid_key},
    credentials::Credentials,
    token_access::TokenAccess,
};
use crate::{
    domain::{
        AccountId, Actor, ApiKey, CredentialId, EndUserSession, KeyId, SessionId, TierQuotas,
        TokenId, TokenRevocation,
    },
    error::{Error, Kind, Result},
    port::{Announcement, Announcements, Clock, SessionRenewal},
    store::Store,
};

/// The lifetime of a cached key or session. A revoked one works no longer than this, even in a process that missed the
/// announcement of its revocation.
const CACHED: Duration = Duration::from_secs(5);
/// The time for which a revoked key or session is remembered: longer than the result of an earlier lookup can stay in the
/// cache.
const REMEMBERED: Duration = Duration::from_mins(1);
/// The time for which a key or session counts as recently valid after a successful authentication. Later authentications within
/// this time do not extend it.
const LATELY: Duration = Duration::from_mins(10);
/// The prefix of the token of every session.
pub(super) const SESSION_MARK: &str = "ts_";
/// The maximum number of cached keys and sessions.
const LARGEST_CACHE: u64 = 10_000;
/// The precision of `lastUsedAt`.
const USE_PRECISION: TimeDelta = TimeDelta::minutes(1);

/// Authenticates callers.
#[derive(Clone)]
pub struct Access {
    store: Store,
    clock: Arc<dyn Clock>,
    announcements: Arc<dyn Announcements>,
    tokens: TokenAccess,
    known: Cache<[u8; 32], Option<Credential>>,
    revoked: Cache<CredentialId, ()>,
    valid_lately: Cache<[u8; 32], ()>,
    terms: AccountTermsCache,
}

impl Access {
    /// Creates the service; keys are looked up in `store`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        announcements: Arc<dyn Announcements>,
        tokens: TokenAccess,
    ) -> Self {
        Self {
            terms: AccountTermsCache::new(store.clone(), CACHED),
            store,
            clock,
            announcements,
            tokens,
            known: cached(CACHED),
            revoked: cached(REMEMBERED),
            valid_lately: Cache::builder()
                .max_capacity(LARGEST_CACHE)
                .time_to_idle(LATELY)
                .build(),
        }
    }

    /// The actor behind the credentials; `None` for a request without credentials.
    ///
    /// Fails with `UNAUTHENTICATED` for a key or a session that is unknown, revoked or expired, and with `FORBIDDEN` or
    /// `NOT_FOUND` for an account that the caller may not act in.
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
        let actor = match self.actor(secret, hash, credentials).await {
            Err(error) if *error.kind() == Kind::Unauthenticated => {
                self.valid_lately.invalidate(&hash).await;
                return Err(error);
            }
            actor => actor?,
        };
        // reading it renews its time
        if self.valid_lately.get(&hash).await.is_none() {
            self.valid_lately.insert(hash, ()).await;
        }
        self.check_suspension(&actor).await?;
        match &credentials.account {
            Some(account) => {
                let account = AccountId::parse("X-Account-ID", account)?;
                Ok(Some(self.acting_in(&actor, account).await?))
            }
            None => Ok(Some(actor)),
        }
    }

    /// The end user's caller behind the token of a session.
    pub(super) async fn session_actor(&self, token: &str) -> Result<Actor> {
        let found = self.credential(token, hash(token)).await?;
        match &found {
            Credential::Key(_) | Credential::Token(_) => {
                Err(Error::unauthenticated("it is not the token of a session"))
            }
            Credential::Session(_) => found.actor_at(self.clock.now()),
        }
    }

    /// The caller in a session, or in the one that has taken its place meanwhile; none when that one cannot be used any
    /// more.
    pub async fn actor_of_session(&self, mut id: SessionId) -> Result<Option<Actor>> {
        // a session is renewed by a newer one only, so the chain ends
        loop {
            let found = self.store.platform().sessions_among(&[id]).await?.pop();
            let Some(found) = found else {
                return Ok(None);
            };
            if let Some(next) = found.session.renewed_by {
                id = next;
                continue;
            }
            let is_valid = found.is_valid_at(self.clock.now());
            return Ok(is_valid.then(|| Actor::of_session(&found)));
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
        let tier = self.terms.of(account).await?.tier;
        Ok(self.store.quotas().of(tier).clone())
    }

    /// Refuses the callers of a suspended account, except for operators. `FORBIDDEN` for the others.
    pub async fn check_suspension(&self, actor: &Actor) -> Result<()> {
        if actor.is_operator() || !self.terms.of(actor.account()).await?.is_suspended {
            return Ok(());
        }
        Err(Error::forbidden(
            "the account is suspended; the operator of this installation can resume it",
        ))
    }

    /// Lets every process read an account's tier and suspension again, at once.
    pub(super) async fn announce_terms(&self, account: AccountId) -> Result<()> {
        self.terms.read(account).await?;
        self.announcements
            .publish(account, Announcement::AccountTermsChanged(account));
        Ok(())
    }

    /// Whether an account is suspended, as it is stored now; a deleted one was suspended before.
    pub async fn is_suspended(&self, account: AccountId) -> Result<bool> {
        match self.terms.read(account).await {
            Ok(terms) => Ok(terms.is_suspended),
            Err(error) if matches!(error.kind(), Kind::NotFound) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Refuses a key or session that was just revoked, in this process and, by an announcement, in every other one.
    pub async fn revoke(&self, account: AccountId, credential: CredentialId) {
        self.refuse(credential).await;
        let announcement = match credential {
            CredentialId::Key(key) => Announcement::KeyRevoked(key),
            CredentialId::Session(session) => Announcement::SessionRevoked(session),
            // one of a provider's many tokens is not revoked alone
            CredentialId::Token(_) => return,
        };
        self.announcements.publish(account, announcement);
    }

    /// Refuses tokens of identity providers that were just revoked, in this process and in every other one.
    pub(super) async fn revoke_tokens(&self, account: AccountId, revocation: TokenRevocation) {
        self.refuse_tokens(revocation).await;
        self.announcements
            .publish(account, Announcement::TokensRevoked(revocation));
    }

    /// Refuses a session that another one has just replaced, and moves its connections to the new one, in this process
    /// and in every other one.
    pub(super) async fn renew(&self, account: AccountId, renewal: SessionRenewal) {
        self.refuse(CredentialId::Session(renewal.old)).await;
        self.announcements
            .publish(account, Announcement::SessionRenewed(renewal));
    }

    /// Refuses a revoked key or session in this process, even while it is cached.
    pub async fn refuse(&self, credential: CredentialId) {
        self.revoked.insert(credential, ()).await;
    }

    /// Refuses revoked tokens of identity providers in this process, even while they are cached.
    pub async fn refuse_tokens(&self, revocation: TokenRevocation) {
        self.tokens.refuse(revocation).await;
    }

    /// Empties the cache, and returns those of the given tokens that are revoked.
    pub async fn revoked_tokens_among(&self, tokens: &[TokenId]) -> Result<Vec<TokenId>> {
        self.known.invalidate_all();
        self.store.platform().revoked_tokens_among(tokens).await
    }

    /// Empties the cache, and returns those of the given keys that are revoked.
    pub async fn revoked_among(&self, keys: &[KeyId]) -> Result<Vec<KeyId>> {
        self.known.invalidate_all();
        self.store.platform().revoked_among(keys).await
    }

    /// Empties the cache, and returns the given sessions as they are stored now; deleted ones are missing.
    pub async fn sessions_among(&self, ids: &[SessionId]) -> Result<Vec<EndUserSession>> {
        self.known.invalidate_all();
        self.store.platform().sessions_among(ids).await
    }

    /// The caller behind a secret. `FORBIDDEN` for a credential that may not be used from the page's origin.
    async fn actor(&self, secret: &str, hash: [u8; 32], page: &Credentials) -> Result<Actor> {
        let found = self.credential(secret, hash).await?;
        let actor = found.actor_at(self.clock.now())?;
        found.check_origin(page.origin.as_deref(), page.is_public_origin)?;
        Ok(actor)
    }

    /// What a secret stands for, also if it cannot be used any more. The tables are queried by a SHA-256 of 256 random
    /// bits, so the time of the lookup reveals nothing about any secret.
    async fn credential(&self, secret: &str, hash: [u8; 32]) -> Result<Credential> {
        let is_session = secret.starts_with(SESSION_MARK);
        let found = match self.known.get(&hash).await {
            Some(known) => known,
            None if is_session => self.look_up_session(hash).await?,
            None => self.look_up_other(secret, hash).await?,
        };
        let found = match found {
            Some(found) if self.was_revoked(&found).await => match found {
                Credential::Key(_) => None,
                // read again, because it says how the session ended
                Credential::Session(_) => self.look_up_session(hash).await?,
                Credential::Token(_) => self.look_up_other(secret, hash).await?,
            },
            found => found,
        };
        found.ok_or_else(|| {
            if is_session {
                Error::unauthenticated("the session is unknown")
            } else {
                invalid_key()
            }
        })
    }

    async fn was_revoked(&self, found: &Credential) -> bool {
        match found {
            Credential::Token(token) => self.tokens.was_revoked(&token.id).await,
            found => self.revoked.contains_key(&found.id()),
        }
    }

    /// A token of an identity provider, or a key.
    async fn look_up_other(&self, secret: &str, hash: [u8; 32]) -> Result<Option<Credential>> {
        match self.tokens.look_up(secret, hash).await? {
            Some(token) => {
                let token = Credential::Token(Arc::new(token));
                Ok(self.remember(hash, Some(token)).await)
            }
            None => self.look_up_key(hash).await,
        }
    }

    async fn look_up_key(&self, hash: [u8; 32]) -> Result<Option<Credential>> {
        let key = self.store.platform().key_by_hash(&hash).await?;
        let now = self.clock.now();
        let unused = |key: &&ApiKey| key.last_used_at.is_none_or(|at| now - at > USE_PRECISION);
        if let Some(key) = key.as_ref().filter(unused) {
            self.store.platform().touch_key(key.id, now).await?;
        }
        let key = key.map(|key| Credential::Key(Arc::new(key)));
        Ok(self.remember(hash, key).await)
    }

    async fn look_up_session(&self, hash: [u8; 32]) -> Result<Option<Credential>> {
        let session = self.store.platform().session_by_hash(&hash).await?;
        let session = session.map(|session| Credential::Session(Arc::new(session)));
        Ok(self.remember(hash, session).await)
    }

    async fn remember(&self, hash: [u8; 32], found: Option<Credential>) -> Option<Credential> {
        self.known.insert(hash, found.clone()).await;
        found
    }

    /// The actor in another account: `FORBIDDEN` unless it is an operator's, `NOT_FOUND` for an account that does not exist.
    pub async fn acting_in(&self, actor: &Actor, account: AccountId) -> Result<Actor> {
        let acting = actor.acting_in(account)?;
        if acting != *actor {
            self.store.tenant(account).account().await?;
        }
        Ok(acting)
    }
}

/// A cache of things that authentication looks up, each for this time.
pub(super) fn cached<K, V>(time_to_live: Duration) -> Cache<K, V>
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
