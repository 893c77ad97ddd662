//! Budgets: what is left of them, and what a model call may take of it.

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

impl BudgetStatus {
    /// A budget of tokens that blocks, of which `used` are used or held.
    pub fn of_tokens(scope: BudgetScope, tokens: i64, used: i64) -> Self {
        Self {
            scope,
            tokens: Some(tokens),
            tokens_left: Some(tokens.saturating_sub(used).max(0)),
            cost_usd: None,
            cost_usd_left: None,
            enforcement: BudgetEnforcement::Block,
        }
    }

    /// Whether no token is left.
    pub fn is_spent(&self) -> bool {
        self.tokens_left == Some(0)
    }

    /// The sentence that refuses what is left as too little.
    pub fn refusal(&self) -> &'static str {
        match self.scope {
            BudgetScope::OperatorCeiling => {
                "what is left of this month's ceiling is too little for an answer; the operator can raise it"
            }
            BudgetScope::Account => {
                "what is left of this month's budget is too little for an answer; the account's owner can raise it"
            }
            BudgetScope::Agent => {
                "what is left of this month's budget of the agent is too little for an answer; a larger pricing tier has more"
            }
            BudgetScope::EndUser => {
                "what is left of the tokens of this session is too little for an answer; a new session has new ones"
            }
            BudgetScope::Run => {
                "what is left of the budget of one message is too little for an answer; a larger pricing tier has more"
            }
        }
    }
}

/// The fewest tokens of output that a model is asked for.
const FEWEST_OUTPUT: i64 = 16;

/// What a model call may take at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallCost {
    /// The tokens of the prompt.
    pub input_tokens: i64,
    /// The maximum of output tokens.
    pub output_tokens: i64,
    /// The cost of the prompt, in US dollars.
    pub input_usd: f64,
    /// The cost of a token of output, in US dollars.
    pub usd_per_output_token: f64,
}

impl CallCost {
    /// Input and output together.
    pub fn tokens(self) -> i64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// The cost of input and output, in US dollars.
    #[expect(
        clippy::cast_precision_loss,
        reason = "token counts are far below 2^52"
    )]
    pub fn usd(self) -> f64 {
        self.input_usd + self.usd_per_output_token * self.output_tokens as f64
    }

    /// The same call with as many tokens of output as this budget has left; none when these are too few.
    pub fn within(self, budget: &BudgetStatus) -> Option<Self> {
        let by_tokens = budget
            .tokens_left
            .map_or(i64::MAX, |left| left - self.input_tokens);
        let by_cost = budget.cost_usd_left.map_or(i64::MAX, |left| {
            let left = left - self.input_usd;
            if self.usd_per_output_token > 0.0 {
                #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
                let tokens = (left / self.usd_per_output_token).floor() as i64;
                tokens
            } else if left >= 0.0 {
                i64::MAX
            } else {
                0
            }
        });
        let output_tokens = self.output_tokens.min(by_tokens).min(by_cost);
        let is_enough = output_tokens >= FEWEST_OUTPUT.min(self.output_tokens);
        is_enough.then_some(Self {
            output_tokens,
            ..self
        })
    }
}

/// The answer to a reservation.
#[derive(Debug, Clone, PartialEq)]
pub enum Reservation {
    /// The call may take this, with fewer tokens of output than it wanted if no more are left.
    Granted(CallCost),
    /// Other calls hold what this one needs, and may give some of it back.
    Held,
    /// Too little of this budget is left.
    Refused(BudgetStatus),
}

impl Reservation {
    /// Decides about a call by the budgets that block, with what is left when all calls in progress take what they may,
    /// and when they take nothing.
    pub fn decide(
        wanted: CallCost,
        left_at_least: &[BudgetStatus],
        left_at_most: &[BudgetStatus],
    ) -> Self {
        let blocks = |budget: &&BudgetStatus| budget.enforcement == BudgetEnforcement::Block;
        let mut granted = wanted;
        for budget in left_at_least.iter().filter(blocks) {
            let Some(less) = granted.within(budget) else {
                let mut at_most = left_at_most.iter().filter(blocks);
                let refused = at_most.find(|budget| wanted.within(budget).is_none());
                return match refused {
                    Some(budget) => Self::Refused(budget.clone()),
                    None => Self::Held,
                };
            };
            granted = less;
        }
        Self::Granted(granted)
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    const CALL: CallCost = CallCost {
        input_tokens: 100,
        output_tokens: 500,
        input_usd: 0.01,
        usd_per_output_token: 0.001,
    };

    fn budget(tokens_left: Option<i64>, cost_usd_left: Option<f64>) -> BudgetStatus {
        BudgetStatus {
            scope: BudgetScope::Account,
            tokens: tokens_left,
            tokens_left,
            cost_usd: cost_usd_left,
            cost_usd_left,
            enforcement: BudgetEnforcement::Block,
        }
    }

    #[test]
    fn a_call_gets_as_much_output_as_is_left() {
        let output = |tokens, usd| CALL.within(&budget(tokens, usd)).map(|it| it.output_tokens);
        assert_eq!(output(None, None), Some(500));
        assert_eq!(output(Some(600), None), Some(500));
        assert_eq!(output(Some(300), None), Some(200));
        assert_eq!(output(Some(116), None), Some(16));
        assert_eq!(output(Some(115), None), None);
        assert_eq!(output(Some(0), None), None);
        assert_eq!(output(None, Some(0.11)), Some(100));
        assert_eq!(output(Some(200), Some(0.11)), Some(100));
        assert_eq!(output(None, Some(0.0)), None);
    }

    #[test]
    fn a_call_waits_for_what_others_hold_and_is_refused_when_that_would_not_be_enough() {
        let decide = |least, most| {
            Reservation::decide(
                CALL,
                &[budget(Some(least), None)],
                &[budget(Some(most), None)],
            )
        };
        assert_eq!(decide(600, 600), Reservation::Granted(CALL));
        assert_eq!(decide(0, 600), Reservation::Held);
        assert!(matches!(decide(0, 50), Reservation::Refused(_)));
        let warns = BudgetStatus {
            enforcement: BudgetEnforcement::Warn,
            ..budget(Some(0), None)
        };
        let granted = Reservation::decide(CALL, from_ref(&warns), from_ref(&warns));
        assert_eq!(granted, Reservation::Granted(CALL));
    }
}
