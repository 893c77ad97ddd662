//! Budgets of accounts in the API.

use async_graphql::{Context, Enum, Object};

use super::{big_int::BigInt, context::ContextExt, error::Result};
use crate::domain::{self, AccountId};

/// An account's budgets for a calendar month (UTC) and the amounts spent.
pub(super) struct Billing {
    account: AccountId,
    budgets: domain::Billing,
    ceiling: domain::Ceiling,
}

impl Billing {
    pub(super) fn of(account: &domain::Account) -> Self {
        Self {
            account: account.id,
            budgets: account.billing.clone(),
            ceiling: account.ceiling,
        }
    }
}

/// An account's budgets for a calendar month (UTC) and the amounts spent.
#[Object]
impl Billing {
    /// The budget for input and output tokens of all runs; null for no limit.
    async fn monthly_token_budget(&self) -> Option<BigInt> {
        self.budgets.monthly_token_budget.map(BigInt)
    }

    /// The budget for the cost of all runs, in US dollars; null for no limit.
    async fn monthly_cost_budget_usd(&self) -> Option<f64> {
        self.budgets.monthly_cost_budget_usd
    }

    /// The effect of a spent budget.
    async fn enforcement(&self) -> BudgetEnforcement {
        self.budgets.enforcement.into()
    }

    /// The operator's monthly token limit; null for no limit. It always blocks, independent of `enforcement`.
    async fn ceiling_tokens(&self) -> Option<BigInt> {
        self.ceiling.tokens.map(BigInt)
    }

    /// The operator's monthly cost limit in US dollars; null for no limit. It always blocks, independent of
    /// `enforcement`.
    async fn ceiling_cost_usd(&self) -> Option<f64> {
        self.ceiling.cost_usd
    }

    /// The tokens spent this month.
    async fn spent_tokens(&self, ctx: &Context<'_>) -> Result<BigInt> {
        let accounts = &ctx.services()?.accounts;
        let spending = accounts.spending(ctx.actor()?, self.account).await?;
        Ok(BigInt(spending.tokens))
    }

    /// The tokens that the model calls in progress may take at most; what they do not take comes back.
    async fn reserved_tokens(&self, ctx: &Context<'_>) -> Result<BigInt> {
        let accounts = &ctx.services()?.accounts;
        let reserved = accounts.reserved(ctx.actor()?, self.account).await?;
        Ok(BigInt(reserved.tokens))
    }

    /// The cost of this month, in US dollars.
    async fn spent_usd(&self, ctx: &Context<'_>) -> Result<f64> {
        Ok(ctx
            .services()?
            .accounts
            .spending(ctx.actor()?, self.account)
            .await?
            .usd)
    }
}

/// The effect of a spent budget.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::BudgetEnforcement")]
pub(super) enum BudgetEnforcement {
    /// Runs continue; only the reported amounts show the excess.
    Warn,
    /// New messages fail with `QUOTA_EXCEEDED` until the end of the month.
    Block,
}
