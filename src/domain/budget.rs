//! What is left of the budgets that bound a caller.

use crate::domain::BudgetEnforcement;

/// What a budget is a budget of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetScope {
    /// The account, as the operator bounds it.
    OperatorCeiling,
    /// The account, as it bounds itself.
    Account,
    /// One agent.
    Agent,
    /// One end user.
    EndUser,
    /// One run.
    Run,
}

/// A budget and what is left of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetStatus {
    /// What the budget is a budget of.
    pub scope: BudgetScope,
    /// The maximum of input and output tokens; none for no limit.
    pub tokens: Option<i64>,
    /// The tokens that are left, 0 when more were used.
    pub tokens_left: Option<i64>,
    /// The maximum cost in US dollars; none for no limit.
    pub cost_usd: Option<f64>,
    /// The US dollars that are left, 0 when more were used.
    pub cost_usd_left: Option<f64>,
    /// What happens when it is used up.
    pub enforcement: BudgetEnforcement,
}
