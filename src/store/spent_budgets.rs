//! The accounts of which a budget is spent, for `/metrics`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{account, run_sum};
use sea_orm::{
    ColumnTrait, ExprTrait, IntoSimpleExpr, QueryFilter, QuerySelect,
    sea_query::{Expr, Func},
};
use uuid::Uuid;

use crate::{
    domain::{BudgetEnforcement, Spending, month_of},
    error::Result,
    store::{PlatformStore, account::account_of},
};

/// The number of accounts of which a budget is spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpentBudgets {
    /// Accounts with a spent budget that only warns.
    pub warn: u64,
    /// Accounts with a spent ceiling, or with a spent budget that blocks.
    pub block: u64,
}

impl PlatformStore {
    /// The accounts of which a budget is spent this month, by the sums of their days: one row for each account, day and
    /// agent, so that the number of runs does not matter.
    pub async fn spent_budgets(&self, now: DateTime<Utc>) -> Result<SpentBudgets> {
        let spent = self.spending_by_account(month_of(now)).await?;
        let accounts = Self::rows::<account::Entity>()
            .all(self.database.primary())
            .await?;
        let mut found = SpentBudgets::default();
        for row in accounts {
            let account = account_of(row)?;
            let spent = spent.get(&account.id.uuid()).copied().unwrap_or_default();
            let budgets = account.budgets(spent);
            let is_spent = |enforcement| {
                let mut budgets = budgets.iter();
                budgets.any(|budget| {
                    let is_empty = budget.tokens_left == Some(0)
                        || budget.cost_usd_left.is_some_and(|usd| usd <= 0.0);
                    budget.enforcement == enforcement && is_empty
                })
            };
            found.warn += u64::from(is_spent(BudgetEnforcement::Warn));
            found.block += u64::from(is_spent(BudgetEnforcement::Block));
        }
        Ok(found)
    }

    async fn spending_by_account(&self, since: DateTime<Utc>) -> Result<HashMap<Uuid, Spending>> {
        let tokens = run_sum::Column::InputTokens
            .into_simple_expr()
            .add(run_sum::Column::OutputTokens.into_simple_expr());
        let spent: Vec<(Uuid, Option<i64>, Option<f64>)> = Self::rows::<run_sum::Entity>()
            .filter(run_sum::Column::Span.eq(run_sum::Span::Day))
            .filter(run_sum::Column::StartsAt.gte(since))
            .select_only()
            .column(run_sum::Column::AccountId)
            // PostgreSQL's sum of bigint is numeric
            .column_as(Expr::from(Func::sum(tokens)).cast_as("bigint"), "tokens")
            .column_as(run_sum::Column::CostUsd.sum(), "usd")
            .group_by(run_sum::Column::AccountId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let spent = spent.into_iter().map(|(account, tokens, usd)| {
            let spending = Spending {
                tokens: tokens.unwrap_or_default(),
                usd: usd.unwrap_or_default(),
            };
            (account, spending)
        });
        Ok(spent.collect())
    }
}
