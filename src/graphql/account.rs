//! Accounts in the API.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_list},
    agent_input::AgentFilter,
    api_key::ApiKey,
    connection::{List, PageArgs},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, AccountId},
    service::{AccountChange, BudgetChange, CeilingChange, NewAccount},
};

/// A tenant: everything else belongs to exactly one account.
pub(super) struct Account(pub(super) domain::Account);

impl From<domain::Account> for Account {
    fn from(account: domain::Account) -> Self {
        Self(account)
    }
}

/// A tenant: everything else belongs to exactly one account.
#[Object]
impl Account {
    /// Its id, `account_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it pays for.
    async fn tier(&self) -> AccountTier {
        self.0.tier.into()
    }

    /// Its budgets, and what is spent of them this month.
    async fn billing(&self) -> Billing {
        Billing {
            account: self.0.id,
            budgets: self.0.billing.clone(),
            ceiling: self.0.ceiling,
        }
    }

    /// Settings for all of its agents, an object: the layer between the pricing tier and the agent.
    async fn configuration(&self) -> &Value {
        &self.0.configuration
    }

    /// Its agents, the oldest first.
    async fn agents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; everything that is set must hold.")] filter: Option<
            AgentFilter,
        >,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<List<Agent>> {
        agent_list(
            ctx,
            self.0.id,
            filter,
            None,
            PageArgs {
                first,
                after,
                last: None,
                before: None,
            },
        )
        .await
    }

    /// Its API keys, the revoked ones too. Needs the role OWNER.
    async fn api_keys(&self, ctx: &Context<'_>) -> Result<Vec<ApiKey>> {
        let keys = ctx
            .services()?
            .api_keys
            .list(ctx.actor()?, self.0.id)
            .await?;
        Ok(keys.into_iter().map(ApiKey).collect())
    }

    /// The head of its audit log: how many entries it has and the hash of the last one, as in `12:ab34…`. Kept outside of
    /// Troupe, it shows with `troupe audit verify --expect` that nothing before it was changed since. Needs the role ADMIN.
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<String> {
        let head = ctx.services()?.audit.head(ctx.actor()?, self.0.id).await?;
        Ok(head.to_string())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What an account pays for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AccountTier")]
pub(super) enum AccountTier {
    /// Shared everything.
    Entry,
    /// Its own namespaces.
    Standard,
    /// Its own indexes.
    Premium,
}

/// What happens when a budget is spent.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::BudgetEnforcement")]
pub(super) enum BudgetEnforcement {
    /// Runs go on; the figures show it.
    Warn,
    /// New messages answer `QUOTA_EXCEEDED` until the month ends.
    Block,
}

/// An account's budgets for a calendar month (UTC), and what is spent of them.
pub(super) struct Billing {
    account: AccountId,
    budgets: domain::Billing,
    ceiling: domain::Ceiling,
}

/// An account's budgets for a calendar month (UTC), and what is spent of them.
#[Object]
impl Billing {
    /// Input and output tokens of all runs together; no bound when null.
    async fn monthly_token_budget(&self) -> Option<i64> {
        self.budgets.monthly_token_budget
    }

    /// US dollars of all runs together; no bound when null.
    async fn monthly_cost_budget_usd(&self) -> Option<f64> {
        self.budgets.monthly_cost_budget_usd
    }

    /// What happens when a budget is spent.
    async fn enforcement(&self) -> BudgetEnforcement {
        self.budgets.enforcement.into()
    }

    /// Tokens a month that the operator allows at most; no bound when null. It always blocks, whatever the budget says.
    async fn ceiling_tokens(&self) -> Option<i64> {
        self.ceiling.tokens
    }

    /// US dollars a month that the operator allows at most; no bound when null. It always blocks, whatever the budget says.
    async fn ceiling_cost_usd(&self) -> Option<f64> {
        self.ceiling.cost_usd
    }

    /// Tokens spent this month.
    async fn spent_tokens(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(ctx
            .services()?
            .accounts
            .spending(ctx.actor()?, self.account)
            .await?
            .tokens)
    }

    /// US dollars spent this month.
    async fn spent_usd(&self, ctx: &Context<'_>) -> Result<f64> {
        Ok(ctx
            .services()?
            .accounts
            .spending(ctx.actor()?, self.account)
            .await?
            .usd)
    }
}

/// A new account.
#[derive(InputObject)]
pub(super) struct CreateAccountInput {
    /// Its name, for people; 1 to 120 characters.
    name: String,
    /// What it pays for.
    tier: AccountTier,
    /// Input and output tokens a month; no bound when left out.
    monthly_token_budget: Option<i64>,
    /// US dollars a month; no bound when left out.
    monthly_cost_budget_usd: Option<f64>,
    /// What happens when a budget is spent; WARN when left out.
    enforcement: Option<BudgetEnforcement>,
    /// Tokens a month that its owner cannot raise; no bound when left out.
    ceiling_tokens: Option<i64>,
    /// US dollars a month that its owner cannot raise; no bound when left out.
    ceiling_cost_usd: Option<f64>,
}

impl From<CreateAccountInput> for NewAccount {
    fn from(input: CreateAccountInput) -> Self {
        let enforcement = input.enforcement.unwrap_or(BudgetEnforcement::Warn).into();
        let billing = domain::Billing {
            monthly_token_budget: input.monthly_token_budget,
            monthly_cost_budget_usd: input.monthly_cost_budget_usd,
            enforcement,
        };
        Self {
            name: input.name,
            tier: input.tier.into(),
            billing,
            ceiling: domain::Ceiling {
                tokens: input.ceiling_tokens,
                cost_usd: input.ceiling_cost_usd,
            },
        }
    }
}

/// The account that was made.
#[derive(SimpleObject)]
pub(super) struct CreateAccountPayload {
    /// The account.
    pub(super) account: Account,
    /// The secret of its first key, with the role OWNER; it is shown this once.
    pub(super) owner_key: String,
}

/// What is to change of an account; what is left out stays.
#[derive(InputObject)]
pub(super) struct UpdateAccountInput {
    /// Which account; the caller's own when left out. Operators may name any.
    pub(super) id: Option<ID>,
    /// Its name, for people; 1 to 120 characters.
    name: Option<String>,
    /// What it pays for; the operator's to change.
    tier: Option<AccountTier>,
    /// Tokens a month; null lifts the bound.
    monthly_token_budget: MaybeUndefined<i64>,
    /// US dollars a month; null lifts the bound.
    monthly_cost_budget_usd: MaybeUndefined<f64>,
    /// What happens when a budget is spent.
    enforcement: Option<BudgetEnforcement>,
    /// Tokens a month that the account may spend at most; null lifts the bound. The operator's to change.
    ceiling_tokens: MaybeUndefined<i64>,
    /// US dollars a month that the account may spend at most; null lifts the bound. The operator's to change.
    ceiling_cost_usd: MaybeUndefined<f64>,
    /// Settings for all of its agents, an object, all of them; checked against every agent of the account.
    configuration: Option<Value>,
}

impl From<UpdateAccountInput> for AccountChange {
    fn from(input: UpdateAccountInput) -> Self {
        Self {
            name: input.name,
            tier: input.tier.map(Into::into),
            monthly_token_budget: budget(input.monthly_token_budget),
            monthly_cost_budget_usd: budget(input.monthly_cost_budget_usd),
            ceiling: CeilingChange {
                tokens: budget(input.ceiling_tokens),
                cost_usd: budget(input.ceiling_cost_usd),
            },
            enforcement: input.enforcement.map(Into::into),
            configuration: input.configuration,
        }
    }
}

fn budget<T>(given: MaybeUndefined<T>) -> BudgetChange<T> {
    match given {
        MaybeUndefined::Undefined => BudgetChange::Keep,
        MaybeUndefined::Null => BudgetChange::Lift,
        MaybeUndefined::Value(amount) => BudgetChange::Set(amount),
    }
}

/// The account that was changed.
#[derive(SimpleObject)]
pub(super) struct UpdateAccountPayload {
    /// The account as it is now.
    pub(super) account: Account,
}
