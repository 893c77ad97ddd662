//! How often an account may do something: so much a minute in the long run, and a burst after a pause.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    domain::AccountId,
    error::{Error, Result},
};

/// How often something may be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rate {
    /// What is counted, in the plural: a word of a sentence, and a part of a key.
    pub name: &'static str,
    /// In the long run; 0 is taken as 1.
    pub per_minute: u32,
    /// At once, after a pause; 0 is taken as 1.
    pub burst: u32,
}

impl Rate {
    /// After this long, one more is allowed.
    pub fn interval(&self) -> Duration {
        Duration::from_mins(1) / self.per_minute.max(1)
    }

    /// The refusal, when one more is allowed only after `wait`.
    pub fn exceeded(&self, wait: Duration) -> Error {
        let Self {
            name,
            per_minute,
            burst,
        } = self;
        // rounded up: to come back a second later is never too early
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

/// Counts what accounts do: GCRA, whoever implements it, so that a burst is followed by an even flow.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one; `RATE_LIMITED`, with the exact time after which it would be allowed, when there were too many. What is
    /// refused is not counted.
    async fn take(&self, account: AccountId, rate: &Rate) -> Result<()>;
}
