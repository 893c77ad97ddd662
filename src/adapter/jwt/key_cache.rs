//! The keys of identity providers, fetched when they are needed and cached. Requests to a provider are few, whatever the
//! tokens name that arrive: one at a time, and of each cause none within the cool-down after the last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use tokio_util::task::TaskTracker;

use super::key_set::{Choice, KeyQuery, KeySet};
use crate::{
    domain::{IdentityProvider, IdentityProviderId},
    error::{Error, Result},
    port::{Clock, WebFetcher},
};

/// The time for which fetched keys are used without another request.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// The time for which they are used while the provider cannot be reached.
const USABLE: TimeDelta = TimeDelta::hours(1);
/// The time after a request in which none is made for the same cause.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);
/// The maximum size of a JWKS, in bytes.
const LARGEST_SET: usize = 256 * 1024;
/// The maximum number of providers whose keys are cached.
const MOST_PROVIDERS: u64 = 1_000;

/// The cached keys of identity providers.
pub(super) struct KeyCache {
    fetcher: Arc<dyn WebFetcher>,
    clock: Arc<dyn Clock>,
    tracker: TaskTracker,
    providers: Cache<IdentityProviderId, Arc<CachedKeys>>,
}

/// The keys of one provider.
#[derive(Default)]
struct CachedKeys {
    state: Mutex<CacheState>,
    /// Held during a request.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct CacheState {
    keys: Option<Arc<KeySet>>,
    /// The time at which the keys were fetched.
    fetched_at: DateTime<Utc>,
    /// The time of the last request because there were no fresh keys, also of one that failed.
    renewed_at: Option<DateTime<Utc>>,
    /// The time of the last request because the keys had none with the id that a token named.
    searched_at: Option<DateTime<Utc>>,
}

/// What a query needs.
enum Need {
    /// Nothing more: another request would find no better keys for it.
    Nothing(Arc<KeySet>),
    /// Fresh keys.
    Renewal,
    /// A key that was published since. It has a cool-down of its own, so that a key that a provider adds is found at once
    /// although its keys were fetched just before, and tokens with made-up ids cause few requests.
    Search,
}

impl KeyCache {
    pub(super) fn new(
        fetcher: Arc<dyn WebFetcher>,
        clock: Arc<dyn Clock>,
        tracker: TaskTracker,
    ) -> Self {
        Self {
            fetcher,
            clock,
            tracker,
            providers: Cache::new(MOST_PROVIDERS),
        }
    }

    /// The provider's keys, fetched again when they are old or have none with the id that the query names. UNAVAILABLE
    /// when they cannot be fetched, and there are none that are still usable.
    pub(super) async fn keys_for(
        &self,
        provider: &IdentityProvider,
        query: &KeyQuery<'_>,
    ) -> Result<Arc<KeySet>> {
        let cached = self.providers.get_with(provider.id, Arc::default);
        if let Need::Nothing(keys) = cached.need_of(query, self.clock.now()) {
            return Ok(keys);
        }
        let permit = Arc::clone(&cached.fetching).lock_owned().await;
        // another caller may have fetched them meanwhile
        if cached.begin_request(query, self.clock.now()) {
            let (fetcher, clock) = (Arc::clone(&self.fetcher), Arc::clone(&self.clock));
            let (kept, id, url) = (Arc::clone(&cached), provider.id, provider.jwks_url.clone());
            // a caller that disconnects does not end the request, which is the only one within the cool-down
            let request = self.tracker.spawn(async move {
                match fetch(fetcher.as_ref(), &url).await {
                    Ok(keys) => kept.store(keys, clock.now()),
                    Err(error) => tracing::warn!(
                        identity_provider.id = %id,
                        code = error.code().name(),
                        reason = error.message(),
                        cause = error.cause(),
                        "fetching the keys of an identity provider failed"
                    ),
                }
                drop(permit);
            });
            if let Err(cause) = request.await {
                tracing::error!(%cause, "the request for an identity provider's keys ended early");
            }
        }
        cached.usable_keys(self.clock.now()).ok_or_else(|| {
            Error::unavailable(
                "the keys of the token's identity provider cannot be fetched now; try again later",
            )
        })
    }
}

impl CachedKeys {
    fn need_of(&self, query: &KeyQuery<'_>, now: DateTime<Utc>) -> Need {
        let state = self.lock();
        match &state.keys {
            Some(keys) if now - state.fetched_at < FRESH => match keys.choose(query) {
                Choice::Unknown => Need::Search,
                Choice::Key(_) | Choice::Unfit => Need::Nothing(Arc::clone(keys)),
            },
            _ => Need::Renewal,
        }
    }

    fn usable_keys(&self, now: DateTime<Utc>) -> Option<Arc<KeySet>> {
        let state = self.lock();
        let keys = state.keys.as_ref()?;
        (now - state.fetched_at < USABLE).then(|| Arc::clone(keys))
    }

    /// Whether a request is needed and may be made now; if so, it is counted.
    fn begin_request(&self, query: &KeyQuery<'_>, now: DateTime<Utc>) -> bool {
        let need = self.need_of(query, now);
        let mut state = self.lock();
        let last = match need {
            Need::Nothing(_) => return false,
            Need::Renewal => &mut state.renewed_at,
            Need::Search => &mut state.searched_at,
        };
        let may = last.is_none_or(|at| now - at >= COOL_DOWN);
        if may {
            *last = Some(now);
        }
        may
    }

    fn store(&self, keys: KeySet, now: DateTime<Utc>) {
        let mut state = self.lock();
        state.keys = Some(Arc::new(keys));
        state.fetched_at = now;
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(fetcher: &dyn WebFetcher, url: &str) -> Result<KeySet> {
    let answer = fetcher.fetch(url, LARGEST_SET).await?;
    KeySet::parse(&answer.content)
        .ok_or_else(|| Error::unavailable("the identity provider's answer is no set of keys"))
}
