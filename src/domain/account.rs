//! Accounts, the tenants: what they may spend, and the keys that act for them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{AccountId, KeyId, Role};

/// A tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, for people.
    pub name: String,
    /// What it pays for.
    pub tier: AccountTier,
    /// Its budgets.
    pub billing: Billing,
    /// What it may spend at most, whatever its budgets say.
    pub ceiling: Ceiling,
    /// Settings for all of its agents, an object; the layer between the pricing tier and the agent.
    pub configuration: Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What an account pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountTier {
    /// Shared everything.
    Entry,
    /// Its own namespaces.
    Standard,
    /// Its own indexes.
    Premium,
}

/// An account's budgets for a calendar month (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Billing {
    /// Input and output tokens of all runs, together.
    pub monthly_token_budget: Option<i64>,
    /// Cost of all runs, US dollars.
    pub monthly_cost_budget_usd: Option<f64>,
    /// What happens when a budget is spent.
    pub enforcement: BudgetEnforcement,
}

/// The operator's bounds of an account for a calendar month (UTC), beside the account's own budgets: the smaller one of
/// the two holds. Only an operator changes them, and they always block.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ceiling {
    /// Input and output tokens of all runs, together.
    pub tokens: Option<i64>,
    /// Cost of all runs, US dollars.
    pub cost_usd: Option<f64>,
}

/// What happens when a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BudgetEnforcement {
    /// Runs go on; the figures show it.
    Warn,
    /// New messages are refused until the month ends.
    Block,
}

/// What was spent in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spending {
    /// Input and output tokens together.
    pub tokens: i64,
    /// US dollars.
    pub usd: f64,
}

/// A key that acts for an account; the secret itself is known to its holder alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The account it acts for.
    pub account: AccountId,
    /// Its name, for people.
    pub name: String,
    /// The start of the secret, to tell keys apart.
    pub prefix: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// From when on it is no longer good.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}
