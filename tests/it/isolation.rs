//! Isolation of accounts: every argument that accepts an id, called with a foreign one.
//!
//! The reply for a foreign id must equal that for an unknown id. The arguments are found in the schema, so that a new
//! one without an entry here fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use troupe::domain::{
    AccountId, AgentId, AuditId, ConversationId, DocumentId, EndUserId, IdentityProviderId, KeyId,
    McpServerId, MessageId, PersonaItemId, ProviderKeyId, RegisteredOperationId, RouteCorrectionId,
    RunId, SessionId, TemplateId, ToolCallId, WebhookId,
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    conversation::Exchange,
    knowledge::ingest,
    persona::{change, expert},
    registry::KEYS as KEY_RING,
    routing::corrections::corrected,
    schema::Model,
    support::{Account, Client, EMBEDDINGS, Reply, Script, TestApp, ToolServer, until},
    tools::{LOCAL, grant, register},
    webhooks::a_webhook,
};

/// The kind of an id.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Account,
    Agent,
    Call,
    Conversation,
    Document,
    EndUser,
    Entry,
    IdentityProvider,
    Key,
    Message,
    Operation,
    PersonaItem,
    ProviderKey,
    RouteCorrection,
    Run,
    Server,
    Session,
    Template,
    Webhook,
}

use Kind::{
    Account as AccountKind, Agent, Call, Conversation, Document, EndUser, Entry, IdentityProvider,
    Key, Message, Operation, PersonaItem, ProviderKey, RouteCorrection, Run, Server, Session,
    Template, Webhook,
};

/// The reply for a foreign id.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    NotFound,
    /// Null, without an error.
    Null,
    /// An empty list.
    Nothing,
    /// The error `BAD_USER_INPUT` for every id: the caller may not name one there.
    Refused,
    /// The error `FORBIDDEN` for every id: the operation is for operators, who act in every account.
    Forbidden,
}

use Answer::{Forbidden, NotFound, Nothing, Null, Refused};

/// An argument that accepts an id, the kinds it accepts, a document with `$id` in its position, and the reply for a
/// foreign id.
type Place = (&'static str, &'static [Kind], &'static str, Answer);

const ANY: &[Kind] = &[
    AccountKind,
    Agent,
    Call,
    Conversation,
    Document,
    EndUser,
    Entry,
    IdentityProvider,
    Key,
    Message,
    Operation,
    ProviderKey,
    RouteCorrection,
    Run,
    Server,
    Session,
    Webhook,
];

const PLACES: &[Place] = &[
    (
        "Query.node(id)",
        ANY,
        "query($id: ID!) { node(id: $id) { id } }",
        Null,
    ),
    (
        "Query.nodes(ids)",
        ANY,
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
        Nothing,
    ),
    (
        "Query.account(id)",
        &[AccountKind],
        "query($id: ID!) { account(id: $id) { id } }",
        Null,
    ),
    (
        "Query.accountDeletion(accountId)",
        &[AccountKind],
        "query($id: ID!) { accountDeletion(accountId: $id) { accountId } }",
        Forbidden,
    ),
    (
        "Query.agent(by.id)",
        &[Agent],
        "query($id: ID!) { agent(by: {id: $id}) { id } }",
        Null,
    ),
    (
        "Query.conversations(filter.agentId)",
        &[Agent],
        "query($id: ID!) { conversations(filter: {agentId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.conversation(id)",
        &[Conversation],
        "query($id: ID!) { conversation(id: $id) { id } }",
        Null,
    ),
    (
        "Query.run(id)",
        &[Run],
        "query($id: ID!) { run(id: $id) { id } }",
        Null,
    ),
    (
        "Query.runs(filter.accountId)",
        &[AccountKind],
        "query($id: ID!) { runs(filter: {accountId: $id}) { nodes { id } } }",
        NotFound,
    ),
    (
        "Query.runs(filter.agentId)",
        &[Agent],
        "query($id: ID!) { runs(filter: {agentId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.runs(filter.conversationId)",
        &[Conversation],
        "query($id: ID!) { runs(filter: {conversationId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.analytics(agentId)",
        &[Agent],
        "query($id: ID!) { analytics(agentId: $id, range: {from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) { routing { decisions } } }",
        NotFound,
    ),
    (
        "Mutation.createSession(input.agentIds)",
        &[Agent],
        "mutation($id: ID!) { createSession(input: {endUser: \"Ada\", agentIds: [$id]}) { token } }",
        NotFound,
    ),
    (
        "Mutation.revokeSessions(input.sessionId)",
        &[Session],
        "mutation($id: ID!) { revokeSessions(input: {sessionId: $id}) { revoked } }",
        NotFound,
    ),
    (
        "Mutation.setPublicAccess(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { setPublicAccess(input: {agentId: $id, origins: [\"https://shop.example\"]}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.revokePublicAccess(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { revokePublicAccess(input: {agentId: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.startPublicSession(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { startPublicSession(input: {agentId: $id}) { token } }",
        NotFound,
    ),
    (
        "Mutation.unregisterOperations(input.ids)",
        &[Operation],
        "mutation($id: ID!) { unregisterOperations(input: {ids: [$id]}) { deletedIds } }",
        NotFound,
    ),
    (
        "Query.pendingApprovals(filter.agentId)",
        &[Agent],
        "query($id: ID!) { pendingApprovals(filter: {agentId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.pendingApprovals(filter.conversationId)",
        &[Conversation],
        "query($id: ID!) { pendingApprovals(filter: {conversationId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.routeCorrections(filter.agentId)",
        &[Agent],
        "query($id: ID!) { routeCorrections(filter: {agentId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Mutation.acceptRouteCorrection(input.id)",
        &[RouteCorrection],
        "mutation($id: ID!) { acceptRouteCorrection(input: {id: $id}) { routeCorrection { id } } }",
        NotFound,
    ),
    (
        "Mutation.acceptRouteCorrection(input.agentId)",
        &[Agent],
        "mutation($id: ID!, $correction: ID!) { acceptRouteCorrection(input: {id: $correction, agentId: $id}) { routeCorrection { id } } }",
        NotFound,
    ),
    (
        "Mutation.dismissRouteCorrection(input.id)",
        &[RouteCorrection],
        "mutation($id: ID!) { dismissRouteCorrection(input: {id: $id}) { routeCorrection { id } } }",
        NotFound,
    ),
    (
        "Mutation.suspendAccount(input.id)",
        &[AccountKind],
        "mutation($id: ID!) { suspendAccount(input: {id: $id}) { account { id } } }",
        Forbidden,
    ),
    (
        "Mutation.resumeAccount(input.id)",
        &[AccountKind],
        "mutation($id: ID!) { resumeAccount(input: {id: $id}) { account { id } } }",
        Forbidden,
    ),
    (
        "Mutation.deleteAccount(input.id)",
        &[AccountKind],
        "mutation($id: ID!) { deleteAccount(input: {id: $id, name: \"Stranger\"}) { deletion { accountId } } }",
        Forbidden,
    ),
    (
        "Mutation.updateAccount(input.id)",
        &[AccountKind],
        "mutation($id: ID!) { updateAccount(input: {id: $id, name: \"Taken\"}) { account { id } } }",
        NotFound,
    ),
    (
        "Mutation.revokeApiKey(input.id)",
        &[Key],
        "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }",
        NotFound,
    ),
    (
        "Mutation.removeIdentityProvider(input.id)",
        &[IdentityProvider],
        "mutation($id: ID!) { removeIdentityProvider(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.updateWebhook(input.id)",
        &[Webhook],
        "mutation($id: ID!) { updateWebhook(input: {id: $id, status: PAUSED}) { webhook { url } } }",
        NotFound,
    ),
    (
        "Mutation.deleteWebhook(input.id)",
        &[Webhook],
        "mutation($id: ID!) { deleteWebhook(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.removeProviderKey(input.id)",
        &[ProviderKey],
        "mutation($id: ID!) { removeProviderKey(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.deprecateAgentTemplate(input.id)",
        &[Template],
        "mutation($id: ID!) { deprecateAgentTemplate(input: {id: $id}) { template { id } } }",
        NotFound,
    ),
    (
        "Mutation.createAgent(input.fallbackAgentId)",
        &[Agent],
        "mutation($id: ID!) { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Spy\", fallbackAgentId: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.updateAgent(input.id)",
        &[Agent],
        "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Taken\"}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.updateAgent(input.fallbackAgentId)",
        &[Agent],
        "mutation($id: ID!, $own: ID!) { updateAgent(input: {id: $own, fallbackAgentId: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.upgradeAgent(input.id)",
        &[Agent],
        "mutation($id: ID!) { upgradeAgent(input: {id: $id, version: \"1.0.0\"}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.startCanary(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { startCanary(input: {agentId: $id, version: \"1.0.0\", share: 1}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.endCanary(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { endCanary(input: {agentId: $id, promote: false}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.deleteAgent(input.id)",
        &[Agent],
        "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.suspendAgent(input.id)",
        &[Agent],
        "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.activateAgent(input.id)",
        &[Agent],
        "mutation($id: ID!) { activateAgent(input: {id: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.changeVectorStore(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { changeVectorStore(input: {agentId: $id, kind: EMBEDDED}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.ingestDocument(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { ingestDocument(input: {agentId: $id, title: \"Planted\", text: \"Planted.\"}) { document { id } } }",
        NotFound,
    ),
    (
        "Mutation.deleteDocument(input.id)",
        &[Document],
        "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.updatePersona(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { updatePersona(input: {agentId: $id, expectedVersion: 0, add: [{kind: TOPIC, text: \"Planted\"}]}) { persona { version } } }",
        NotFound,
    ),
    (
        "Mutation.updatePersona(input.replace.id)",
        &[PersonaItem],
        "mutation($id: ID!, $expert: ID!) { updatePersona(input: {agentId: $expert, expectedVersion: 0, replace: [{id: $id, text: \"Planted\"}]}) { persona { version } } }",
        NotFound,
    ),
    (
        "Mutation.updatePersona(input.removeIds)",
        &[PersonaItem],
        "mutation($id: ID!, $expert: ID!) { updatePersona(input: {agentId: $expert, expectedVersion: 0, removeIds: [$id]}) { persona { version } } }",
        NotFound,
    ),
    (
        "Mutation.rebuildPersona(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { rebuildPersona(input: {agentId: $id}) { persona { version } } }",
        NotFound,
    ),
    (
        "Query.previewRoute(conversationId)",
        &[Conversation],
        "query($id: ID!) { previewRoute(message: \"secret\", conversationId: $id) { reason } }",
        NotFound,
    ),
    (
        "Query.searchKnowledge(agentId)",
        &[Agent],
        "query($id: ID!) { searchKnowledge(agentId: $id, query: \"secret\") { text } }",
        NotFound,
    ),
    (
        "Subscription.documentProgress(documentId)",
        &[Document],
        "subscription($id: ID!) { documentProgress(documentId: $id) { id } }",
        NotFound,
    ),
    (
        "Subscription.documentProgress(agentId)",
        &[Agent],
        "subscription($id: ID!) { documentProgress(agentId: $id) { id } }",
        NotFound,
    ),
    (
        "Mutation.registerMcpServer(input.accountIds)",
        &[AccountKind],
        "mutation($id: ID!) { registerMcpServer(input: {name: \"Spy\", type: \"demo\", endpointUrl: \"https://example.com/\", stateless: true, accountIds: [$id]}) { mcpServer { id } } }",
        Refused,
    ),
    (
        "Mutation.updateMcpServer(input.id)",
        &[Server],
        "mutation($id: ID!) { updateMcpServer(input: {id: $id, name: \"Taken\"}) { mcpServer { id } } }",
        NotFound,
    ),
    (
        "Mutation.updateMcpServer(input.accountIds)",
        &[AccountKind],
        "mutation($id: ID!, $server: ID!) { updateMcpServer(input: {id: $server, accountIds: [$id]}) { mcpServer { id } } }",
        Refused,
    ),
    (
        "Mutation.removeMcpServer(input.id)",
        &[Server],
        "mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Mutation.refreshMcpServer(input.id)",
        &[Server],
        "mutation($id: ID!) { refreshMcpServer(input: {id: $id}) { mcpServer { id } } }",
        NotFound,
    ),
    (
        "Mutation.grantTools(input.agentId)",
        &[Agent],
        "mutation($id: ID!, $server: ID!) { grantTools(input: {agentId: $id, serverId: $server, tools: [\"find\"]}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.grantTools(input.serverId)",
        &[Server],
        "mutation($id: ID!, $own: ID!) { grantTools(input: {agentId: $own, serverId: $id, tools: [\"find\"]}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.revokeTools(input.agentId)",
        &[Agent],
        "mutation($id: ID!, $server: ID!) { revokeTools(input: {agentId: $id, serverId: $server}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.revokeTools(input.serverId)",
        &[Server],
        "mutation($id: ID!, $own: ID!) { revokeTools(input: {agentId: $own, serverId: $id}) { agent { id } } }",
        NotFound,
    ),
    (
        "Mutation.resolveToolCall(input.toolCallId)",
        &[Call],
        "mutation($id: ID!, $digest: String!) { resolveToolCall(input: {toolCallId: $id, approve: true, argumentsDigest: $digest}) { toolCall { id } } }",
        NotFound,
    ),
    (
        "Query.auditLog(filter.subject)",
        ANY,
        "query($id: ID!) { auditLog(filter: {subject: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.auditLog(filter.agentId)",
        &[Agent],
        "query($id: ID!) { auditLog(filter: {agentId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Query.auditLog(filter.conversationId)",
        &[Conversation],
        "query($id: ID!) { auditLog(filter: {conversationId: $id}) { nodes { id } } }",
        Nothing,
    ),
    (
        "Mutation.sendMessage(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", agentId: $id}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.sendMessage(input.conversationId)",
        &[Conversation],
        "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", conversationId: $id}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.cancelRun(input.runId)",
        &[Run],
        "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.handOff(input.conversationId)",
        &[Conversation],
        "mutation($id: ID!, $own: ID!) { handOff(input: {conversationId: $id, toAgentId: $own, reason: \"Other hours\"}) { handoff { id } } }",
        NotFound,
    ),
    (
        "Mutation.handOff(input.toAgentId)",
        &[Agent],
        "mutation($id: ID!, $conversation: ID!) { handOff(input: {conversationId: $conversation, toAgentId: $id, reason: \"Other hours\"}) { handoff { id } } }",
        NotFound,
    ),
    (
        "Mutation.rateMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { rateMessage(input: {messageId: $id, value: DOWN}) { message { id } } }",
        NotFound,
    ),
    (
        "Mutation.updateConversation(input.id)",
        &[Conversation],
        "mutation($id: ID!) { updateConversation(input: {id: $id, title: \"Mine\"}) { conversation { id } } }",
        NotFound,
    ),
    (
        "Mutation.regenerateMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { regenerateMessage(input: {messageId: $id, clientMessageId: \"again\"}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.editMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { editMessage(input: {messageId: $id, message: \"Hi\", clientMessageId: \"edit\"}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.continueMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { continueMessage(input: {messageId: $id, clientMessageId: \"more\"}) { run { id } } }",
        NotFound,
    ),
    (
        "Mutation.selectAlternative(input.messageId)",
        &[Message],
        "mutation($id: ID!) { selectAlternative(input: {messageId: $id}) { conversation { id } } }",
        NotFound,
    ),
    (
        "Mutation.deleteConversation(input.id)",
        &[Conversation],
        "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
        NotFound,
    ),
    (
        "Subscription.chat(input.agentId)",
        &[Agent],
        "subscription($id: ID!) { chat(input: {message: \"Hello\", clientMessageId: \"a\", agentId: $id}) { runId } }",
        NotFound,
    ),
    (
        "Subscription.chat(input.conversationId)",
        &[Conversation],
        "subscription($id: ID!) { chat(input: {message: \"Hello\", clientMessageId: \"b\", conversationId: $id}) { runId } }",
        NotFound,
    ),
    (
        "Subscription.runEvents(runId)",
        &[Run],
        "subscription($id: ID!) { runEvents(runId: $id) { runId } }",
        NotFound,
    ),
    (
        "Subscription.conversationEvents(conversationId)",
        &[Conversation],
        "subscription($id: ID!) { conversationEvents(conversationId: $id) { runId } }",
        NotFound,
    ),
    (
        "Subscription.toolApprovals(filter.agentId)",
        &[Agent],
        "subscription($id: ID!) { toolApprovals(filter: {agentId: $id}) { id } }",
        NotFound,
    ),
    (
        "Subscription.toolApprovals(filter.conversationId)",
        &[Conversation],
        "subscription($id: ID!) { toolApprovals(filter: {conversationId: $id}) { id } }",
        NotFound,
    ),
    (
        "Subscription.agentChanged(agentId)",
        &[Agent],
        "subscription($id: ID!) { agentChanged(agentId: $id) { id } }",
        NotFound,
    ),
];

/// Every argument of the schema that accepts an id, by its name in [`PLACES`].
pub(crate) fn places_of_the_schema() -> BTreeSet<String> {
    let schema = Model::ours();
    let mut places = BTreeSet::new();
    for (name, definition) in schema
        .0
        .iter()
        .filter(|(_, definition)| definition.kind == "type")
    {
        for (field, known) in &definition.members {
            for (argument, given) in &known.arguments {
                for path in id_paths(&schema, &given.ty, argument, 0) {
                    places.insert(format!("{name}.{field}({path})"));
                }
            }
        }
    }
    places
}

/// The paths below an argument or input field that hold an id.
fn id_paths(schema: &Model, ty: &str, path: &str, depth: usize) -> Vec<String> {
    assert!(depth < 10, "{path}: an input within itself");
    let ty = ty.trim_matches(['[', ']', '!']);
    if ty == "ID" {
        return vec![path.to_owned()];
    }
    let fields = schema
        .0
        .get(ty)
        .filter(|known| known.kind == "input")
        .into_iter();
    fields
        .flat_map(|known| &known.members)
        .flat_map(|(name, field)| id_paths(schema, &field.ty, &format!("{path}.{name}"), depth + 1))
        .collect()
}

/// An id of this kind that never existed.
fn never(kind: Kind) -> String {
    let uuid = Uuid::now_v7();
    match kind {
        AccountKind => AccountId::from_uuid(uuid).to_string(),
        Agent => AgentId::from_uuid(uuid).to_string(),
        Call => ToolCallId::from_uuid(uuid).to_string(),
        Entry => AuditId::from_uuid(uuid).to_string(),
        Server => McpServerId::from_uuid(uuid).to_string(),
        Conversation => ConversationId::from_uuid(uuid).to_string(),
        Document => DocumentId::from_uuid(uuid).to_string(),
        EndUser => EndUserId::from_uuid(uuid).to_string(),
        Session => SessionId::from_uuid(uuid).to_string(),
        IdentityProvider => IdentityProviderId::from_uuid(uuid).to_string(),
        Key => KeyId::from_uuid(uuid).to_string(),
        Message => MessageId::from_uuid(uuid).to_string(),
        Operation => RegisteredOperationId::from_uuid(uuid).to_string(),
        PersonaItem => PersonaItemId::from_uuid(uuid).to_string(),
        ProviderKey => ProviderKeyId::from_uuid(uuid).to_string(),
        RouteCorrection => RouteCorrectionId::from_uuid(uuid).to_string(),
        Run => RunId::from_uuid(uuid).to_string(),
        Template => TemplateId::from_uuid(uuid).to_string(),
        Webhook => WebhookId::from_uuid(uuid).to_string(),
    }
}

/// The kind's noun in messages.
fn noun(kind: Kind) -> &'static str {
    match kind {
        AccountKind => "an account",
        Agent => "an agent",
        Call => "a tool call",
        Entry => "an audit entry",
        Server => "an MCP server",
        Conversation => "a conversation",
        Document => "a document",
        EndUser => "an end user",
        Session => "a session",
        IdentityProvider => "an identity provider",
        Key => "a key",
        Message => "a message",
        Operation => "a registered operation",
        PersonaItem => "a persona item",
        ProviderKey => "a provider key",
        RouteCorrection => "a correction",
        Run => "a run",
        Template => "a template",
        Webhook => "a webhook",
    }
}

/// All rows of an account, as its owner sees them.
async fn everything(account: &Account) -> Value {
    let query = "{ viewer { account { id name tier configuration billing { spentTokens } apiKeys { nodes { id name role revokedAt expiresAt } } providerKeys { id lastCharacters updatedAt } identityProviders { id name } } }
        webhooks { id url status cursor updatedAt }
        agents { totalCount nodes { id slug name status tier configuration updatedAt fallback { id } } }
        documents: agents { nodes { documents { totalCount nodes { id title } } } }
        conversations { totalCount nodes { id endUser context updatedAt agent { id }
            messages { totalCount nodes { id text rating { value } run { id status attempt } } } } }
        agentTemplates(includeDeprecated: true) { nodes { id deprecatedAt } } }";
    let tools = "{ mcpServers { totalCount nodes { id name type endpointUrl stateless updatedAt } }
        pendingApprovals { totalCount nodes { id status argumentsDigest resolvedBy } }
        auditLog { totalCount nodes { id hash } }
        personas: agents { nodes { persona { version state topics { id text origin } } } }
        agents { nodes { toolGrants { server { id } tools policy } } } }";
    json!([
        account.owner.ok(query, json!({})).await,
        account.owner.ok(tools, json!({})).await
    ])
}

struct Stage {
    app: TestApp,
    said: Exchange,
    foreign: Exchange,
    foreign_key: String,
    foreign_provider_key: String,
    foreign_webhook: String,
    foreign_identity_provider: String,
    foreign_operation: String,
    foreign_document: String,
    foreign_persona_item: String,
    foreign_correction: String,
    own_correction: String,
    foreign_server: String,
    foreign_call: String,
    foreign_session: String,
    foreign_end_user: String,
    foreign_entry: String,
    own_server: String,
    own_expert: String,
    digest: String,
    _tools: ToolServer,
}

impl Stage {
    #[expect(clippy::too_many_lines, reason = "a list of rows, one after the other")]
    async fn set() -> Self {
        let app = TestApp::with(&[EMBEDDINGS, LOCAL, KEY_RING]).await;
        let hello = json!({"message": "Hello", "endUser": "Ada"});
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let said = Exchange::of(&app.home.member, hello.clone()).await;
        let foreign = Exchange::of(&app.stranger.member, hello).await;
        let keys = app
            .stranger
            .reader
            .ok("{ viewer { apiKey { id } } }", json!({}))
            .await;
        let set = "mutation { setProviderKey(input: {provider: \"openai\", secret: \"sk-key-of-a-test\"}) { providerKey { id } } }";
        let provider_key = app.stranger.admin.ok(set, json!({})).await;
        let foreign_identity_provider = identity_provider(&app.stranger).await;
        let foreign_webhook = a_webhook(&app.stranger.admin, "https://example.com/hook").await;
        let foreign_operation = registered_operation(&app.stranger).await;
        let secret = json!({"agentId": app.stranger.agent, "title": "Secret", "text": "A secret."});
        let document = ingest(&app.stranger.admin, secret).await;
        let own_expert = expert(&app.home.admin).await;
        let foreign_persona_item = foreign_persona_item(&app).await;
        let own_correction = text(&corrected(&app.home).await["id"]);
        let foreign_correction = text(&corrected(&app.stranger).await["id"]);
        let tools = ToolServer::start().await;
        let own_server = register(&app.home.admin, "Own", &tools.url).await;
        let foreign_server = register(&app.stranger.admin, "Workshop", &tools.url).await;
        let (foreign_call, digest) = waiting_call(&app, &foreign_server).await;
        let create = "mutation { createSession(input: {endUser: \"Ada\"}) { session { id endUser { id } } } }";
        let created = app.stranger.admin.ok(create, json!({})).await;
        let session = &created["createSession"]["session"];
        let log = app
            .stranger
            .admin
            .ok("{ auditLog(first: 1) { nodes { id } } }", json!({}))
            .await;
        let foreign_entry = &log["auditLog"]["nodes"][0]["id"];
        let foreign_key = keys["viewer"]["apiKey"]["id"].as_str().unwrap().to_owned();
        Self {
            app,
            said,
            foreign,
            foreign_key,
            foreign_identity_provider,
            foreign_operation,
            foreign_webhook: text(&foreign_webhook["id"]),
            foreign_provider_key: provider_key["setProviderKey"]["providerKey"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
            foreign_document: document["id"].as_str().unwrap().to_owned(),
            foreign_persona_item,
            foreign_correction,
            own_correction,
            foreign_server,
            foreign_call,
            foreign_session: text(&session["id"]),
            foreign_end_user: text(&session["endUser"]["id"]),
            foreign_entry: foreign_entry.as_str().unwrap().to_owned(),
            own_server,
            own_expert,
            digest,
            _tools: tools,
        }
    }

    /// The other account's id of this kind; templates belong to no account.
    fn foreign(&self, kind: Kind) -> Option<&str> {
        match kind {
            AccountKind => Some(&self.app.stranger.id),
            Agent => Some(&self.app.stranger.agent),
            Call => Some(&self.foreign_call),
            Entry => Some(&self.foreign_entry),
            Server => Some(&self.foreign_server),
            Conversation => Some(&self.foreign.conversation),
            Document => Some(&self.foreign_document),
            EndUser => Some(&self.foreign_end_user),
            Session => Some(&self.foreign_session),
            IdentityProvider => Some(&self.foreign_identity_provider),
            Key => Some(&self.foreign_key),
            Message => Some(&self.foreign.answer),
            Operation => Some(&self.foreign_operation),
            PersonaItem => Some(&self.foreign_persona_item),
            ProviderKey => Some(&self.foreign_provider_key),
            RouteCorrection => Some(&self.foreign_correction),
            Run => Some(&self.foreign.run),
            Template => None,
            Webhook => Some(&self.foreign_webhook),
        }
    }

    /// A caller with the permission for the operation: the owner, or the operator where only operators have it.
    fn caller(&self, place: &str) -> Caller {
        if place.contains("startPublicSession") {
            return Caller::nobody(&self.app);
        }
        if place.contains("AgentTemplate") {
            return Caller::of(&self.app, &self.app.operator);
        }
        Caller::of(&self.app, &self.app.home.owner)
    }

    async fn ask(&self, caller: &Caller, query: &str, id: &str) -> Reply {
        let mut variables = json!({"id": id});
        if query.contains("$own") {
            variables["own"] = self.app.home.agent.as_str().into();
        }
        if query.contains("$expert") {
            variables["expert"] = self.own_expert.as_str().into();
        }
        if query.contains("$conversation") {
            variables["conversation"] = self.said.conversation.as_str().into();
        }
        if query.contains("$correction") {
            variables["correction"] = self.own_correction.as_str().into();
        }
        if query.contains("$server") {
            variables["server"] = self.own_server.as_str().into();
        }
        if query.contains("$digest") {
            variables["digest"] = self.digest.as_str().into();
        }
        if query.starts_with("subscription") {
            return caller.subscribe(query, variables).await.answer().await;
        }
        caller.ask(query, variables).await
    }
}

/// A call of the other account's agent that awaits approval: its id, and the digest of its arguments.
async fn waiting_call(app: &TestApp, server: &str) -> (String, String) {
    let stranger = &app.stranger;
    grant(
        &stranger.admin,
        &stranger.agent,
        server,
        &["write"],
        "APPROVE",
    )
    .await;
    let wanted = Script::calls(&[("workshop__write", json!({}))]);
    app.upstream.will(wanted);
    let send = "mutation($id: ID!) { sendMessage(input: {message: \"Write\", agentId: $id}) { run { id } } }";
    stranger
        .member
        .ok(send, json!({"id": stranger.agent}))
        .await;
    let waiting = async |client: &Client| {
        let query = "{ pendingApprovals { nodes { id argumentsDigest } } }";
        client.ok(query, json!({})).await["pendingApprovals"]["nodes"][0].clone()
    };
    until("a call waits", async || {
        !waiting(&stranger.reader).await.is_null()
    })
    .await;
    let call = waiting(&stranger.reader).await;
    let text = |name: &str| call[name].as_str().unwrap().to_owned();
    (text("id"), text("argumentsDigest"))
}

/// The id of an identity provider that the account registers.
async fn identity_provider(account: &Account) -> String {
    let register = "mutation { registerIdentityProvider(input: {name: \"SSO\", issuer: \"sso\", audience: \"troupe\",
        jwksUrl: \"http://127.0.0.1:1/jwks\"}) { identityProvider { id } } }";
    let made = account.admin.ok(register, json!({})).await;
    let id = &made["registerIdentityProvider"]["identityProvider"]["id"];
    id.as_str().unwrap().to_owned()
}

/// The id of an operation that the account registers.
async fn registered_operation(account: &Account) -> String {
    let register = "mutation { registerOperations(input: {operations: [{document: \"query A { viewer { role } }\"}]}) {
        operations { id } } }";
    let made = account.admin.ok(register, json!({})).await;
    let id = &made["registerOperations"]["operations"][0]["id"];
    id.as_str().unwrap().to_owned()
}

/// An item of the persona of an expert of the other account.
async fn foreign_persona_item(app: &TestApp) -> String {
    let admin = &app.stranger.admin;
    let agent = expert(admin).await;
    let add = json!([{"kind": "TOPIC", "text": "Secret"}]);
    let input = json!({"agentId": agent, "expectedVersion": 0, "add": add});
    let changed = change(admin, input).await;
    let topics = &changed.data()["updatePersona"]["persona"]["topics"];
    topics[0]["id"].as_str().unwrap().to_owned()
}

/// The reply without the parts that must differ: the id itself and the request id.
fn without(reply: &Reply, id: &str) -> String {
    reply.0.to_string().replace(id, "<id>")
}

fn assert_answer(place: &str, reply: &Reply, answer: Answer) {
    match answer {
        NotFound => assert_eq!(reply.code(), "NOT_FOUND", "{place}: {reply:?}"),
        Refused => assert_eq!(reply.code(), "BAD_USER_INPUT", "{place}: {reply:?}"),
        Forbidden => assert_eq!(reply.code(), "FORBIDDEN", "{place}: {reply:?}"),
        Null => {
            let data = reply.data().as_object().unwrap();
            assert!(data.values().all(Value::is_null), "{place}: {reply:?}");
        }
        Nothing => {
            let data = reply.data().as_object().unwrap().values().next().unwrap();
            let list = data.get("nodes").unwrap_or(data).as_array().unwrap();
            assert!(list.iter().all(Value::is_null), "{place}: {reply:?}");
        }
    }
}

fn problem_of(reply: &Reply) -> (&str, &str) {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problem = &reply.0["errors"][0]["extensions"]["problems"][0];
    (
        problem["path"].as_str().unwrap(),
        problem["message"].as_str().unwrap(),
    )
}

/// The path of the id in the input, as problems name it.
fn path_of(place: &str) -> String {
    let path = place.split_once('(').unwrap().1.trim_end_matches(')');
    if let Some(field) = path.strip_prefix("input.replace.") {
        return format!("input.replace[0].{field}");
    }
    if path
        .strip_suffix("ids")
        .is_some_and(|list| list.is_empty() || list.ends_with('.'))
        || path.ends_with("Ids")
    {
        format!("{path}[0]")
    } else {
        path.to_owned()
    }
}

#[test]
fn every_argument_that_accepts_an_id_is_covered_by_this_test() {
    let listed: BTreeSet<String> = PLACES
        .iter()
        .map(|(place, ..)| (*place).to_owned())
        .collect();
    assert_eq!(listed.len(), PLACES.len(), "a place is there twice");
    let there = places_of_the_schema();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "say what a foreign id answers in: {missing:#?}"
    );
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "not in the schema any more: {gone:#?}");
}

#[tokio::test]
async fn a_foreign_id_gives_the_same_reply_as_an_unknown_id_and_changes_nothing() {
    let stage = Stage::set().await;
    let theirs = everything(&stage.app.stranger).await;
    let ours = everything(&stage.app.home).await;
    for (place, kinds, query, answer) in PLACES {
        for kind in *kinds {
            let caller = stage.caller(place);
            let unknown = never(*kind);
            let never_was = stage.ask(&caller, query, &unknown).await;
            assert_answer(place, &never_was, *answer);
            let Some(foreign) = stage.foreign(*kind) else {
                continue;
            };
            let refused = stage.ask(&caller, query, foreign).await;
            assert_eq!(
                without(&refused, foreign),
                without(&never_was, &unknown),
                "{place} with {}",
                noun(*kind)
            );
        }
    }
    assert_eq!(
        everything(&stage.app.stranger).await,
        theirs,
        "something changed at the stranger's"
    );
    assert_eq!(
        everything(&stage.app.home).await,
        ours,
        "something was left behind at home"
    );
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused_naming_both_kinds() {
    let stage = Stage::set().await;
    let own = [
        (Agent, stage.app.home.agent.as_str()),
        (Conversation, &stage.said.conversation),
        (Message, &stage.said.answer),
        (Run, &stage.said.run),
        (AccountKind, &stage.app.home.id),
    ];
    for (place, kinds, query, _) in PLACES {
        let [wanted] = kinds else { continue };
        for (kind, id) in own.iter().filter(|(kind, _)| kind != wanted) {
            let refused = stage.ask(&stage.caller(place), query, id).await;
            let (path, message) = problem_of(&refused);
            assert_eq!(path, path_of(place), "{place}");
            let expected = format!("is {} id, expected {} id", noun(*kind), noun(*wanted));
            assert!(message.contains(&expected), "{place}: {message}");
        }
    }
}

#[tokio::test]
async fn a_malformed_id_is_refused_at_its_path_without_being_echoed() {
    let stage = Stage::set().await;
    let agent = stage.app.home.agent.as_str();
    let long = "agent_".repeat(2_000);
    let upper = agent.to_uppercase();
    let cut = &agent[..agent.len() - 1];
    let garbage = [
        "",
        " ",
        "1",
        "agent_",
        "agent",
        "_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "agent_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "agent_01h455vb4pex5vsknk084sn02q' OR 1=1 --",
        "agent_01h455vb4pex5vsknk084sn02\u{0}",
        "00000000-0000-0000-0000-000000000000",
        "user_01h455vb4pex5vsknk084sn02q",
        "🤖",
        cut,
        upper.as_str(),
        long.as_str(),
    ];
    for (place, _, query, _) in PLACES {
        let caller = stage.caller(place);
        for id in garbage {
            let refused = stage.ask(&caller, query, id).await;
            let (path, message) = problem_of(&refused);
            assert_eq!(
                path,
                path_of(place),
                "{place} with {:?}",
                id.chars().take(40).collect::<String>()
            );
            assert!(message.chars().count() < 250, "{place}: {message}");
        }
    }
}

#[tokio::test]
async fn arguments_other_than_ids_reach_no_foreign_rows() {
    let stage = Stage::set().await;
    let (home, stranger) = (&stage.app.home, &stage.app.stranger);
    let slug = "query { agent(by: {slug: \"guarded\"}) { id } }";
    let create = "mutation($slug: String!) { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Guarded\", slug: $slug}) { agent { id } } }";
    stranger.admin.ok(create, json!({"slug": "guarded"})).await;
    assert_eq!(home.owner.ok(slug, json!({})).await["agent"], Value::Null);
    let people = "{ conversations(filter: {endUser: \"Ada\"}) { totalCount nodes { id } } }";
    assert_eq!(
        home.owner.ok(people, json!({})).await["conversations"],
        json!({"totalCount": 1, "nodes": [{"id": stage.said.conversation}]})
    );
    let search = "{ agents(filter: {search: \"guard\"}) { totalCount } }";
    assert_eq!(
        home.owner.ok(search, json!({})).await["agents"]["totalCount"],
        0
    );

    // The same idempotency key in two accounts starts two runs.
    let send = "mutation { sendMessage(input: {message: \"Same\", clientMessageId: \"one\"}) { run { id } } }";
    let ours = home.member.ok(send, json!({})).await;
    let theirs = stranger.member.ok(send, json!({})).await;
    assert_ne!(
        ours["sendMessage"]["run"]["id"],
        theirs["sendMessage"]["run"]["id"]
    );
}

#[tokio::test]
async fn a_cursor_of_a_foreign_run_is_refused_like_one_of_an_unknown_run() {
    let stage = Stage::set().await;
    let owner = stage.caller("");
    let unknown = troupe::domain::Cursor {
        run: RunId::from_uuid(Uuid::now_v7()),
        sequence: 1,
    }
    .encode();
    let (run, conversation) = (&stage.said.run, &stage.said.conversation);
    let cases = [
        (
            "subscription($id: ID!, $after: String) { runEvents(runId: $id, after: $after) { runId } }",
            run,
        ),
        (
            "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { runId } }",
            conversation,
        ),
    ];
    for (query, id) in cases {
        let follow = async |after: &str| {
            owner
                .subscribe(query, json!({"id": id, "after": after}))
                .await
                .answer()
                .await
        };
        let (foreign, never) = (follow(&stage.foreign.cursor).await, follow(&unknown).await);
        assert_eq!(problem_of(&foreign).0, "after");
        assert_eq!(foreign.0, never.0);
        for garbage in ["", "nonsense", "////", "AAAA"] {
            assert_eq!(problem_of(&follow(garbage).await).0, "after");
        }
    }
}

#[tokio::test]
async fn an_agent_subscription_delivers_no_changes_of_another_account() {
    let stage = Stage::set().await;
    let (home, stranger) = (&stage.app.home, &stage.app.stranger);
    let mut all = stage
        .caller("")
        .subscribe("subscription { agentChanged { id name } }", json!({}))
        .await;
    let rename = "mutation($id: ID!, $name: String!) { updateAgent(input: {id: $id, name: $name}) { agent { id } } }";
    let ours = async |name: &str| {
        home.admin
            .ok(rename, json!({"id": home.agent, "name": name}))
            .await
    };
    all.answer_while(async || {
        ours("touched").await;
    })
    .await
    .data();
    for number in 0..5 {
        stranger
            .admin
            .ok(
                rename,
                json!({"id": stranger.agent, "name": format!("secret {number}")}),
            )
            .await;
    }
    ours("last").await;
    loop {
        let agent = all.answer().await.data()["agentChanged"].clone();
        assert_eq!(agent["id"], home.agent);
        if agent["name"] == "last" {
            return;
        }
    }
}

#[tokio::test]
async fn an_operator_inside_an_account_sees_exactly_that_account() {
    let stage = Stage::set().await;
    let inside = Caller::operator_in(&stage.app, &stage.app.home.id);
    let query =
        "{ viewer { role account { id } } agents { nodes { id } } conversations { nodes { id } } }";
    let own = "{ agents { nodes { id } } conversations { nodes { id } } }";
    let own = stage.app.home.owner.ok(own, json!({})).await;
    let seen = inside.ask(query, json!({})).await.data().clone();
    assert_eq!(
        seen["viewer"],
        json!({"role": "OPERATOR", "account": {"id": stage.app.home.id}})
    );
    assert_eq!(seen["agents"], own["agents"]);
    assert_eq!(seen["conversations"], own["conversations"]);
    let of_keys = PLACES
        .iter()
        .filter(|(place, ..)| !place.contains("startPublicSession"));
    for (place, kinds, query, answer) in of_keys {
        // An operator may name any account, wherever it acts.
        for kind in kinds.iter().filter(|kind| **kind != AccountKind) {
            let Some(foreign) = stage.foreign(*kind) else {
                continue;
            };
            assert_answer(place, &stage.ask(&inside, query, foreign).await, *answer);
        }
    }
    let socket = "subscription($id: ID!) { runEvents(runId: $id) { runId } }";
    let events = inside
        .subscribe(socket, json!({"id": stage.said.run}))
        .await
        .answer()
        .await;
    assert_eq!(events.data()["runEvents"]["runId"], stage.said.run);
    let outside = Caller::of(&stage.app, &stage.app.operator)
        .ask(
            "{ agents { totalCount } conversations { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(
        outside.data(),
        &json!({"agents": {"totalCount": 0}, "conversations": {"totalCount": 0}})
    );
}
