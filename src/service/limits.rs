//! Rate limits of an account, counted across all processes.

use std::sync::Arc;

use crate::{
    domain::AccountId,
    error::Result,
    port::{Rate, RateLimiter},
};

/// The limits of one account.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The rate of messages.
    pub messages: Rate,
    /// The rate of calls of built-in tools and of agents as tools.
    pub mcp_calls: Rate,
    /// The maximum number of the account's runs that are queued or running.
    pub runs_queued: u64,
}

/// Counts the messages and tool calls of each account against its limits.
#[derive(Clone)]
pub(super) struct AccountLimits {
    limiter: Arc<dyn RateLimiter>,
    limits: Limits,
}

impl AccountLimits {
    pub(super) fn new(limiter: Arc<dyn RateLimiter>, limits: Limits) -> Self {
        Self { limiter, limits }
    }

    /// Counts one message; `RATE_LIMITED` when the account sends too many.
    pub(super) async fn count_message(&self, account: AccountId) -> Result<()> {
        self.limiter.take(account, &self.limits.messages).await
    }

    /// Counts one tool call; `RATE_LIMITED` when the account makes too many.
    pub(super) async fn count_mcp_call(&self, account: AccountId) -> Result<()> {
        self.limiter.take(account, &self.limits.mcp_calls).await
    }

    /// The maximum number of an account's runs that are queued or running.
    pub(super) fn runs_queued(&self) -> u64 {
        self.limits.runs_queued
    }
}
