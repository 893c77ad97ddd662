//! Rate limits of an account, its end users and public agents, and of addresses, counted across all processes.

use std::{net::IpAddr, sync::Arc};

use crate::{
    domain::{AccountId, Agent, AgentId, EndUserId, PricingTier, SessionLimits, TierLimit},
    error::Result,
    live::Live,
    port::{Rate, RateHolder, RateLimiter, RateWindow},
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
    /// The rate of messages of an end user whose session names none.
    pub session_messages_per_minute: u32,
    /// The rate of sessions with public agents that one address begins.
    pub address_sessions: Rate,
    /// The rate of sessions with one public agent.
    pub public_agent_sessions: Rate,
}

/// Counts the messages and tool calls of each account against its limits.
#[derive(Clone)]
pub(super) struct AccountLimits {
    limiter: Arc<dyn RateLimiter>,
    limits: Live<Limits>,
}

impl AccountLimits {
    pub(super) fn new(limiter: Arc<dyn RateLimiter>, limits: Live<Limits>) -> Self {
        Self { limiter, limits }
    }

    /// Counts one message; `RATE_LIMITED` when the account sends too many.
    pub(super) async fn count_message(&self, account: AccountId) -> Result<()> {
        let holder = RateHolder::Account(account);
        self.limiter.take(holder, &self.limits.get().messages).await
    }

    /// Counts one message of an end user; `RATE_LIMITED` when the person sends more than the session allows. It is
    /// counted by end user, so that a second session allows no more.
    pub(super) async fn count_message_of(
        &self,
        account: AccountId,
        end_user: EndUserId,
        limits: SessionLimits,
    ) -> Result<()> {
        let holder = RateHolder::EndUser(account, end_user);
        self.limiter.take(holder, &rate_of(limits)).await
    }

    /// Counts one message to an agent; `RATE_LIMITED` when it gets more than its pricing tier allows. A minute's messages may
    /// come at once.
    pub(super) async fn count_message_to(&self, agent: &Agent, tier: &PricingTier) -> Result<()> {
        let Some(limit) = tier.limit(TierLimit::MessagesPerMinute) else {
            return Ok(());
        };
        let per_minute = u32::try_from(limit).unwrap_or(u32::MAX);
        let rate = Rate {
            name: "messages",
            per_minute,
            burst: per_minute,
        };
        let holder = RateHolder::Agent(agent.account, agent.id);
        self.limiter.take(holder, &rate).await
    }

    /// What is left of the account's rate of messages.
    pub(super) async fn messages_left(&self, account: AccountId) -> RateWindow {
        let holder = RateHolder::Account(account);
        self.limiter
            .window(holder, &self.limits.get().messages)
            .await
    }

    /// What is left of an end user's rate of messages.
    pub(super) async fn messages_left_of(
        &self,
        account: AccountId,
        end_user: EndUserId,
        limits: SessionLimits,
    ) -> RateWindow {
        let holder = RateHolder::EndUser(account, end_user);
        self.limiter.window(holder, &rate_of(limits)).await
    }

    /// Counts one session that a caller without credentials begins; `RATE_LIMITED` when its address begins too many.
    pub(super) async fn count_public_session_of(&self, address: IpAddr) -> Result<()> {
        let holder = RateHolder::Address(address);
        self.limiter
            .take(holder, &self.limits.get().address_sessions)
            .await
    }

    /// Counts one session with a public agent; `RATE_LIMITED` when it has too many.
    pub(super) async fn count_public_session_with(
        &self,
        account: AccountId,
        agent: AgentId,
    ) -> Result<()> {
        let holder = RateHolder::PublicAgent(account, agent);
        self.limiter
            .take(holder, &self.limits.get().public_agent_sessions)
            .await
    }

    /// Counts one tool call; `RATE_LIMITED` when the account makes too many.
    pub(super) async fn count_mcp_call(&self, account: AccountId) -> Result<()> {
        let holder = RateHolder::Account(account);
        self.limiter
            .take(holder, &self.limits.get().mcp_calls)
            .await
    }

    /// The rate of messages of an end user whose session names none.
    pub(super) fn session_messages_per_minute(&self) -> u32 {
        self.limits.get().session_messages_per_minute
    }

    /// The maximum number of an account's runs that are queued or running.
    pub(super) fn runs_queued(&self) -> u64 {
        self.limits.get().runs_queued
    }
}

/// The rate of messages of an end user.
fn rate_of(limits: SessionLimits) -> Rate {
    Rate {
        name: "messages",
        per_minute: limits.messages_per_minute,
        burst: limits.messages_per_minute.div_ceil(2),
    }
}
