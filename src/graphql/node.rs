//! The `Node` interface, and the caller of a request.

use async_graphql::{Context, ID, Interface, Object};

use super::{
    account::Account,
    agent::Agent,
    api_key::{ApiKey, Role},
    audit::AuditEntry,
    context::ContextExt,
    conversation::Conversation,
    document::Document,
    error::Result,
    handoff::Handoff,
    identity_provider::IdentityProvider,
    mcp_server::McpServer,
    message::Message,
    provider_key::ProviderKey,
    registered_operation::RegisteredOperation,
    route_correction::RouteCorrection,
    run::Run,
    session::{EndUser, Session},
    template::AgentTemplate,
    tool_call::ToolCall,
    webhook::Webhook,
};
use crate::{
    domain::{self, Actor, NodeId, Operation},
    error::Error,
};

/// An object with an id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The id: a prefix for the kind of object and 26 characters. Ids sort by creation time."
))]
pub(super) enum Node {
    /// An account (tenant).
    Account(Account),
    /// A published version of an agent type.
    AgentTemplate(AgentTemplate),
    /// An account's configured instance of a template version.
    Agent(Agent),
    /// An API key of an account.
    ApiKey(ApiKey),
    /// An entry of an account's audit log.
    AuditEntry(AuditEntry),
    /// A sequence of messages.
    Conversation(Conversation),
    /// A document in an agent's knowledge.
    Document(Document),
    /// A person who chats.
    EndUser(EndUser),
    /// A change of the agent that answers a conversation.
    Handoff(Handoff),
    /// An identity provider of an account.
    IdentityProvider(IdentityProvider),
    /// A registered MCP server.
    McpServer(McpServer),
    /// A message in a conversation.
    Message(Message),
    /// An account's own key for a provider of models.
    ProviderKey(ProviderKey),
    /// A document that an account has registered for its end users.
    RegisteredOperation(RegisteredOperation),
    /// A sign that the router chose the wrong agent.
    RouteCorrection(RouteCorrection),
    /// The production of one answer.
    Run(Run),
    /// The session of an end user.
    Session(Session),
    /// A tool call that a model requested.
    ToolCall(ToolCall),
    /// An address to which the events of an account are sent.
    Webhook(Webhook),
}

/// Returns the object with this id if the actor can see it. `field` is the path that an error about the id reports.
pub(super) async fn find_node(ctx: &Context<'_>, field: &str, id: &str) -> Result<Option<Node>> {
    let (services, actor) = (ctx.services()?, ctx.actor()?);
    let id = NodeId::parse(field, id)?;
    if let Some(id) = id.of() {
        let end_user = services.sessions.end_user(actor, id).await?;
        return Ok(end_user.map(|end_user| Node::EndUser(EndUser(end_user))));
    }
    if let Some(id) = id.of() {
        let session = services.sessions.get(actor, id).await?;
        return Ok(session.map(|session| Node::Session(Session(session))));
    }
    if actor.end_user().is_some() && is_for_keys(&id) {
        return Ok(None);
    }
    if let Some(id) = id.of() {
        return Ok(services
            .accounts
            .get(actor, Some(id))
            .await?
            .map(|account| Node::Account(Account(account))));
    }
    if let Some(id) = id.of() {
        return Ok(services
            .audit
            .get(actor, id)
            .await?
            .map(|entry| Node::AuditEntry(AuditEntry(entry))));
    }
    if let Some(id) = id.of() {
        let handoff = ctx.loaders()?.load::<domain::HandoffId>(id).await?;
        return Ok(handoff.map(|handoff| Node::Handoff(Handoff(handoff))));
    }
    find_setting(ctx, field, &id).await
}

/// Whether an id is of a kind that no end user can see.
fn is_for_keys(id: &NodeId) -> bool {
    [
        id.of().map(|_: domain::AccountId| ()),
        id.of().map(|_: domain::AuditId| ()),
        id.of().map(|_: domain::KeyId| ()),
        id.of().map(|_: domain::IdentityProviderId| ()),
        id.of().map(|_: domain::ProviderKeyId| ()),
        id.of().map(|_: domain::RegisteredOperationId| ()),
        id.of().map(|_: domain::RouteCorrectionId| ()),
        id.of().map(|_: domain::McpServerId| ()),
        id.of().map(|_: domain::TemplateId| ()),
        id.of().map(|_: domain::WebhookId| ()),
    ]
    .contains(&Some(()))
}

/// Returns the object with this id, for the settings of accounts, which their administrators see.
async fn find_setting(ctx: &Context<'_>, field: &str, id: &NodeId) -> Result<Option<Node>> {
    let (services, actor) = (ctx.services()?, ctx.actor()?);
    if let Some(id) = id.of() {
        return Ok(services
            .api_keys
            .get(actor, id)
            .await?
            .map(|key| Node::ApiKey(ApiKey(key))));
    }
    if let Some(id) = id.of() {
        return Ok(services
            .provider_keys
            .get(actor, id)
            .await?
            .map(|key| Node::ProviderKey(ProviderKey(key))));
    }
    if let Some(id) = id.of() {
        let provider = services.identity_providers.get(actor, id).await?;
        return Ok(provider.map(|provider| Node::IdentityProvider(IdentityProvider(provider))));
    }
    if let Some(id) = id.of() {
        let operation = services.registered_operations.get(actor, id).await?;
        return Ok(operation.map(|found| Node::RegisteredOperation(RegisteredOperation(found))));
    }
    if let Some(id) = id.of() {
        let correction = services.route_corrections.get(actor, id).await?;
        return Ok(correction.map(|correction| Node::RouteCorrection(RouteCorrection(correction))));
    }
    if let Some(id) = id.of() {
        let webhook = services.webhooks.get(actor, id).await?;
        return Ok(webhook.map(|webhook| Node::Webhook(Webhook(webhook))));
    }
    find_row(ctx, field, id).await
}

/// Returns the object with this id, for the kinds of objects that a [`super::loader::Loaders`] loads in batches.
async fn find_row(ctx: &Context<'_>, field: &str, id: &NodeId) -> Result<Option<Node>> {
    let loaders = ctx.loaders()?;
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::AgentId>(id)
            .await?
            .map(|agent| Node::Agent(Agent(agent))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::ConversationId>(id)
            .await?
            .map(|conversation| Node::Conversation(Conversation(conversation))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::MessageId>(id)
            .await?
            .map(|message| Node::Message(Message(message))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::DocumentId>(id)
            .await?
            .map(|document| Node::Document(Document(document))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::McpServerId>(id)
            .await?
            .map(|server| Node::McpServer(McpServer::from(server))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::RunId>(id)
            .await?
            .map(|run| Node::Run(Run(run))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::ToolCallId>(id)
            .await?
            .map(|call| Node::ToolCall(ToolCall(call))));
    }
    if let Some(id) = id.of() {
        return Ok(loaders
            .load::<domain::TemplateId>(id)
            .await?
            .map(|template| Node::AgentTemplate(AgentTemplate(template))));
    }
    Err(Error::bad_input(field, format!("\"{}_…\" ids name nothing here", id.prefix)).into())
}

/// The caller.
pub(super) struct Viewer {
    actor: Actor,
    /// The account; none for an end user, who does not see it.
    account: Option<domain::Account>,
    /// The session of an end user.
    session: Option<domain::Session>,
    end_user: Option<domain::EndUser>,
}

impl Viewer {
    /// Returns the caller of the request with its account.
    pub(super) async fn of(ctx: &Context<'_>) -> Result<Self> {
        authorize(ctx, Operation::Viewer)?;
        let actor = ctx.actor()?.clone();
        let sessions = &ctx.services()?.sessions;
        let session = sessions.own(&actor).await?;
        let end_user = match actor.end_user() {
            Some(scope) => sessions.end_user(&actor, scope.end_user).await?,
            None => None,
        };
        let account = if actor.end_user().is_some() {
            None
        } else {
            let account = ctx.loaders()?.load(actor.account()).await?;
            Some(account.ok_or_else(|| Error::not_found("account"))?)
        };
        Ok(Self {
            actor,
            account,
            session,
            end_user,
        })
    }
}

/// The caller.
#[Object]
impl Viewer {
    /// The account that the caller acts in; null for an end user.
    async fn account(&self) -> Option<Account> {
        self.account.clone().map(Account)
    }

    /// The caller's role.
    async fn role(&self) -> Role {
        self.actor.role().map_or(Role::EndUser, Into::into)
    }

    /// The session of an end user; null for the holder of a key or of an identity provider's token.
    async fn session(&self) -> Option<Session> {
        self.session.clone().map(Session)
    }

    /// The end user; null for the holder of a key.
    async fn end_user(&self) -> Option<EndUser> {
        self.end_user.clone().map(EndUser)
    }

    /// The key of the caller; null for an operator inside another account, and for an end user.
    async fn api_key(&self, ctx: &Context<'_>) -> Option<Result<ApiKey>> {
        let found = async { Ok(ctx.services()?.api_keys.own(&self.actor).await?.map(ApiKey)) };
        found.await.transpose()
    }
}

/// Checks the operation's role in resolvers that call only loaders, which do not check roles.
pub(super) fn authorize(ctx: &Context<'_>, operation: Operation) -> Result<()> {
    ctx.actor()?.authorize(operation)?;
    Ok(())
}
