//! Rate limits per account: a rate per minute in the long run, and a burst after a pause.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    domain::AccountId,
    error::{Error, Result},
};

/// A rate limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rate {
    /// What is counted, in the plural, e.g. for an error text; also part of a key.
    pub name: &'static str,
    /// The long-run rate; 0 counts as 1.
    pub per_minute: u32,
    /// How many are allowed at once after a pause; 0 counts as 1.
    pub burst: u32,
}

impl Rate {
    /// The time after which one more is allowed.
    pub fn interval(&self) -> Duration {
        Duration::from_mins(1) / self.per_minute.max(1)
    }

    /// The `RATE_LIMITED` error when one more is allowed only after `wait`.
    pub fn exceeded(&self, wait: Duration) -> Error {
        let Self {
            name,
            per_minute,
            burst,
        } = self;
        // rounded up: a retry after the rounded time is never too early
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Error::rate_limited(
            format!(
                "too many {name}: an account may have {per_minute} a minute, {burst} of them at once; try again in \
                 {seconds} s"
            ),
            Some(wait),
        )
    }
}

/// Limits how often accounts do things. Every implementation uses GCRA, so that an even flow follows a burst.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one. `RATE_LIMITED`, with the exact time until it is allowed, when the limit is reached; a refused one is
    /// not counted.
    async fn take(&self, account: AccountId, rate: &Rate) -> Result<()>;
}
