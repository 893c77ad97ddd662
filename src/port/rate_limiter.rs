//! Rate limits of an account, of one of its end users or agents, or of an address: a rate per minute in the long run, and a burst after a pause.

use std::{fmt, net::IpAddr, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{AccountId, AgentId, EndUserId},
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

    /// The `RATE_LIMITED` error for this holder when one more is allowed only after `wait`.
    pub fn exceeded(&self, holder: RateHolder, wait: Duration) -> Error {
        let Self {
            name,
            per_minute,
            burst,
        } = self;
        // rounded up: a retry after the rounded time is never too early
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Error::rate_limited(
            format!(
                "too many {name}: {} may have {per_minute} a minute, {burst} of them at once; try again in {seconds} s",
                holder.noun()
            ),
            Some(wait),
        )
    }
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateWindow {
    /// How many are allowed at once after a pause.
    pub limit: u32,
    /// How many are allowed at once now.
    pub remaining: u32,
    /// The time until the whole limit is allowed again.
    pub resets_in: Duration,
}

impl Rate {
    /// The window of a holder whose whole burst is allowed again after `full_in`.
    pub fn window(&self, full_in: Duration) -> RateWindow {
        let limit = self.burst.max(1);
        let used = full_in
            .as_nanos()
            .div_ceil(self.interval().as_nanos().max(1));
        RateWindow {
            limit,
            remaining: limit.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX)),
            resets_in: full_in,
        }
    }
}

/// Whose actions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateHolder {
    /// All actions of an account.
    Account(AccountId),
    /// The actions of one end user of an account.
    EndUser(AccountId, EndUserId),
    /// What callers without credentials do with one agent of an account.
    PublicAgent(AccountId, AgentId),
    /// What all callers do with one agent of an account.
    Agent(AccountId, AgentId),
    /// The actions of callers without credentials from one address.
    Address(IpAddr),
}

impl RateHolder {
    fn noun(self) -> &'static str {
        match self {
            Self::Account(_) => "an account",
            Self::EndUser(..) => "an end user",
            Self::PublicAgent(..) => "a public agent",
            Self::Agent(..) => "an agent of this pricing tier",
            Self::Address(_) => "an address",
        }
    }
}

impl fmt::Display for RateHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::EndUser(account, end_user) => write!(f, "{account}:{end_user}"),
            Self::PublicAgent(account, agent) | Self::Agent(account, agent) => {
                write!(f, "{account}:{agent}")
            }
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

/// Limits how often accounts and end users do things. Every implementation uses GCRA, so that an even flow follows a burst.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one. `RATE_LIMITED`, with the exact time until it is allowed, when the limit is reached; a refused one is
    /// not counted.
    async fn take(&self, holder: RateHolder, rate: &Rate) -> Result<()>;

    /// What is left of a holder's rate. Counts nothing.
    async fn window(&self, holder: RateHolder, rate: &Rate) -> RateWindow;
}
