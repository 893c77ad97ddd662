//! Rows that other rows refer to, for the loaders of the API: one query for many ids.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{
        Account, AccountId, Actor, Agent, AgentId, CachedServer, Conversation, ConversationId,
        DateRange, Document, DocumentId, Handoff, HandoffId, McpServer, McpServerId, Message,
        MessageId, NumberedPassage, Operation, Permission, PublicAccess, Run, RunId, RunSums,
        Template, TemplateId, ToolCall, ToolCallId, ToolGrant, VectorConfig,
    },
    error::Result,
    store::TenantStore,
};

use super::{
    AnalyticsService,
    mcp_server::scope_of,
    persona::{self, PersonaView},
    tables::Tables,
};

/// The maximum number of handoffs that a conversation shows.
const MOST_HANDOFFS: usize = 50;
/// The maximum number of other versions that a message shows.
const MOST_VERSIONS: usize = 50;

/// Gives each caller the related rows that it may read.
#[derive(Clone)]
pub struct RelationService {
    tables: Tables,
}

/// The relations that one caller may read.
pub struct Relations {
    tables: Tables,
    actor: Actor,
    permission: Permission,
    tenant: TenantStore,
}

impl RelationService {
    /// Composes the service.
    pub(super) fn new(tables: Tables) -> Self {
        Self { tables }
    }

    /// The relations that this caller may read. Each method needs the role of `node`, the lowest one.
    pub fn of(&self, actor: &Actor) -> Result<Relations> {
        let permission = actor.authorize(Operation::Node)?;
        Ok(Relations {
            tables: self.tables.clone(),
            actor: actor.clone(),
            tenant: self.tables.tenant(&permission),
            permission,
        })
    }
}

impl Relations {
    /// Agents of the caller's account.
    pub async fn agents(&self, ids: &[AgentId]) -> Result<Vec<Agent>> {
        self.tenant.agents_by_ids(ids).await
    }

    /// Agents of an account that the caller may act in.
    pub async fn agents_of(&self, account: AccountId, ids: &[AgentId]) -> Result<Vec<Agent>> {
        self.tenant_of(account)?.agents_by_ids(ids).await
    }

    /// The sentence that reports a spent budget of an account that the caller may act in, in the month that begins at
    /// `month`; none while the account may send.
    pub async fn spent_budget_of(
        &self,
        account: AccountId,
        month: DateTime<Utc>,
    ) -> Result<Option<&'static str>> {
        let tenant = self.settings_of(account)?;
        let account = tenant.account().await?;
        if !account.has_blocking_budget() {
            return Ok(None);
        }
        let spent = tenant.spending_since(month).await?;
        Ok(account.spent_budget(spent))
    }

    /// The tool grants of agents of an account that the caller may act in, ordered by server. For the availability of
    /// agents, which depends on them, also where the caller is an end user, who sees no grant.
    pub async fn grants_of(
        &self,
        account: AccountId,
        agents: &[AgentId],
    ) -> Result<Vec<ToolGrant>> {
        self.settings_of(account)?.grants_of(agents).await
    }

    /// The collections of vectors of agents of an account that the caller may act in; for end users as
    /// [`Self::grants_of`].
    pub async fn vector_configs_of(
        &self,
        account: AccountId,
        agents: &[AgentId],
    ) -> Result<Vec<VectorConfig>> {
        self.settings_of(account)?.vector_configs_of(agents).await
    }

    /// The personas of agents of an account that the caller may act in.
    pub async fn personas_of(
        &self,
        account: AccountId,
        agents: &[AgentId],
    ) -> Result<Vec<PersonaView>> {
        let tenant = self.tenant_of(account)?;
        persona::views(&tenant, tenant.personas(agents).await?).await
    }

    /// The sums over the runs of agents of an account that the caller administrates, in a period.
    pub async fn analytics_of(
        &self,
        account: AccountId,
        agents: &[AgentId],
        range: DateRange,
    ) -> Result<HashMap<AgentId, RunSums>> {
        let analytics = AnalyticsService::new(self.tables.clone());
        analytics
            .of_agents(&self.actor, account, agents, range)
            .await
    }

    /// The public access of agents of an account that the caller administrates.
    pub async fn public_access_of(
        &self,
        account: AccountId,
        agents: &[AgentId],
    ) -> Result<Vec<PublicAccess>> {
        let actor = self.actor.acting_in(account)?;
        let permission = actor.authorize(Operation::PublicAccess)?;
        self.tables
            .tenant(permission)
            .public_access_of(agents)
            .await
    }

    /// The MCP servers whose tools may be granted to agents of the account; for end users as [`Self::grants_of`].
    pub async fn grantable_servers_of(
        &self,
        account: AccountId,
        ids: &[McpServerId],
    ) -> Result<Vec<Arc<CachedServer>>> {
        self.settings_of(account)?.cached_servers(ids).await
    }

    /// MCP servers that the caller sees.
    pub async fn mcp_servers(&self, ids: &[McpServerId]) -> Result<Vec<McpServer>> {
        let scope = scope_of(&self.actor);
        self.tenant.seen_servers_by_ids(ids, scope).await
    }

    /// Conversations of the caller's account.
    pub async fn conversations(&self, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
        self.tenant.conversations_by_ids(ids).await
    }

    /// The unfinished runs of these conversations, the oldest first.
    pub async fn unfinished_runs_of(&self, conversations: &[ConversationId]) -> Result<Vec<Run>> {
        self.tenant.unfinished_runs_of(conversations).await
    }

    /// The other versions of messages, each with the run that it started or that produced it; the newest 50 of each, oldest
    /// first.
    pub async fn versions_of(
        &self,
        messages: &HashMap<MessageId, RunId>,
    ) -> Result<HashMap<MessageId, Vec<Message>>> {
        self.tenant.versions_of(messages, MOST_VERSIONS).await
    }

    /// Handoffs of the caller's account.
    pub async fn handoffs(&self, ids: &[HandoffId]) -> Result<Vec<Handoff>> {
        self.tenant.handoffs_by_ids(ids).await
    }

    /// The newest 50 handoffs of each of these conversations, oldest first.
    pub async fn handoffs_of(&self, conversations: &[ConversationId]) -> Result<Vec<Handoff>> {
        self.tenant
            .handoffs_of_conversations(conversations, MOST_HANDOFFS)
            .await
    }

    /// The states that the workflows of all agents keep of these conversations.
    pub async fn workflow_states(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, AgentId, Value)>> {
        self.tenant.workflow_states(conversations).await
    }

    /// Messages of the caller's account.
    pub async fn messages(&self, ids: &[MessageId]) -> Result<Vec<Message>> {
        self.tenant.messages_by_ids(ids).await
    }

    /// Documents of the caller's account.
    pub async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<Document>> {
        self.tenant.documents_by_ids(ids).await
    }

    /// The passages that the models of messages were given, in the order of their numbers, each with its message.
    pub async fn sources(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, NumberedPassage)>> {
        self.tenant.sources_of(messages).await
    }

    /// Tool calls of the caller's account.
    pub async fn tool_calls(&self, ids: &[ToolCallId]) -> Result<Vec<ToolCall>> {
        self.tenant.calls_by_ids(ids).await
    }

    /// The tool calls of runs, in the order in which the model requested them.
    pub async fn tool_calls_of(&self, runs: &[RunId]) -> Result<Vec<ToolCall>> {
        self.tenant.calls_of_runs(runs).await
    }

    /// Runs of the caller's account.
    pub async fn runs(&self, ids: &[RunId]) -> Result<Vec<Run>> {
        self.tenant.runs_by_ids(ids).await
    }

    /// Published template versions.
    pub async fn templates(&self, ids: &[TemplateId]) -> Result<Vec<Template>> {
        let platform = self.tables.platform(&self.permission);
        platform.templates_by_ids(ids).await
    }

    /// Every published version of the named templates, the newest first.
    pub async fn template_versions(&self, names: &[String]) -> Result<Vec<Template>> {
        let platform = self.tables.platform(&self.permission);
        platform.versions_of(names).await
    }

    /// The account that the caller acts in.
    pub async fn account(&self) -> Result<Account> {
        self.tenant.account().await
    }

    /// The rows of an account that the caller may act in: its own, or any for an operator.
    fn tenant_of(&self, account: AccountId) -> Result<TenantStore> {
        let actor = self.actor.acting_in(account)?;
        Ok(self.tables.tenant(actor.authorize(Operation::Agent)?))
    }

    /// The settings of the agents of an account that the caller may act in.
    fn settings_of(&self, account: AccountId) -> Result<TenantStore> {
        let actor = self.actor.acting_in(account)?;
        let permission = actor.authorize(Operation::Agent)?;
        Ok(self.tables.whole_account(permission))
    }
}
