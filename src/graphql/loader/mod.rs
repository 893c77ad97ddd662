//! Loaders of related objects: all objects that one level of a document needs are loaded with one query.

mod account_scope;
mod analytics;
mod conversation;
mod key;
mod persona;
mod public_access;
mod tool_call;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_graphql::{
    QueryPathNode,
    dataloader::{DataLoader, Loader},
    runtime::{Timer, TokioSpawner},
};
use futures::{FutureExt, future::BoxFuture};

pub(super) use key::{
    AccountAgentKey, AccountServerKey, ActiveRunKey, AlternativesKey, AnalyticsKey,
    ConversationHandoffsKey, PersonaKey, PublicAccessKey, RunToolCallsKey, SourcesKey,
    SpentBudgetKey, TemplateVersionsKey, ToolGrantsKey, VectorConfigsKey, WorkflowStatesKey,
};

use self::account_scope::AccountScopes;
use super::error::{ApiError, Result};
use crate::{
    domain::{
        Account, AccountId, Actor, Agent, AgentId, CachedServer, Conversation, ConversationId,
        Document, DocumentId, Handoff, HandoffId, McpServer, McpServerId, Message, MessageId,
        NumberedPassage, Run, RunId, Template, TemplateId, ToolGrant, VectorConfig,
    },
    error::Error,
    service::{Relations, Services},
};

/// The loaders of one request of one tenant. They are created on first use, because most subscriptions wait for a long
/// time and load nothing.
pub(super) struct Loaders {
    services: Arc<Services>,
    actor: Actor,
    relations: OnceLock<DataLoader<Relations>>,
    scopes: AccountScopes,
}

impl Loaders {
    /// Creates loaders that return only what the actor can see.
    pub(super) fn new(services: Arc<Services>, actor: Actor) -> Self {
        Self {
            services,
            actor,
            relations: OnceLock::new(),
            scopes: AccountScopes::default(),
        }
    }

    /// The loaders for a place in the response: those of the account of the object that the place is below.
    pub(super) fn at(&self, path: Option<&QueryPathNode<'_>>) -> &Self {
        self.scopes.at(path).unwrap_or(self)
    }

    /// Says that the object whose field is at `path` belongs to an account, with all that is below it.
    pub(super) fn enter(&self, account: AccountId, path: Option<&QueryPathNode<'_>>) -> Result<()> {
        if account == self.actor.account() {
            return Ok(());
        }
        let object = path.and_then(|field| field.parent);
        let object = object.ok_or_else(|| Error::internal("finding the place of an object"))?;
        Ok(self
            .scopes
            .enter(account, object, &self.actor, &self.services)?)
    }

    /// The authenticated caller.
    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The value of a key; none when it does not exist for the caller.
    pub(super) async fn load<K>(&self, key: K) -> Result<Option<<Relations as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Relations: Loader<K, Error = ApiError>,
    {
        self.relations()?.load_one(key).await
    }

    fn relations(&self) -> Result<&DataLoader<Relations>> {
        if let Some(relations) = self.relations.get() {
            return Ok(relations);
        }
        let relations = self.services.relations.of(&self.actor)?;
        let loader = || DataLoader::new(relations, TokioSpawner::current(), YieldTimer);
        Ok(self.relations.get_or_init(loader))
    }
}

impl Loader<AgentId> for Relations {
    type Value = Agent;
    type Error = ApiError;

    async fn load(&self, keys: &[AgentId]) -> Result<HashMap<AgentId, Agent>> {
        Ok(by_key(self.agents(keys).await?, |agent| agent.id))
    }
}

impl Loader<AccountAgentKey> for Relations {
    type Value = Agent;
    type Error = ApiError;

    async fn load(&self, keys: &[AccountAgentKey]) -> Result<HashMap<AccountAgentKey, Agent>> {
        let mut agents = HashMap::new();
        for (account, ids) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.agents_of(account, &ids).await?;
            agents.extend(by_key(found, |agent| {
                AccountAgentKey(agent.account, agent.id)
            }));
        }
        Ok(agents)
    }
}

impl Loader<SpentBudgetKey> for Relations {
    type Value = &'static str;
    type Error = ApiError;

    async fn load(&self, keys: &[SpentBudgetKey]) -> Result<HashMap<SpentBudgetKey, &'static str>> {
        let mut spent = HashMap::new();
        for key in keys {
            let found = self.spent_budget_of(key.0, key.1).await?;
            spent.extend(found.map(|sentence| (*key, sentence)));
        }
        Ok(spent)
    }
}

impl Loader<ToolGrantsKey> for Relations {
    type Value = Vec<ToolGrant>;
    type Error = ApiError;

    async fn load(&self, keys: &[ToolGrantsKey]) -> Result<HashMap<ToolGrantsKey, Vec<ToolGrant>>> {
        let mut grants: HashMap<ToolGrantsKey, Vec<ToolGrant>> = HashMap::new();
        for (account, agents) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            for grant in self.grants_of(account, &agents).await? {
                let key = ToolGrantsKey(account, grant.agent);
                grants.entry(key).or_default().push(grant);
            }
        }
        Ok(grants)
    }
}

impl Loader<VectorConfigsKey> for Relations {
    type Value = Vec<VectorConfig>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[VectorConfigsKey],
    ) -> Result<HashMap<VectorConfigsKey, Vec<VectorConfig>>> {
        let mut configs: HashMap<VectorConfigsKey, Vec<VectorConfig>> = HashMap::new();
        for (account, agents) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            for config in self.vector_configs_of(account, &agents).await? {
                let key = VectorConfigsKey(account, config.agent);
                configs.entry(key).or_default().push(config);
            }
        }
        Ok(configs)
    }
}

impl Loader<AccountServerKey> for Relations {
    type Value = Arc<CachedServer>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[AccountServerKey],
    ) -> Result<HashMap<AccountServerKey, Self::Value>> {
        let mut servers = HashMap::new();
        for (account, ids) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.grantable_servers_of(account, &ids).await?;
            servers.extend(by_key(found, |server| AccountServerKey(account, server.id)));
        }
        Ok(servers)
    }
}

impl Loader<McpServerId> for Relations {
    type Value = McpServer;
    type Error = ApiError;

    async fn load(&self, keys: &[McpServerId]) -> Result<HashMap<McpServerId, McpServer>> {
        let found = self.mcp_servers(keys).await?;
        Ok(by_key(found, |server| server.id))
    }
}

impl Loader<ConversationId> for Relations {
    type Value = Conversation;
    type Error = ApiError;

    async fn load(&self, keys: &[ConversationId]) -> Result<HashMap<ConversationId, Conversation>> {
        Ok(by_key(self.conversations(keys).await?, |conversation| {
            conversation.id
        }))
    }
}

impl Loader<HandoffId> for Relations {
    type Value = Handoff;
    type Error = ApiError;

    async fn load(&self, keys: &[HandoffId]) -> Result<HashMap<HandoffId, Handoff>> {
        Ok(by_key(self.handoffs(keys).await?, |handoff| handoff.id))
    }
}

impl Loader<MessageId> for Relations {
    type Value = Message;
    type Error = ApiError;

    async fn load(&self, keys: &[MessageId]) -> Result<HashMap<MessageId, Message>> {
        Ok(by_key(self.messages(keys).await?, |message| message.id))
    }
}

impl Loader<DocumentId> for Relations {
    type Value = Document;
    type Error = ApiError;

    async fn load(&self, keys: &[DocumentId]) -> Result<HashMap<DocumentId, Document>> {
        Ok(by_key(self.documents(keys).await?, |document| document.id))
    }
}

impl Loader<SourcesKey> for Relations {
    type Value = Vec<NumberedPassage>;
    type Error = ApiError;

    async fn load(&self, keys: &[SourcesKey]) -> Result<HashMap<SourcesKey, Vec<NumberedPassage>>> {
        let messages: Vec<MessageId> = keys.iter().map(|key| key.0).collect();
        let mut sources: HashMap<SourcesKey, Vec<NumberedPassage>> = HashMap::new();
        for (message, source) in self.sources(&messages).await? {
            sources.entry(SourcesKey(message)).or_default().push(source);
        }
        Ok(sources)
    }
}

impl Loader<RunId> for Relations {
    type Value = Run;
    type Error = ApiError;

    async fn load(&self, keys: &[RunId]) -> Result<HashMap<RunId, Run>> {
        Ok(by_key(self.runs(keys).await?, |run| run.id))
    }
}

impl Loader<TemplateId> for Relations {
    type Value = Template;
    type Error = ApiError;

    async fn load(&self, keys: &[TemplateId]) -> Result<HashMap<TemplateId, Template>> {
        Ok(by_key(self.templates(keys).await?, |template| template.id))
    }
}

impl Loader<TemplateVersionsKey> for Relations {
    type Value = Vec<Template>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[TemplateVersionsKey],
    ) -> Result<HashMap<TemplateVersionsKey, Vec<Template>>> {
        let names: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let mut versions: HashMap<TemplateVersionsKey, Vec<Template>> = HashMap::new();
        for template in self.template_versions(&names).await? {
            versions
                .entry(TemplateVersionsKey(template.spec.name.clone()))
                .or_default()
                .push(template);
        }
        Ok(versions)
    }
}

impl Loader<AccountId> for Relations {
    type Value = Account;
    type Error = ApiError;

    /// Loads the actor's own account only: the rows of a tenant refer to no other account.
    async fn load(&self, _keys: &[AccountId]) -> Result<HashMap<AccountId, Account>> {
        Ok(by_key(vec![self.account().await?], |account| account.id))
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
struct YieldTimer;

impl Timer for YieldTimer {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        tokio::task::yield_now().boxed()
    }
}
