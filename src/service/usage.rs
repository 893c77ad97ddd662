//! What was used, and what is left.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{agent::tier_of, limits::AccountLimits, tables::Tables};
use crate::{
    domain::{
        Actor, Agent, BudgetScope, BudgetStatus, DateRange, EndUser, Operation, TemplateSpec,
        Usage, UsageGroup, UsageReport, month_of,
    },
    error::{Error, Result},
    port::{Clock, RateWindow},
    store::{TenantStore, TokenBudget},
};

/// The longest period of a usage report, in days.
const LONGEST_REPORT_DAYS: i64 = 400;

/// What is left for a caller.
#[derive(Debug, Clone, PartialEq)]
pub struct RateLimitStatus {
    /// The rate of messages that allows the fewest now.
    pub messages: RateWindow,
    /// The budgets that bound the caller's messages.
    pub budgets: Vec<BudgetStatus>,
    /// The time at which this was true.
    pub at: DateTime<Utc>,
}

/// Reports what accounts and end users used, and what is left for them.
#[derive(Clone)]
pub struct UsageService {
    pub(super) tables: Tables,
    pub(super) limits: AccountLimits,
    pub(super) clock: Arc<dyn Clock>,
}

impl UsageService {
    /// What the actor's account used in a period, added up by one property.
    pub async fn report(
        &self,
        actor: &Actor,
        range: DateRange,
        by: UsageGroup,
    ) -> Result<UsageReport> {
        let permission = actor.authorize(Operation::Usage)?;
        check_period(range)?;
        self.tables.tenant(permission).usage_report(range, by).await
    }

    /// What the runs in an end user's conversations used in a period.
    pub async fn of_end_user(
        &self,
        actor: &Actor,
        end_user: &EndUser,
        range: DateRange,
    ) -> Result<Usage> {
        let permission = actor.authorize(Operation::EndUsers)?;
        check_period(range)?;
        let store = self.tables.tenant(&permission);
        store.usage_of_end_user(&end_user.external_id, range).await
    }

    /// What is left of an agent's budget of tokens this month; none if its pricing tier sets none.
    pub async fn of_agent(
        &self,
        actor: &Actor,
        agent: &Agent,
        template: &TemplateSpec,
    ) -> Result<Option<BudgetStatus>> {
        let permission = actor
            .acting_in(agent.account)?
            .authorize(Operation::Agent)?;
        let tier = tier_of(agent, template)?;
        let Some(budget) = TokenBudget::of_agent(agent.id, tier) else {
            return Ok(None);
        };
        // an end user sees no record of usage, but whether the agent answers
        let store = self.tables.whole_account(&permission);
        let left = store.tokens_left(budget, self.clock.now()).await?;
        Ok(Some(left))
    }

    /// What is left for the caller. An end user learns nothing about the account's budgets.
    pub async fn left(&self, actor: &Actor) -> Result<RateLimitStatus> {
        let permission = actor.authorize(Operation::RateLimit)?;
        let (account, at) = (permission.account(), self.clock.now());
        let store = self.tables.whole_account(&permission);
        let of_account = self.limits.messages_left(account).await;
        let (Some(limits), Some(scope)) = (actor.limits(), actor.end_user()) else {
            let spent = store.spending_since(month_of(at)).await? + store.reserved(at).await?;
            return Ok(RateLimitStatus {
                messages: of_account,
                budgets: store.account().await?.budgets(spent),
                at,
            });
        };
        let of_person = self
            .limits
            .messages_left_of(account, scope.end_user, limits)
            .await;
        let is_tighter = of_account.remaining < of_person.remaining;
        Ok(RateLimitStatus {
            messages: if is_tighter { of_account } else { of_person },
            budgets: budget_of_session(actor, &store)
                .await?
                .into_iter()
                .collect(),
            at,
        })
    }
}

/// What is left of the tokens of the caller's session, if it has a budget.
async fn budget_of_session(actor: &Actor, store: &TenantStore) -> Result<Option<BudgetStatus>> {
    let tokens = actor.limits().and_then(|limits| limits.tokens);
    let (Some(session), Some(tokens)) = (actor.session(), tokens) else {
        return Ok(None);
    };
    let spent = store.tokens_of_session(session).await?;
    let status = BudgetStatus::of_tokens(BudgetScope::EndUser, tokens, spent);
    Ok(Some(status))
}

/// `BAD_USER_INPUT` for a period that is empty or longer than 400 days.
pub(super) fn check_period(range: DateRange) -> Result<()> {
    if range.to <= range.from {
        return Err(Error::bad_input("range.to", "must be after range.from"));
    }
    if range.to - range.from > TimeDelta::days(LONGEST_REPORT_DAYS) {
        let problem = format!("the period is longer than {LONGEST_REPORT_DAYS} days");
        return Err(Error::bad_input("range", problem));
    }
    Ok(())
}
