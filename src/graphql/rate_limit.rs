//! What is left for a caller, in the API.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};

use super::{big_int::BigInt, billing::BudgetEnforcement};
use crate::{domain, service};

/// What is left for the caller.
#[derive(SimpleObject)]
pub(super) struct RateLimitStatus {
    /// The messages that may be sent; for an end user the tighter of its own rate and the account's.
    messages: RateLimitWindow,
    /// The budgets that are set: for an end user the tokens of its session, otherwise those of the account.
    budgets: Vec<BudgetStatus>,
}

impl From<service::RateLimitStatus> for RateLimitStatus {
    fn from(left: service::RateLimitStatus) -> Self {
        let service::RateLimitStatus {
            messages,
            budgets,
            at,
        } = left;
        Self {
            messages: RateLimitWindow {
                limit: messages.limit,
                remaining: messages.remaining,
                resets_at: at + messages.resets_in,
            },
            budgets: budgets.into_iter().map(BudgetStatus::from).collect(),
        }
    }
}

/// What is left of a rate.
#[derive(SimpleObject)]
pub(super) struct RateLimitWindow {
    /// How many are allowed at once after a pause.
    limit: u32,
    /// How many are allowed at once now.
    remaining: u32,
    /// The time at which the whole limit is allowed again; a part of it is earlier.
    resets_at: DateTime<Utc>,
}

/// A budget and what is left of it.
#[derive(SimpleObject)]
pub(super) struct BudgetStatus {
    /// What the budget is a budget of.
    scope: BudgetScope,
    /// The maximum of input and output tokens; null for no limit.
    tokens: Option<BigInt>,
    /// The tokens that are left; null for no limit.
    tokens_left: Option<BigInt>,
    /// The maximum cost in US dollars; null for no limit.
    cost_usd: Option<f64>,
    /// The US dollars that are left; null for no limit.
    cost_usd_left: Option<f64>,
    /// The effect of a spent budget.
    enforcement: BudgetEnforcement,
}

impl From<domain::BudgetStatus> for BudgetStatus {
    fn from(status: domain::BudgetStatus) -> Self {
        Self {
            scope: status.scope.into(),
            tokens: status.tokens.map(BigInt),
            tokens_left: status.tokens_left.map(BigInt),
            cost_usd: status.cost_usd,
            cost_usd_left: status.cost_usd_left,
            enforcement: status.enforcement.into(),
        }
    }
}

/// What a budget is a budget of.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::BudgetScope")]
pub(super) enum BudgetScope {
    /// The account in the current month (UTC), as the operator bounds it. It always blocks.
    OperatorCeiling,
    /// The account in the current month (UTC), as it bounds itself.
    Account,
    /// One agent in the current month (UTC).
    Agent,
    /// The session of an end user.
    EndUser,
    /// One run.
    Run,
}
