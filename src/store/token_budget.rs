//! Budgets of tokens that bound some calls of an account: those of an agent, of a session or of a run.

use chrono::{DateTime, Utc};
use entity::usage_record;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use crate::{
    domain::{
        AgentId, BudgetScope, BudgetStatus, PricingTier, RunId, SessionId, TierLimit, month_of,
    },
    error::Result,
    store::{TenantStore, usage::spent_in},
};

/// A budget of tokens that bounds some calls of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBudget {
    /// The calls that it bounds together.
    pub of: BudgetedCalls,
    /// The tokens that they may use.
    pub tokens: i64,
}

/// Calls that a budget bounds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetedCalls {
    /// The calls of an agent in the current month.
    Agent(AgentId),
    /// The calls of the runs of an end user's session.
    Session(SessionId),
    /// The calls of a run.
    Run(RunId),
}

impl TokenBudget {
    /// The budget of an agent by its pricing tier, if it sets one.
    pub fn of_agent(agent: AgentId, tier: &PricingTier) -> Option<Self> {
        let tokens = tier.tokens(TierLimit::MonthlyTokens)?;
        Some(Self {
            of: BudgetedCalls::Agent(agent),
            tokens,
        })
    }

    /// The budget, of which `used` are used or held.
    pub(super) fn status(self, used: i64) -> BudgetStatus {
        let scope = match self.of {
            BudgetedCalls::Agent(_) => BudgetScope::Agent,
            BudgetedCalls::Session(_) => BudgetScope::EndUser,
            BudgetedCalls::Run(_) => BudgetScope::Run,
        };
        BudgetStatus::of_tokens(scope, self.tokens, used)
    }
}

impl TenantStore {
    /// What is left of a budget of tokens, without what calls in progress hold.
    pub async fn tokens_left(
        &self,
        budget: TokenBudget,
        now: DateTime<Utc>,
    ) -> Result<BudgetStatus> {
        let used = self.tokens_used(budget.of, now, self.database.primary());
        Ok(budget.status(used.await?))
    }

    /// The tokens of these calls that are recorded.
    pub(super) async fn tokens_used(
        &self,
        calls: BudgetedCalls,
        now: DateTime<Utc>,
        connection: &impl ConnectionTrait,
    ) -> Result<i64> {
        let records = self.rows::<usage_record::Entity>();
        let records = match calls {
            BudgetedCalls::Session(id) => return self.tokens_spent_in(id, connection).await,
            BudgetedCalls::Agent(id) => records
                .filter(usage_record::Column::At.gte(month_of(now)))
                .filter(usage_record::Column::AgentId.eq(id.uuid())),
            BudgetedCalls::Run(id) => records.filter(usage_record::Column::RunId.eq(id.uuid())),
        };
        Ok(spent_in(records, connection).await?.tokens)
    }
}
