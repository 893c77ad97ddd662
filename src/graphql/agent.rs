//! Agents in the API.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent_input::{AgentFilter, AgentOrder},
    agent_version::Canary,
    analytics::AgentAnalytics,
    availability::Availability,
    capabilities::Capabilities,
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    conversation::{Conversation, conversation_list},
    conversation_input::{ConversationFilter, ConversationOrder},
    document::{Document, document_list},
    error::Result,
    loader::{AccountAgentKey, AnalyticsKey, PersonaKey, PublicAccessKey, TemplateVersionsKey},
    persona::{Persona, PersonaVersion, persona_versions},
    public_agent::PublicAccess,
    rate_limit::BudgetStatus,
    template::AgentTemplate,
    tool_grant::{ToolGrant, tool_grants},
    usage::DateRange,
    vector_store::VectorStore,
};
use crate::{
    domain::{self, AccountId, AgentId},
    error::Error,
};

/// An account's configured instance of a template version.
pub(super) struct Agent(pub(super) domain::Agent);

impl From<domain::Agent> for Agent {
    fn from(agent: domain::Agent) -> Self {
        Self(agent)
    }
}

impl Agent {
    async fn published(&self, ctx: &Context<'_>) -> Result<domain::Template> {
        let template = ctx.loaders()?.load(self.0.template).await?;
        Ok(template.ok_or_else(|| Error::internal("finding the template of an agent"))?)
    }
}

/// An account's configured instance of a template version.
#[Object]
impl Agent {
    /// The id of the agent, `agent_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name of the agent in URLs, unique within the account.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The display name of the agent.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The purpose of the agent, from its template.
    async fn description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.published(ctx).await?.spec.description)
    }

    /// The status of the agent.
    async fn status(&self) -> AgentStatus {
        self.0.status.into()
    }

    /// The name of the agent's pricing tier, defined by its template.
    async fn tier(&self) -> &str {
        &self.0.tier
    }

    /// The template version of the agent.
    async fn template(&self, ctx: &Context<'_>) -> Result<AgentTemplate> {
        self.published(ctx).await.map(AgentTemplate)
    }

    /// The newest published, not deprecated version of the template, when it is newer than the agent's version.
    async fn upgrade(&self, ctx: &Context<'_>) -> Option<Result<AgentTemplate>> {
        upgrade(ctx, &self.0).await.transpose()
    }

    /// The capabilities of the agent.
    async fn capabilities(&self, ctx: &Context<'_>) -> Result<Capabilities> {
        let template = self.published(ctx).await?;
        Capabilities::of(self.0.clone(), &template.spec)
    }

    /// Whether the agent can answer now.
    async fn availability(&self, ctx: &Context<'_>) -> Result<Availability> {
        let template = self.published(ctx).await?;
        Availability::of_agent(ctx, &self.0, &template.spec).await
    }

    /// What is left of the agent's budget of this month, which its pricing tier sets (`monthlyTokens`), without what
    /// answers in progress hold; null without one.
    async fn budget(&self, ctx: &Context<'_>) -> Result<Option<BudgetStatus>> {
        let template = self.published(ctx).await?;
        let usage = &ctx.services()?.usage;
        let left = usage.of_agent(ctx.actor()?, &self.0, &template.spec);
        Ok(left.await?.map(BudgetStatus::from))
    }

    /// The settings that the agent overrides, a JSON object.
    async fn configuration(&self) -> &Value {
        &self.0.configuration
    }

    /// Every setting that applies to the agent, with its value and origin.
    async fn effective_configuration(&self, ctx: &Context<'_>) -> Result<Vec<ConfigurationEntry>> {
        let entries = ctx
            .services()?
            .agents
            .effective_configuration(ctx.actor()?, &self.0, &self.published(ctx).await?)
            .await?;
        Ok(entries.into_iter().map(Into::into).collect())
    }

    /// The vector store of the agent, and a migration to another store.
    async fn vector_store(&self, ctx: &Context<'_>) -> Result<VectorStore> {
        VectorStore::of(ctx, &self.0).await
    }

    /// The tools granted to the agent, by server and policy. `capabilities.tools` lists the tools that the agent can
    /// use now.
    async fn tool_grants(&self, ctx: &Context<'_>) -> Result<Vec<ToolGrant>> {
        tool_grants(ctx, &self.0).await
    }

    /// The conversations that the agent currently answers and that are not archived, the last activity first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Order. Default: UPDATED_AT DESC.")] order_by: Option<ConversationOrder>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Conversation>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = ConversationFilter::of_agent(self.0.id);
        conversation_list(ctx, Some(filter), order_by, args).await
    }

    /// The documents of the agent, newest first.
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
    ) -> Result<ItemConnection<Document>> {
        let args = PageArgs {
            first,
            after,
            last: None,
            before: None,
        };
        document_list(ctx, &self.0, args).await
    }

    /// The persona of a digital expert; null for other agents, and until a first build is due.
    async fn persona(&self, ctx: &Context<'_>) -> Result<Option<Persona>> {
        let key = PersonaKey(self.0.account, self.0.id);
        Ok(ctx.loaders()?.load(key).await?.map(Persona))
    }

    /// The last 10 versions of the agent's persona, newest first.
    async fn persona_versions(&self, ctx: &Context<'_>) -> Result<Vec<PersonaVersion>> {
        persona_versions(ctx, &self.0).await
    }

    /// The terms on which callers without credentials may talk to the agent; null for an agent that is not public. Requires
    /// the role ADMIN.
    async fn public_access(&self, ctx: &Context<'_>) -> Result<Option<PublicAccess>> {
        let key = PublicAccessKey(self.0.account, self.0.id);
        Ok(ctx.loaders()?.load(key).await?.map(Into::into))
    }

    /// What the agent's runs were like that ended in a period. Requires the role ADMIN.
    async fn analytics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period.")] range: DateRange,
    ) -> Result<AgentAnalytics> {
        let key = AnalyticsKey {
            account: self.0.account,
            agent: self.0.id,
            range: range.into(),
        };
        let sums = ctx.loaders()?.load(key).await?.unwrap_or_default();
        let agent = self.0.clone();
        Ok(domain::AgentAnalytics { agent, sums }.into())
    }

    /// The last trial of another version of the agent's template; null when there was none. Requires the role ADMIN.
    async fn canary(&self, ctx: &Context<'_>) -> Result<Option<Canary>> {
        Canary::of(ctx, &self.0).await
    }

    /// The agent that answers when this agent cannot.
    async fn fallback(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        let fallback = AccountAgentKey(self.0.account, self.0.fallback?);
        let found = async { Ok(ctx.loaders()?.load(fallback).await?.map(Agent)) };
        found.await.transpose()
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last change; mutations compare `expectedUpdatedAt` with it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The time of the deletion; set only in the last event of `agentChanged` about the agent.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }
}

async fn upgrade(ctx: &Context<'_>, agent: &domain::Agent) -> Result<Option<AgentTemplate>> {
    let loaders = ctx.loaders()?;
    let Some(own) = loaders.load(agent.template).await? else {
        return Ok(None);
    };
    let versions = loaders
        .load(TemplateVersionsKey(own.spec.name))
        .await?
        .unwrap_or_default();
    // Versions are sorted newest first: those before the agent's own version are newer.
    let newer = versions
        .into_iter()
        .take_while(|version| version.id != own.id)
        .find(|version| version.deprecated_at.is_none());
    Ok(newer.map(AgentTemplate))
}

/// Loads the agent with this id in the actor's account.
pub(super) async fn agent_by_id(ctx: &Context<'_>, id: AgentId) -> Result<Option<Agent>> {
    Ok(ctx.loaders()?.load(id).await?.map(Agent))
}

/// The agents of an account as a connection.
pub(super) async fn agent_list(
    ctx: &Context<'_>,
    account: AccountId,
    filter: Option<AgentFilter>,
    order: Option<AgentOrder>,
    args: PageArgs,
) -> Result<ItemConnection<Agent>> {
    let order = order.map_or(
        domain::AgentOrder {
            field: domain::AgentOrderField::CreatedAt,
            descending: false,
        },
        Into::into,
    );
    let filter: domain::AgentFilter = filter.unwrap_or_default().into();
    let scope = format!("agents/{account}/{order:?}");
    let actor = ctx.actor()?.acting_in(account)?;
    let page = ctx
        .services()?
        .agents
        .list(&actor, &filter, order, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::Agents(account, filter),
        |agent| order.position(agent),
    ))
}

/// The status of an agent.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AgentStatus")]
pub(super) enum AgentStatus {
    /// The agent is being set up and does not answer yet.
    Configuring,
    /// The agent answers messages.
    Active,
    /// The account paused the agent.
    Suspended,
}

/// A setting that applies to an agent.
#[derive(SimpleObject)]
pub(super) struct ConfigurationEntry {
    /// The path of the setting, joined by dots, for example `voice.tone`.
    path: String,
    /// The value of the setting.
    value: Value,
    /// The layer that the value comes from.
    origin: ConfigurationOrigin,
}

impl From<domain::ConfigurationEntry> for ConfigurationEntry {
    fn from(entry: domain::ConfigurationEntry) -> Self {
        Self {
            path: entry.path,
            value: entry.value,
            origin: entry.origin.into(),
        }
    }
}

/// The layer that a setting comes from; later layers override earlier ones.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Origin")]
pub(super) enum ConfigurationOrigin {
    /// The built-in default.
    Default,
    /// The installation's `app.yaml`.
    AppFile,
    /// The template.
    Template,
    /// The template's pricing tier.
    Tier,
    /// The account.
    Account,
    /// The agent.
    Agent,
}
