//! Agents in the API.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent_input::{AgentFilter, AgentOrder},
    availability::Availability,
    capabilities::Capabilities,
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    document::{Document, document_list},
    error::Result,
    loader::{AgentOf, VersionsOf},
    template::AgentTemplate,
    tool_grant::{ToolGrant, granted, tool_grants},
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
    /// Its id, `agent_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name in addresses, unique in the account.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Its name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for, as its template says.
    async fn description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.published(ctx).await?.spec.description)
    }

    /// Whether it answers.
    async fn status(&self) -> AgentStatus {
        self.0.status.into()
    }

    /// The name of the template's pricing tier it is on.
    async fn tier(&self) -> &str {
        &self.0.tier
    }

    /// The template version it is an instance of.
    async fn template(&self, ctx: &Context<'_>) -> Result<AgentTemplate> {
        self.published(ctx).await.map(AgentTemplate)
    }

    /// A newer published version of its template, if there is one.
    async fn upgrade(&self, ctx: &Context<'_>) -> Option<Result<AgentTemplate>> {
        upgrade(ctx, &self.0).await.transpose()
    }

    /// What it can do.
    async fn capabilities(&self, ctx: &Context<'_>) -> Result<Capabilities> {
        let template = self.published(ctx).await?;
        Capabilities::of(self.0.clone(), &template.spec)
    }

    /// Whether it could answer now.
    async fn availability(&self, ctx: &Context<'_>) -> Result<Availability> {
        let template = self.published(ctx).await?;
        let (servers, grants) = granted(ctx, &self.0).await?;
        let services = ctx.services()?;
        Ok(Availability::of(
            services
                .availability
                .of_agent(&self.0, &template.spec, &servers, &grants),
            services.availability.now(),
        ))
    }

    /// What it overrides, an object.
    async fn configuration(&self) -> &Value {
        &self.0.configuration
    }

    /// Every setting, its value, and where it came from.
    async fn effective_configuration(&self, ctx: &Context<'_>) -> Result<Vec<ConfigurationEntry>> {
        let entries = ctx
            .services()?
            .agents
            .effective_configuration(ctx.actor()?, &self.0, &self.published(ctx).await?)
            .await?;
        Ok(entries.into_iter().map(Into::into).collect())
    }

    /// Where its vectors lie, and where they are moved to.
    async fn vector_store(&self, ctx: &Context<'_>) -> Result<VectorStore> {
        VectorStore::of(ctx, &self.0).await
    }

    /// The tools that it was granted, by server and policy; what it may really use now is in `capabilities.tools`.
    async fn tool_grants(&self, ctx: &Context<'_>) -> Result<Vec<ToolGrant>> {
        tool_grants(ctx, &self.0).await
    }

    /// What it was given to know, the newest first.
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<List<Document>> {
        let args = PageArgs {
            first,
            after,
            last: None,
            before: None,
        };
        document_list(ctx, &self.0, args).await
    }

    /// Who answers in its place when it cannot.
    async fn fallback(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        let fallback = AgentOf(self.0.account, self.0.fallback?);
        let found = async { Ok(ctx.loaders()?.load(fallback).await?.map(Agent)) };
        found.await.transpose()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed; `expectedUpdatedAt` compares with it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

async fn upgrade(ctx: &Context<'_>, agent: &domain::Agent) -> Result<Option<AgentTemplate>> {
    let loaders = ctx.loaders()?;
    let Some(own) = loaders.load(agent.template).await? else {
        return Ok(None);
    };
    let versions = loaders
        .load(VersionsOf(own.spec.name))
        .await?
        .unwrap_or_default();
    // the newest first: what comes before its own is newer
    let newer = versions
        .into_iter()
        .take_while(|version| version.id != own.id)
        .find(|version| version.deprecated_at.is_none());
    Ok(newer.map(AgentTemplate))
}

/// The agent with that id in the actor's account.
pub(super) async fn agent_by_id(ctx: &Context<'_>, id: AgentId) -> Result<Option<Agent>> {
    Ok(ctx.loaders()?.load(id).await?.map(Agent))
}

/// Agents as a connection.
pub(super) async fn agent_list(
    ctx: &Context<'_>,
    account: AccountId,
    filter: Option<AgentFilter>,
    order: Option<AgentOrder>,
    args: PageArgs,
) -> Result<List<Agent>> {
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
        Total::Agents(account, filter),
        |agent| order.position(agent),
    ))
}

/// Whether an agent answers.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AgentStatus")]
pub(super) enum AgentStatus {
    /// Being set up; does not answer yet.
    Configuring,
    /// Answers.
    Active,
    /// Paused by its account.
    Suspended,
}

/// One setting of an agent as it holds.
#[derive(SimpleObject)]
pub(super) struct ConfigurationEntry {
    /// Names joined by dots, e.g. `voice.tone`.
    path: String,
    /// Its value.
    value: Value,
    /// Where it came from.
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

/// Where a setting came from; later ones win.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Origin")]
pub(super) enum ConfigurationOrigin {
    /// Built in.
    Default,
    /// The installation's `app.yaml`.
    AppFile,
    /// The template.
    Template,
    /// The template's pricing tier.
    Tier,
    /// The account.
    Account,
    /// The agent itself.
    Agent,
}
