//! Loaders of related objects: all objects that one level of a document needs are loaded with one query.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_graphql::{
    dataloader::{DataLoader, Loader},
    runtime::{Timer, TokioSpawner},
};
use futures::{FutureExt, future::BoxFuture};

use super::error::{ApiError, Result};
use crate::{
    domain::{
        Account, AccountId, Actor, Agent, AgentId, Conversation, ConversationId, Document,
        DocumentId, KnownServer, McpServer, McpServerId, Message, MessageId, Run, RunId,
        ScoredPassage, Template, TemplateId, ToolCall, ToolCallId, ToolGrant,
    },
    service::Services,
    store::{Store, TenantStore},
};

/// The loaders of one request of one tenant. They are created on first use, because most subscriptions wait for a long
/// time and load nothing.
pub(super) struct Loaders {
    services: Arc<Services>,
    actor: Actor,
    rows: OnceLock<DataLoader<Rows>>,
}

impl Loaders {
    /// Creates loaders that return only what the actor can see.
    pub(super) fn new(services: Arc<Services>, actor: Actor) -> Self {
        Self {
            services,
            actor,
            rows: OnceLock::new(),
        }
    }

    /// The authenticated caller.
    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }

    fn rows(&self) -> &DataLoader<Rows> {
        self.rows.get_or_init(|| {
            let rows = Rows {
                services: Arc::clone(&self.services),
                actor: self.actor.clone(),
                store: self.services.store().clone(),
                tenant: self.services.visible_to(&self.actor),
            };
            DataLoader::new(rows, TokioSpawner::current(), NextPoll)
        })
    }

    /// Loads the value of the key; none when the tenant has no such object.
    pub(super) async fn load<K>(&self, key: K) -> Result<Option<<Rows as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Rows: Loader<K, Error = ApiError>,
    {
        self.rows().load_one(key).await
    }
}

/// Loads rows by id, and related rows by the id of their owner.
pub(super) struct Rows {
    services: Arc<Services>,
    actor: Actor,
    store: Store,
    tenant: TenantStore,
}

/// The key of an agent in an explicit account, because an operator can see accounts that it does not act in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AgentOf(pub(super) AccountId, pub(super) AgentId);

/// The key of an agent's tool grants, ordered by server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct GrantsOf(pub(super) AccountId, pub(super) AgentId);

/// The key of an MCP server that is open to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ServerOf(pub(super) AccountId, pub(super) McpServerId);

/// The key of a message's citations, best match first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CitationsOf(pub(super) MessageId);

/// The key of a run's tool calls, in the order in which the model requested them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CallsOf(pub(super) RunId);

/// The key of all published versions of the template with this name, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct VersionsOf(pub(super) String);

impl Loader<AgentId> for Rows {
    type Value = Agent;
    type Error = ApiError;

    async fn load(&self, keys: &[AgentId]) -> Result<HashMap<AgentId, Agent>> {
        Ok(by_key(self.tenant.agents_by_ids(keys).await?, |agent| {
            agent.id
        }))
    }
}

impl Loader<AgentOf> for Rows {
    type Value = Agent;
    type Error = ApiError;

    async fn load(&self, keys: &[AgentOf]) -> Result<HashMap<AgentOf, Agent>> {
        let mut agents = HashMap::new();
        for (account, ids) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.store.tenant(account).agents_by_ids(&ids).await?;
            agents.extend(by_key(found, |agent| AgentOf(agent.account, agent.id)));
        }
        Ok(agents)
    }
}

impl Loader<GrantsOf> for Rows {
    type Value = Vec<ToolGrant>;
    type Error = ApiError;

    async fn load(&self, keys: &[GrantsOf]) -> Result<HashMap<GrantsOf, Vec<ToolGrant>>> {
        let mut grants: HashMap<GrantsOf, Vec<ToolGrant>> = HashMap::new();
        for (account, agents) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            for grant in self.store.tenant(account).grants_of(&agents).await? {
                let key = GrantsOf(account, grant.agent);
                grants.entry(key).or_default().push(grant);
            }
        }
        Ok(grants)
    }
}

impl Loader<ServerOf> for Rows {
    type Value = Arc<KnownServer>;
    type Error = ApiError;

    async fn load(&self, keys: &[ServerOf]) -> Result<HashMap<ServerOf, Self::Value>> {
        let mut servers = HashMap::new();
        for (account, ids) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.store.tenant(account).known_servers(&ids).await?;
            servers.extend(by_key(found, |server| ServerOf(account, server.id)));
        }
        Ok(servers)
    }
}

impl Loader<McpServerId> for Rows {
    type Value = McpServer;
    type Error = ApiError;

    async fn load(&self, keys: &[McpServerId]) -> Result<HashMap<McpServerId, McpServer>> {
        let found = self.services.mcp_servers_by_ids(&self.actor, keys).await?;
        Ok(by_key(found, |server| server.id))
    }
}

impl Loader<ConversationId> for Rows {
    type Value = Conversation;
    type Error = ApiError;

    async fn load(&self, keys: &[ConversationId]) -> Result<HashMap<ConversationId, Conversation>> {
        Ok(by_key(
            self.tenant.conversations_by_ids(keys).await?,
            |conversation| conversation.id,
        ))
    }
}

impl Loader<MessageId> for Rows {
    type Value = Message;
    type Error = ApiError;

    async fn load(&self, keys: &[MessageId]) -> Result<HashMap<MessageId, Message>> {
        Ok(by_key(
            self.tenant.messages_by_ids(keys).await?,
            |message| message.id,
        ))
    }
}

impl Loader<DocumentId> for Rows {
    type Value = Document;
    type Error = ApiError;

    async fn load(&self, keys: &[DocumentId]) -> Result<HashMap<DocumentId, Document>> {
        Ok(by_key(
            self.tenant.documents_by_ids(keys).await?,
            |document| document.id,
        ))
    }
}

impl Loader<CitationsOf> for Rows {
    type Value = Vec<ScoredPassage>;
    type Error = ApiError;

    async fn load(&self, keys: &[CitationsOf]) -> Result<HashMap<CitationsOf, Vec<ScoredPassage>>> {
        let messages: Vec<MessageId> = keys.iter().map(|key| key.0).collect();
        let mut citations: HashMap<CitationsOf, Vec<ScoredPassage>> = HashMap::new();
        for (message, passage) in self.tenant.citations_of(&messages).await? {
            citations
                .entry(CitationsOf(message))
                .or_default()
                .push(passage);
        }
        Ok(citations)
    }
}

impl Loader<ToolCallId> for Rows {
    type Value = ToolCall;
    type Error = ApiError;

    async fn load(&self, keys: &[ToolCallId]) -> Result<HashMap<ToolCallId, ToolCall>> {
        Ok(by_key(self.tenant.calls_by_ids(keys).await?, |call| {
            call.id
        }))
    }
}

impl Loader<CallsOf> for Rows {
    type Value = Vec<ToolCall>;
    type Error = ApiError;

    async fn load(&self, keys: &[CallsOf]) -> Result<HashMap<CallsOf, Vec<ToolCall>>> {
        let runs: Vec<RunId> = keys.iter().map(|key| key.0).collect();
        let mut calls: HashMap<CallsOf, Vec<ToolCall>> = HashMap::new();
        for call in self.tenant.calls_of_runs(&runs).await? {
            calls.entry(CallsOf(call.run)).or_default().push(call);
        }
        Ok(calls)
    }
}

impl Loader<RunId> for Rows {
    type Value = Run;
    type Error = ApiError;

    async fn load(&self, keys: &[RunId]) -> Result<HashMap<RunId, Run>> {
        Ok(by_key(self.tenant.runs_by_ids(keys).await?, |run| run.id))
    }
}

impl Loader<TemplateId> for Rows {
    type Value = Template;
    type Error = ApiError;

    async fn load(&self, keys: &[TemplateId]) -> Result<HashMap<TemplateId, Template>> {
        Ok(by_key(
            self.store.platform().templates_by_ids(keys).await?,
            |template| template.id,
        ))
    }
}

impl Loader<VersionsOf> for Rows {
    type Value = Vec<Template>;
    type Error = ApiError;

    async fn load(&self, keys: &[VersionsOf]) -> Result<HashMap<VersionsOf, Vec<Template>>> {
        let names: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let mut versions: HashMap<VersionsOf, Vec<Template>> = HashMap::new();
        for template in self.store.platform().versions_of(&names).await? {
            versions
                .entry(VersionsOf(template.spec.name.clone()))
                .or_default()
                .push(template);
        }
        Ok(versions)
    }
}

impl Loader<AccountId> for Rows {
    type Value = Account;
    type Error = ApiError;

    /// Loads the actor's own account only: the rows of a tenant refer to no other account.
    async fn load(&self, _keys: &[AccountId]) -> Result<HashMap<AccountId, Account>> {
        Ok(by_key(vec![self.tenant.account().await?], |account| {
            account.id
        }))
    }
}

fn by_account<T>(keys: impl Iterator<Item = (AccountId, T)>) -> HashMap<AccountId, Vec<T>> {
    let mut wanted: HashMap<AccountId, Vec<T>> = HashMap::new();
    for (account, key) in keys {
        wanted.entry(account).or_default().push(key);
    }
    wanted
}

fn by_key<K: Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, V> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Ends the batch window after one yield, when all ready resolvers have requested their keys. A real delay would cost a
/// millisecond per level of the document.
struct NextPoll;

impl Timer for NextPoll {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        tokio::task::yield_now().boxed()
    }
}
