//! Accounts (the tenants): their budgets and their API keys.

use std::ops::Add;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{AccountId, BudgetScope, BudgetStatus, EndUserOperations, KeyId, Role};

/// A tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The display name.
    pub name: String,
    /// The tier that the account pays for.
    pub tier: AccountTier,
    /// The budgets that the account set itself.
    pub billing: Billing,
    /// The operator's upper bounds, which hold whatever the budgets are.
    pub ceiling: Ceiling,
    /// Settings for all agents of the account, an object; the layer between the pricing tier and the agent.
    pub configuration: Value,
    /// Whether a model may decide between agents whose skills fit a message about equally well.
    pub routes_by_model: bool,
    /// The time at which an operator suspended the account; none while it may be used.
    pub suspended_at: Option<DateTime<Utc>>,
    /// Since when the account consents to the export of its rated conversations; none without its consent.
    pub training_consent_at: Option<DateTime<Utc>>,
    /// The documents that the account's end users may execute.
    pub end_user_operations: EndUserOperations,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
}

impl Account {
    /// Whether the account has a budget or a ceiling at which messages are refused.
    pub fn has_blocking_budget(&self) -> bool {
        let (tokens, costs) = self.blocking_budgets();
        let ceiling = &self.ceiling;
        tokens.or(ceiling.tokens).is_some() || costs.or(ceiling.cost_usd).is_some()
    }

    /// The sentence that reports a spent ceiling or blocking budget; none while there is something left.
    pub fn spent_budget(&self, spent: Spending) -> Option<&'static str> {
        let (tokens, costs) = self.blocking_budgets();
        let is_spent = |bound: Option<i64>| bound.is_some_and(|bound| spent.tokens >= bound);
        let is_paid_out = |bound: Option<f64>| bound.is_some_and(|bound| spent.usd >= bound);
        // a spent ceiling is reported first: to raise the budget would not help
        if is_spent(self.ceiling.tokens) {
            Some("this month's token ceiling is spent; the operator can raise it")
        } else if is_paid_out(self.ceiling.cost_usd) {
            Some("this month's cost ceiling is spent; the operator can raise it")
        } else if is_spent(tokens) {
            Some("this month's token budget is spent; the account's owner can raise it")
        } else if is_paid_out(costs) {
            Some("this month's cost budget is spent; the account's owner can raise it")
        } else {
            None
        }
    }

    /// The account's ceiling and its own budget, as far as they are set, with what is left of them.
    pub fn budgets(&self, spent: Spending) -> Vec<BudgetStatus> {
        let Billing {
            monthly_token_budget,
            monthly_cost_budget_usd,
            enforcement,
        } = self.billing;
        let of = |scope, tokens: Option<i64>, cost_usd: Option<f64>, enforcement| BudgetStatus {
            scope,
            tokens,
            tokens_left: tokens.map(|tokens| (tokens - spent.tokens).max(0)),
            cost_usd,
            cost_usd_left: cost_usd.map(|usd| (usd - spent.usd).max(0.0)),
            enforcement,
        };
        let Ceiling { tokens, cost_usd } = self.ceiling;
        let ceiling = of(
            BudgetScope::OperatorCeiling,
            tokens,
            cost_usd,
            BudgetEnforcement::Block,
        );
        let own = of(
            BudgetScope::Account,
            monthly_token_budget,
            monthly_cost_budget_usd,
            enforcement,
        );
        let is_set = |status: &BudgetStatus| status.tokens.is_some() || status.cost_usd.is_some();
        [ceiling, own].into_iter().filter(is_set).collect()
    }

    /// The budgets of tokens and of US dollars that block.
    fn blocking_budgets(&self) -> (Option<i64>, Option<f64>) {
        match self.billing.enforcement {
            BudgetEnforcement::Block => (
                self.billing.monthly_token_budget,
                self.billing.monthly_cost_budget_usd,
            ),
            BudgetEnforcement::Warn => (None, None),
        }
    }
}

/// The first instant of the month.
pub fn month_of(now: DateTime<Utc>) -> DateTime<Utc> {
    let first =
        NaiveDate::from_ymd_opt(now.year(), now.month(), 1).unwrap_or_else(|| now.date_naive());
    first.and_time(NaiveTime::MIN).and_utc()
}

/// The tier that an account pays for; a larger one includes what the smaller ones offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountTier {
    /// Everything is shared.
    #[default]
    Entry,
    /// The account has its own namespaces.
    Standard,
    /// The account has its own indexes.
    Premium,
}

impl AccountTier {
    /// The tier's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "ENTRY",
            Self::Standard => "STANDARD",
            Self::Premium => "PREMIUM",
        }
    }
}

/// An account's budgets for a calendar month (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Billing {
    /// The maximum of input and output tokens of all runs together.
    pub monthly_token_budget: Option<i64>,
    /// The maximum cost of all runs, in US dollars.
    pub monthly_cost_budget_usd: Option<f64>,
    /// What happens when a budget is used up.
    pub enforcement: BudgetEnforcement,
}

/// The operator's limits of an account for a calendar month (UTC), beside the account's own budgets: the smaller of the
/// two applies. Only an operator changes them, and they always block.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ceiling {
    /// The maximum of input and output tokens of all runs together.
    pub tokens: Option<i64>,
    /// The maximum cost of all runs, in US dollars.
    pub cost_usd: Option<f64>,
}

/// What happens when a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BudgetEnforcement {
    /// Runs continue; the usage figures show the excess.
    Warn,
    /// New messages are refused until the end of the month.
    Block,
}

/// The usage in a period of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spending {
    /// Input and output tokens together.
    pub tokens: i64,
    /// The cost in US dollars.
    pub usd: f64,
}

impl Add for Spending {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tokens: self.tokens + other.tokens,
            usd: self.usd + other.usd,
        }
    }
}

/// A key that acts for an account. Only its holder knows the secret; the tables store a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id.
    pub id: KeyId,
    /// The account that the key acts for.
    pub account: AccountId,
    /// The display name.
    pub name: String,
    /// The start of the secret, for recognition.
    pub prefix: String,
    /// The role of callers with this key.
    pub role: Role,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The last use, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The time of expiry; none for a key that does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of the revocation; none for a live key.
    pub revoked_at: Option<DateTime<Utc>>,
}
