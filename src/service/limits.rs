//! How often one account may use the platform, counted in all processes together.

use std::sync::Arc;

use crate::{
    domain::AccountId,
    error::Result,
    port::{Rate, RateLimiter},
};

/// The limits of one account.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Messages.
    pub messages: Rate,
    /// Calls of tools of the built-in servers, and of agents as tools.
    pub mcp_calls: Rate,
    /// The maximum number of its runs that are queued or being answered.
    pub runs_queued: u64,
}

/// Counts what accounts do against their limits.
#[derive(Clone)]
pub(super) struct AccountLimits {
    limiter: Arc<dyn RateLimiter>,
    limits: Limits,
}

impl AccountLimits {
    /// Counts with this limiter.
    pub(super) fn new(limiter: Arc<dyn RateLimiter>, limits: Limits) -> Self {
        Self { limiter, limits }
    }

    /// Counts one message; `RATE_LIMITED` when the account sends too many.
    pub(super) async fn count_message(&self, account: AccountId) -> Result<()> {
        self.limiter.take(account, &self.limits.messages).await
    }

    /// Counts one call of a tool; `RATE_LIMITED` when the account makes too many.
    pub(super) async fn count_mcp_call(&self, account: AccountId) -> Result<()> {
        self.limiter.take(account, &self.limits.mcp_calls).await
    }

    /// The maximum number of runs of one account that are queued or being answered.
    pub(super) fn runs_queued(&self) -> u64 {
        self.limits.runs_queued
    }
}
