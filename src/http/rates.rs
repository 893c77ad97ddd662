//! Rate limits of requests, whatever they ask for: per key, per session of an end user, per MCP session and per
//! address.
//!
//! The rates are counted in this process only. They prevent one caller from monopolising a process; a round trip for
//! every request would cost more than most requests do. The services count what an account may spend, across processes.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{
    config::RequestRates,
    domain::{CredentialId, EndUserId, KeyId, SessionId},
    error::{Error, Result},
};

use super::error::whole_seconds;

/// The interval of removing idle callers, in time and in requests, whichever comes first.
const SWEEP: Duration = Duration::from_mins(1);
const SWEEP_REQUESTS: usize = 65_536;

/// The rate of a caller after a request that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateStatus {
    /// The name of the limit.
    policy: &'static str,
    /// The burst, and the time in which it is complete again, in seconds.
    quota: u32,
    window: u64,
    /// The number of requests that are left at once, and the seconds until the burst is complete again.
    remaining: u32,
    reset: u64,
}

impl RateStatus {
    /// Adds the fields `RateLimit-Policy` and `RateLimit`, as in
    /// <https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10>.
    pub(super) fn describe(self, headers: &mut HeaderMap) {
        let Self {
            policy,
            quota,
            window,
            remaining,
            reset,
        } = self;
        for (name, value) in [
            (
                "ratelimit-policy",
                format!("\"{policy}\";q={quota};w={window}"),
            ),
            ("ratelimit", format!("\"{policy}\";r={remaining};t={reset}")),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// The rate limits of one process.
pub(super) struct Rates {
    keys: RateTable<KeyId>,
    end_users: RateTable<SessionId>,
    /// End users with tokens of identity providers, who may have many.
    token_holders: RateTable<EndUserId>,
    sessions: RateTable<String>,
    addresses: RateTable<IpAddr>,
    anonymous: RateTable<IpAddr>,
}

impl Rates {
    pub(super) fn new(config: &RequestRates) -> Self {
        Self {
            keys: RateTable::new(
                "key",
                "of this API key",
                config.key_per_minute,
                config.key_burst,
            ),
            end_users: RateTable::new(
                "session",
                "of this session",
                config.end_user_per_minute,
                config.end_user_burst,
            ),
            token_holders: RateTable::new(
                "end-user",
                "of this end user",
                config.end_user_per_minute,
                config.end_user_burst,
            ),
            sessions: RateTable::new(
                "mcp-session",
                "of this MCP session",
                config.session_per_minute,
                config.session_burst,
            ),
            addresses: RateTable::new(
                "address",
                "from this address",
                config.address_per_minute,
                config.address_burst,
            ),
            anonymous: RateTable::new(
                "anonymous",
                "without a valid API key from this address",
                config.anonymous_per_minute,
                config.anonymous_burst,
            ),
        }
    }

    /// Counts a request of a key or of an end user. `RATE_LIMITED` over the limit, as the other methods.
    pub(super) fn count_credential(&self, credential: CredentialId) -> Result<RateStatus> {
        match credential {
            CredentialId::Key(key) => self.keys.count(&key),
            CredentialId::Session(session) => self.end_users.count(&session),
            CredentialId::Token(token) => self.token_holders.count(&token.end_user),
        }
    }

    /// Counts a request of an MCP session.
    pub(super) fn count_session(&self, session: &str) -> Result<RateStatus> {
        self.sessions.count(&session.to_owned())
    }

    /// Counts any request from an address.
    pub(super) fn count_address(&self, address: IpAddr) -> Result<RateStatus> {
        self.addresses.count(&address)
    }

    /// Counts an API request without a valid key.
    pub(super) fn count_anonymous(&self, address: IpAddr) -> Result<RateStatus> {
        self.anonymous.count(&address)
    }
}

/// One rate limit, counted for each caller.
struct RateTable<K: Hash + Eq + Clone> {
    policy: &'static str,
    whose: &'static str,
    per_minute: u32,
    burst: u32,
    callers: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    swept: Mutex<Instant>,
    /// The number of requests since the last sweep.
    counted: AtomicUsize,
}

impl<K: Hash + Eq + Clone> RateTable<K> {
    fn new(policy: &'static str, whose: &'static str, per_minute: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let (per_minute, burst) = (at_least_one(per_minute), at_least_one(burst));
        Self {
            policy,
            whose,
            per_minute: per_minute.get(),
            burst: burst.get(),
            callers: RateLimiter::keyed(Quota::per_minute(per_minute).allow_burst(burst))
                .with_middleware(),
            swept: Mutex::new(Instant::now()),
            counted: AtomicUsize::new(0),
        }
    }

    fn count(&self, caller: &K) -> Result<RateStatus> {
        self.sweep();
        let counted = self.callers.check_key(caller).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            let Self {
                whose,
                per_minute,
                burst,
                ..
            } = self;
            let message = format!(
                "too many requests {whose}: {per_minute} a minute are allowed, {burst} of them at once; try again in {} s",
                whole_seconds(wait)
            );
            Error::rate_limited(message, Some(wait))
        })?;
        let remaining = counted.remaining_burst_capacity();
        Ok(RateStatus {
            policy: self.policy,
            quota: self.burst,
            window: self.seconds_for(self.burst),
            remaining,
            reset: self.seconds_for(self.burst.saturating_sub(remaining)),
        })
    }

    /// The seconds in which this number of requests is possible again, rounded up.
    fn seconds_for(&self, requests: u32) -> u64 {
        (u64::from(requests) * 60).div_ceil(u64::from(self.per_minute))
    }

    /// Removes idle callers when a sweep is due; one request does it while the others continue.
    fn sweep(&self) {
        let counted = self.counted.fetch_add(1, Ordering::Relaxed);
        let Ok(mut swept) = self.swept.try_lock() else {
            return;
        };
        if counted > SWEEP_REQUESTS || swept.elapsed() > SWEEP {
            *swept = Instant::now();
            self.counted.store(0, Ordering::Relaxed);
            self.callers.retain_recent();
            self.callers.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rates;
    use crate::{config::RequestRates, error::Kind};

    #[test]
    fn each_address_is_limited_to_a_burst_of_its_own() {
        let rates = Rates::new(&RequestRates {
            anonymous_per_minute: 1,
            anonymous_burst: 2,
            ..RequestRates::default()
        });
        let [one, other] = ["1.2.3.4", "1.2.3.5"].map(|text| text.parse().unwrap());
        assert!((0..2).all(|_| rates.count_anonymous(one).is_ok()));
        let refused = rates.count_anonymous(one).unwrap_err();
        assert!(matches!(refused.kind(), Kind::RateLimited(Some(_))));
        assert!(
            refused.message().contains("1 a minute"),
            "{}",
            refused.message()
        );
        assert!(rates.count_anonymous(other).is_ok());
        assert!(rates.count_address(one).is_ok());
    }

    #[test]
    fn a_rate_of_zero_counts_as_one() {
        let rates = Rates::new(&RequestRates {
            session_per_minute: 0,
            session_burst: 0,
            ..RequestRates::default()
        });
        assert!(rates.count_session("a").is_ok());
        assert!(rates.count_session("a").is_err());
    }
}
