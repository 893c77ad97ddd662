//! Accounts in the API.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_list},
    agent_input::AgentFilter,
    api_key::{ApiKey, key_list},
    big_int::BigInt,
    billing::{Billing, BudgetEnforcement},
    connection::{ItemConnection, PageArgs},
    context::ContextExt,
    error::Result,
    identity_provider::IdentityProvider,
    provider_key::ProviderKey,
    registered_operation::EndUserOperations,
};
use crate::{
    domain,
    service::{AccountChange, BudgetChange, CeilingChange, NewAccount},
};

/// An account (tenant). Every other object belongs to exactly one account.
pub(super) struct Account(pub(super) domain::Account);

impl From<domain::Account> for Account {
    fn from(account: domain::Account) -> Self {
        Self(account)
    }
}

/// An account (tenant). Every other object belongs to exactly one account.
#[Object]
impl Account {
    /// The id of the account, `account_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The display name of the account.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The tier that the account pays for.
    async fn tier(&self) -> AccountTier {
        self.0.tier.into()
    }

    /// The monthly budgets of the account and the amounts spent.
    async fn billing(&self) -> Billing {
        Billing::of(&self.0)
    }

    /// Settings for all agents of the account, a JSON object: the layer between the pricing tier and the agent.
    async fn configuration(&self) -> &Value {
        &self.0.configuration
    }

    /// Whether a model may decide between two agents whose skills fit a message about equally well. The call is part of
    /// the account's usage.
    async fn routes_by_model(&self) -> bool {
        self.0.routes_by_model
    }

    /// The time at which an operator suspended the account; null while it may be used.
    async fn suspended_at(&self) -> Option<DateTime<Utc>> {
        self.0.suspended_at
    }

    /// Since when the account consents to the export of its rated conversations for fine-tuning and evaluation; null without
    /// its consent. A conversation of an end user also needs `EndUser.trainingConsentAt`.
    async fn training_consent_at(&self) -> Option<DateTime<Utc>> {
        self.0.training_consent_at
    }

    /// The agents of the account, oldest first.
    async fn agents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            AgentFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
    ) -> Result<ItemConnection<Agent>> {
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

    /// The API keys of the account, including revoked keys, oldest first. Requires the role OWNER.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<ApiKey>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        key_list(ctx, self.0.id, args).await
    }

    /// The account's own keys for providers of models, ordered by provider. Requires the role ADMIN.
    async fn provider_keys(&self, ctx: &Context<'_>) -> Result<Vec<ProviderKey>> {
        let keys = ctx
            .services()?
            .provider_keys
            .list(ctx.actor()?, self.0.id)
            .await?;
        Ok(keys.into_iter().map(ProviderKey).collect())
    }

    /// The identity providers of the account, at most five, oldest first. Requires the role ADMIN.
    async fn identity_providers(&self, ctx: &Context<'_>) -> Result<Vec<IdentityProvider>> {
        let providers = &ctx.services()?.identity_providers;
        let providers = providers.list(ctx.actor()?, self.0.id).await?;
        Ok(providers.into_iter().map(IdentityProvider).collect())
    }

    /// The documents that the end users of the account may execute.
    async fn end_user_operations(&self) -> EndUserOperations {
        self.0.end_user_operations.into()
    }

    /// The head of the account's audit log: the number of entries and the hash of the last entry, for example
    /// `12:ab34…`. Stored outside Troupe, the head lets `troupe audit verify --expect` detect changes to earlier
    /// entries. Requires the role ADMIN.
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<String> {
        let head = ctx.services()?.audit.head(ctx.actor()?, self.0.id).await?;
        Ok(head.to_string())
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The tier that an account pays for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AccountTier")]
pub(super) enum AccountTier {
    /// All resources are shared.
    Entry,
    /// Separate namespaces for the account.
    Standard,
    /// Separate indexes for the account.
    Premium,
}

/// A new account.
#[derive(InputObject)]
pub(super) struct CreateAccountInput {
    /// The display name, 1 to 120 characters.
    name: String,
    /// The tier that the account pays for.
    tier: AccountTier,
    /// The monthly budget for input and output tokens. Default: no limit.
    monthly_token_budget: Option<BigInt>,
    /// The monthly budget for cost, in US dollars. Default: no limit.
    monthly_cost_budget_usd: Option<f64>,
    /// The effect of a spent budget. Default: WARN.
    enforcement: Option<BudgetEnforcement>,
    /// The monthly token limit that the owner cannot raise. Default: no limit.
    ceiling_tokens: Option<BigInt>,
    /// The monthly cost limit in US dollars that the owner cannot raise. Default: no limit.
    ceiling_cost_usd: Option<f64>,
}

impl From<CreateAccountInput> for NewAccount {
    fn from(input: CreateAccountInput) -> Self {
        let enforcement = input.enforcement.unwrap_or(BudgetEnforcement::Warn).into();
        let billing = domain::Billing {
            monthly_token_budget: input.monthly_token_budget.map(|budget| budget.0),
            monthly_cost_budget_usd: input.monthly_cost_budget_usd,
            enforcement,
        };
        Self {
            name: input.name,
            tier: input.tier.into(),
            billing,
            ceiling: domain::Ceiling {
                tokens: input.ceiling_tokens.map(|ceiling| ceiling.0),
                cost_usd: input.ceiling_cost_usd,
            },
        }
    }
}

/// The result of `createAccount`.
#[derive(SimpleObject)]
pub(super) struct CreateAccountPayload {
    /// The account.
    pub(super) account: Account,
    /// The secret of the account's first key, with the role OWNER. It is returned only here.
    pub(super) owner_key: String,
}

/// Changes to an account; omitted fields stay as they are.
#[derive(InputObject)]
pub(super) struct UpdateAccountInput {
    /// The id of the account. Default: the caller's own; operators can name any account.
    pub(super) id: Option<ID>,
    /// The display name, 1 to 120 characters.
    name: Option<String>,
    /// The tier that the account pays for. Operators only.
    tier: Option<AccountTier>,
    /// The monthly budget for tokens; null removes the limit.
    monthly_token_budget: MaybeUndefined<BigInt>,
    /// The monthly budget for cost, in US dollars; null removes the limit.
    monthly_cost_budget_usd: MaybeUndefined<f64>,
    /// The effect of a spent budget.
    enforcement: Option<BudgetEnforcement>,
    /// The monthly token limit that the owner cannot raise; null removes the limit. Operators only.
    ceiling_tokens: MaybeUndefined<BigInt>,
    /// The monthly cost limit in US dollars that the owner cannot raise; null removes the limit. Operators only.
    ceiling_cost_usd: MaybeUndefined<f64>,
    /// All settings for the agents of the account, a JSON object; validated against every agent of the account.
    configuration: Option<Value>,
    /// Whether a model may decide between two agents whose skills fit a message about equally well.
    routes_by_model: Option<bool>,
    /// The documents that the end users of the account may execute. With REGISTERED, register them first: every other
    /// document of an end user is refused from the next request on.
    end_user_operations: Option<EndUserOperations>,
    /// Gives (true) or withdraws (false) the account's consent to the export of its rated conversations for fine-tuning and
    /// evaluation. It covers what was written before, too. Operators can only withdraw the consent of another account.
    training_consent: Option<bool>,
}

impl From<UpdateAccountInput> for AccountChange {
    fn from(input: UpdateAccountInput) -> Self {
        Self {
            name: input.name,
            tier: input.tier.map(Into::into),
            monthly_token_budget: budget(input.monthly_token_budget.map_value(|budget| budget.0)),
            monthly_cost_budget_usd: budget(input.monthly_cost_budget_usd),
            ceiling: CeilingChange {
                tokens: budget(input.ceiling_tokens.map_value(|ceiling| ceiling.0)),
                cost_usd: budget(input.ceiling_cost_usd),
            },
            enforcement: input.enforcement.map(Into::into),
            configuration: input.configuration,
            routes_by_model: input.routes_by_model,
            end_user_operations: input.end_user_operations.map(Into::into),
            training_consent: input.training_consent,
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

/// The result of `updateAccount`.
#[derive(SimpleObject)]
pub(super) struct UpdateAccountPayload {
    /// The account after the change.
    pub(super) account: Account,
}
