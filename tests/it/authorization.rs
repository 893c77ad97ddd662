//! Authorization: every operation called by every kind of caller, as a readable table.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::json;
use troupe::domain::{Operation, Role};
use uuid::Uuid;

use crate::{
    access::create_key,
    caller::Caller,
    conversation::Exchange,
    conversations::cut_at_length,
    knowledge::ingest,
    persona::expert,
    registry::KEYS as KEY_RING,
    routing::corrections::corrected,
    schema::Model,
    support::{Client, EMBEDDINGS, Reply, Script, TestApp, ToolServer, until},
    template::{published, template},
    tools::{LOCAL, grant_to_end_users, register},
    webhooks::a_webhook,
};

/// A message whose answer is cut at its maximum length.
const TALE: &str = "Tell me a tale";
/// The expected table.
const TABLE: &str = include_str!("authorization.txt");

/// An anonymous caller, an end user, and then every role in ascending order.
const CALLERS: [&str; 7] = [
    "ANONYMOUS",
    "END_USER",
    "READER",
    "MEMBER",
    "ADMIN",
    "OWNER",
    "OPERATOR",
];

/// The kind of id that replaces `$id` in a document.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    Agent,
    Answer,
    Conversation,
    Document,
    /// An issuer that no provider of the account has.
    FreeIssuer,
    Run,
    Server,
    /// A tool call that awaits approval.
    WaitingCall,
    /// An account that may be suspended.
    SpareAccount,
    /// An account that is being deleted.
    DeletedAccount,
    /// An agent that may be deleted.
    SpareAgent,
    /// An agent whose template has a newer version, 2.0.0.
    OldAgent,
    /// An agent with a running canary.
    TriedAgent,
    SpareConversation,
    /// A correction of the router, which may be decided.
    Correction,
    /// A message of an end user that may be edited.
    SpareQuestion,
    /// An answer that may be generated again.
    SpareAnswer,
    /// An answer that was cut at its maximum length.
    SpareCutAnswer,
    /// The token of the end user's own session.
    EndUserToken,
    /// The session of another end user.
    SpareSession,
    /// An agent that has a persona.
    SpareExpert,
    SpareKey,
    SpareIdentityProvider,
    /// A key of the account for a provider.
    SpareProviderKey,
    /// A webhook that may be deleted; the account cannot have one for every caller.
    SpareWebhook,
    /// An agent that is public, so that its access may be removed.
    PublicAgent,
    /// A registered operation, which may be removed.
    SpareOperation,
    SpareServer,
    SpareTemplate,
}

/// The smallest document that calls each operation.
const DOCUMENTS: &[(&str, Given, &str)] = &[
    ("Query.viewer", Given::Nothing, "{ viewer { role } }"),
    (
        "Query.node",
        Given::Agent,
        "query($id: ID!) { node(id: $id) { id } }",
    ),
    (
        "Query.nodes",
        Given::Agent,
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
    ),
    ("Query.account", Given::Nothing, "{ account { id } }"),
    (
        "Query.accountDeletion",
        Given::DeletedAccount,
        "query($id: ID!) { accountDeletion(accountId: $id) { accountId } }",
    ),
    (
        "Query.endUser",
        Given::Nothing,
        "{ endUser(externalId: \"Ada\") { id } }",
    ),
    (
        "Query.endUsers",
        Given::Nothing,
        "{ endUsers { totalCount } }",
    ),
    (
        "Mutation.createSession",
        Given::Nothing,
        "mutation { createSession(input: {endUser: \"Bob\"}) { token } }",
    ),
    (
        "Mutation.renewSession",
        Given::EndUserToken,
        "mutation($id: String!) { renewSession(input: {token: $id}) { session { id } } }",
    ),
    (
        "Mutation.revokeSessions",
        Given::SpareSession,
        "mutation($id: ID!) { revokeSessions(input: {sessionId: $id}) { revoked } }",
    ),
    (
        "Mutation.eraseEndUser",
        Given::Nothing,
        "mutation { eraseEndUser(input: {endUser: \"Carl\"}) { erasure { endUser } } }",
    ),
    (
        "Query.erasure",
        Given::Nothing,
        "{ erasure(endUser: \"Dora\") { endUser } }",
    ),
    (
        "Mutation.exportEndUser",
        Given::Nothing,
        "mutation { exportEndUser(input: {endUser: \"Ada\"}) { url } }",
    ),
    (
        "Query.accounts",
        Given::Nothing,
        "{ accounts { totalCount } }",
    ),
    (
        "Query.agentTemplates",
        Given::Nothing,
        "{ agentTemplates { totalCount } }",
    ),
    (
        "Query.agentTemplate",
        Given::Nothing,
        "{ agentTemplate(name: \"sales_agent\") { id } }",
    ),
    ("Query.agents", Given::Nothing, "{ agents { totalCount } }"),
    (
        "Query.agent",
        Given::Agent,
        "query($id: ID!) { agent(by: {id: $id}) { id } }",
    ),
    (
        "Query.conversations",
        Given::Nothing,
        "{ conversations { totalCount } }",
    ),
    (
        "Query.conversation",
        Given::Conversation,
        "query($id: ID!) { conversation(id: $id) { id } }",
    ),
    (
        "Query.run",
        Given::Run,
        "query($id: ID!) { run(id: $id) { id } }",
    ),
    (
        "Query.usage",
        Given::Nothing,
        "{ usage(range: {from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) { total { inputTokens } } }",
    ),
    (
        "Query.analytics",
        Given::Nothing,
        "{ analytics(range: {from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) { routing { decisions } } }",
    ),
    (
        "Agent.analytics",
        Given::Agent,
        "query($id: ID!) { agent(by: {id: $id}) { analytics(range: {from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) { runs } } }",
    ),
    ("Query.runs", Given::Nothing, "{ runs { totalCount } }"),
    (
        "Query.rateLimit",
        Given::Nothing,
        "{ rateLimit { messages { remaining } } }",
    ),
    (
        "Query.previewRoute",
        Given::Nothing,
        "{ previewRoute(message: \"Hello\") { reason } }",
    ),
    (
        "Query.searchKnowledge",
        Given::Agent,
        "query($id: ID!) { searchKnowledge(agentId: $id, query: \"Hello\") { text } }",
    ),
    (
        "Subscription.documentProgress",
        Given::Document,
        "subscription($id: ID!) { documentProgress(documentId: $id) { id } }",
    ),
    (
        "Mutation.ingestDocument",
        Given::Agent,
        "mutation($id: ID!) { ingestDocument(input: {agentId: $id, title: \"Note\", text: \"Hello.\"}) { document { id } } }",
    ),
    (
        "Mutation.deleteDocument",
        Given::Document,
        "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }",
    ),
    (
        "Mutation.changeVectorStore",
        Given::Agent,
        "mutation($id: ID!) { changeVectorStore(input: {agentId: $id, kind: EMBEDDED}) { agent { id } } }",
    ),
    (
        "Account.apiKeys",
        Given::Nothing,
        "{ viewer { account { apiKeys { nodes { id } } } } }",
    ),
    (
        "Account.providerKeys",
        Given::Nothing,
        "{ viewer { account { providerKeys { id } } } }",
    ),
    (
        "Account.identityProviders",
        Given::Nothing,
        "{ viewer { account { identityProviders { id } } } }",
    ),
    (
        "Mutation.registerIdentityProvider",
        Given::FreeIssuer,
        "mutation($id: String!) { registerIdentityProvider(input: {name: \"SSO\", issuer: $id, audience: \"troupe\", jwksUrl: \"http://127.0.0.1:1/jwks\"}) { identityProvider { id } } }",
    ),
    (
        "Mutation.removeIdentityProvider",
        Given::SpareIdentityProvider,
        "mutation($id: ID!) { removeIdentityProvider(input: {id: $id}) { deletedId } }",
    ),
    (
        "Agent.canary",
        Given::TriedAgent,
        "query($id: ID!) { agent(by: {id: $id}) { canary { stable { runs } } } }",
    ),
    (
        "Agent.publicAccess",
        Given::PublicAgent,
        "query($id: ID!) { agent(by: {id: $id}) { publicAccess { tokens } } }",
    ),
    (
        "Mutation.setPublicAccess",
        Given::Agent,
        "mutation($id: ID!) { setPublicAccess(input: {agentId: $id, origins: [\"https://shop.example\"]}) { agent { id } } }",
    ),
    (
        "Mutation.revokePublicAccess",
        Given::PublicAgent,
        "mutation($id: ID!) { revokePublicAccess(input: {agentId: $id}) { agent { id } } }",
    ),
    (
        "Mutation.startPublicSession",
        Given::PublicAgent,
        "mutation($id: ID!) { startPublicSession(input: {agentId: $id}) { token } }",
    ),
    (
        "Query.registeredOperations",
        Given::Nothing,
        "{ registeredOperations { totalCount } }",
    ),
    (
        "Mutation.registerOperations",
        Given::Nothing,
        "mutation { registerOperations(input: {operations: [{document: \"query A { viewer { role } }\"}]}) { operations { id } } }",
    ),
    (
        "Mutation.unregisterOperations",
        Given::SpareOperation,
        "mutation($id: ID!) { unregisterOperations(input: {ids: [$id]}) { deletedIds } }",
    ),
    (
        "Query.routeCorrections",
        Given::Nothing,
        "{ routeCorrections { totalCount } }",
    ),
    (
        "Mutation.acceptRouteCorrection",
        Given::Correction,
        "mutation($id: ID!) { acceptRouteCorrection(input: {id: $id, skill: \"pricing_quotes\"}) { routeCorrection { id } } }",
    ),
    (
        "Mutation.dismissRouteCorrection",
        Given::Correction,
        "mutation($id: ID!) { dismissRouteCorrection(input: {id: $id}) { routeCorrection { id } } }",
    ),
    (
        "Mutation.setProviderKey",
        Given::Nothing,
        "mutation { setProviderKey(input: {provider: \"openai\", secret: \"sk-key-of-a-test\"}) { providerKey { provider } } }",
    ),
    (
        "Mutation.removeProviderKey",
        Given::SpareProviderKey,
        "mutation($id: ID!) { removeProviderKey(input: {id: $id}) { deletedId } }",
    ),
    ("Query.webhooks", Given::Nothing, "{ webhooks { url } }"),
    (
        "Mutation.createWebhook",
        Given::Nothing,
        "mutation { createWebhook(input: {url: \"https://example.com\", events: [RUN_ENDED]}) { webhook { url } } }",
    ),
    (
        "Mutation.updateWebhook",
        Given::SpareWebhook,
        "mutation($id: ID!) { updateWebhook(input: {id: $id, status: PAUSED}) { webhook { status } } }",
    ),
    (
        "Mutation.deleteWebhook",
        Given::SpareWebhook,
        "mutation($id: ID!) { deleteWebhook(input: {id: $id}) { deletedId } }",
    ),
    (
        "Mutation.createAccount",
        Given::Nothing,
        "mutation { createAccount(input: {name: \"New\", tier: ENTRY}) { account { id } } }",
    ),
    (
        "Mutation.suspendAccount",
        Given::SpareAccount,
        "mutation($id: ID!) { suspendAccount(input: {id: $id}) { account { id } } }",
    ),
    (
        "Mutation.resumeAccount",
        Given::SpareAccount,
        "mutation($id: ID!) { resumeAccount(input: {id: $id}) { account { id } } }",
    ),
    (
        "Mutation.deleteAccount",
        Given::SpareAccount,
        "mutation($id: ID!) { deleteAccount(input: {id: $id, name: \"Spare\"}) { deletion { accountId } } }",
    ),
    (
        "Mutation.updateAccount",
        Given::Nothing,
        "mutation { updateAccount(input: {name: \"Home\"}) { account { id } } }",
    ),
    (
        "Mutation.createApiKey",
        Given::Nothing,
        "mutation { createApiKey(input: {name: \"new\", role: READER}) { apiKey { id } } }",
    ),
    (
        "Mutation.revokeApiKey",
        Given::SpareKey,
        "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }",
    ),
    (
        "Mutation.publishAgentTemplate",
        Given::Nothing,
        "mutation($template: PublishAgentTemplateInput!) { publishAgentTemplate(input: $template) { template { id } } }",
    ),
    (
        "Mutation.deprecateAgentTemplate",
        Given::SpareTemplate,
        "mutation($id: ID!) { deprecateAgentTemplate(input: {id: $id}) { template { id } } }",
    ),
    (
        "Mutation.createAgent",
        Given::Nothing,
        "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"New\"}) { agent { id } } }",
    ),
    (
        "Mutation.updateAgent",
        Given::Agent,
        "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Support\"}) { agent { id } } }",
    ),
    (
        "Mutation.upgradeAgent",
        Given::OldAgent,
        "mutation($id: ID!) { upgradeAgent(input: {id: $id, version: \"2.0.0\"}) { agent { id } } }",
    ),
    (
        "Mutation.startCanary",
        Given::OldAgent,
        "mutation($id: ID!) { startCanary(input: {agentId: $id, version: \"2.0.0\", share: 0.5}) { agent { id } } }",
    ),
    (
        "Mutation.endCanary",
        Given::TriedAgent,
        "mutation($id: ID!) { endCanary(input: {agentId: $id, promote: false}) { agent { id } } }",
    ),
    (
        "Mutation.deleteAgent",
        Given::SpareAgent,
        "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }",
    ),
    (
        "Mutation.suspendAgent",
        Given::SpareAgent,
        "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }",
    ),
    (
        "Mutation.activateAgent",
        Given::Agent,
        "mutation($id: ID!) { activateAgent(input: {id: $id}) { agent { id } } }",
    ),
    (
        "Mutation.updatePersona",
        Given::SpareExpert,
        "mutation($id: ID!) { updatePersona(input: {agentId: $id, expectedVersion: 0, add: [{kind: TOPIC, text: \"bells\"}]}) { persona { version } } }",
    ),
    (
        "Mutation.rebuildPersona",
        Given::SpareExpert,
        "mutation($id: ID!) { rebuildPersona(input: {agentId: $id}) { persona { version } } }",
    ),
    (
        "Query.mcpServers",
        Given::Nothing,
        "{ mcpServers { totalCount } }",
    ),
    (
        "Mutation.registerMcpServer",
        Given::Nothing,
        "mutation($name: String!, $url: String!) { registerMcpServer(input: {name: $name, type: \"demo\", endpointUrl: $url, stateless: true}) { mcpServer { id } } }",
    ),
    (
        "Mutation.updateMcpServer",
        Given::Server,
        "mutation($id: ID!) { updateMcpServer(input: {id: $id, stateless: false}) { mcpServer { id } } }",
    ),
    (
        "Mutation.refreshMcpServer",
        Given::Server,
        "mutation($id: ID!) { refreshMcpServer(input: {id: $id}) { mcpServer { id } } }",
    ),
    (
        "Mutation.removeMcpServer",
        Given::SpareServer,
        "mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }",
    ),
    (
        "Mutation.grantTools",
        Given::Agent,
        "mutation($id: ID!, $server: ID!) { grantTools(input: {agentId: $id, serverId: $server, tools: [\"find\"]}) { agent { id } } }",
    ),
    (
        "Mutation.revokeTools",
        Given::SpareServer,
        "mutation($id: ID!, $agent: ID!) { revokeTools(input: {agentId: $agent, serverId: $id}) { agent { id } } }",
    ),
    (
        "Query.auditLog",
        Given::Nothing,
        "{ auditLog { totalCount } }",
    ),
    (
        "Query.pendingApprovals",
        Given::Nothing,
        "{ pendingApprovals { totalCount } }",
    ),
    (
        "Mutation.resolveToolCall",
        Given::WaitingCall,
        "mutation($id: ID!, $digest: String!) { resolveToolCall(input: {toolCallId: $id, approve: false, argumentsDigest: $digest}) { toolCall { id } } }",
    ),
    (
        "ResolveToolCallInput.endUser",
        Given::WaitingCall,
        "mutation($id: ID!, $digest: String!) { endUser: resolveToolCall(input: {toolCallId: $id, approve: false, argumentsDigest: $digest, endUser: \"Ada\"}) { toolCall { id } } }",
    ),
    (
        "Subscription.toolApprovals",
        Given::WaitingCall,
        "subscription { toolApprovals { id } }",
    ),
    (
        "Mutation.sendMessage",
        Given::Agent,
        "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", agentId: $id}) { run { id } } }",
    ),
    (
        "Mutation.cancelRun",
        Given::Run,
        "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }",
    ),
    (
        "Mutation.handOff",
        Given::SpareAgent,
        "mutation($id: ID!, $conversation: ID!) { handOff(input: {conversationId: $conversation, toAgentId: $id, reason: \"Other hours\"}) { handoff { id } } }",
    ),
    (
        "Mutation.rateMessage",
        Given::Answer,
        "mutation($id: ID!) { rateMessage(input: {messageId: $id, value: UP}) { message { id } } }",
    ),
    (
        "Mutation.updateConversation",
        Given::Conversation,
        "mutation($id: ID!) { updateConversation(input: {id: $id, read: true}) { conversation { id } } }",
    ),
    (
        "Mutation.regenerateMessage",
        Given::SpareAnswer,
        "mutation($id: ID!, $name: String!) { regenerateMessage(input: {messageId: $id, clientMessageId: $name}) { run { id } } }",
    ),
    (
        "Mutation.editMessage",
        Given::SpareQuestion,
        "mutation($id: ID!, $name: String!) { editMessage(input: {messageId: $id, message: \"Hi\", clientMessageId: $name}) { run { id } } }",
    ),
    (
        "Mutation.continueMessage",
        Given::SpareCutAnswer,
        "mutation($id: ID!, $name: String!) { continueMessage(input: {messageId: $id, clientMessageId: $name}) { run { id } } }",
    ),
    (
        "Mutation.selectAlternative",
        Given::Answer,
        "mutation($id: ID!) { selectAlternative(input: {messageId: $id}) { conversation { id } } }",
    ),
    (
        "Mutation.deleteConversation",
        Given::SpareConversation,
        "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
    ),
    (
        "Subscription.chat",
        Given::Agent,
        "subscription($id: ID!) { chat(input: {message: \"Hello\", clientMessageId: \"a\", agentId: $id}) { runId } }",
    ),
    (
        "Subscription.runEvents",
        Given::Run,
        "subscription($id: ID!) { runEvents(runId: $id) { runId } }",
    ),
    (
        "Subscription.conversationEvents",
        Given::Conversation,
        "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { runId } }",
    ),
    (
        "Subscription.conversationChanged",
        Given::Nothing,
        "subscription { conversationChanged { kind } }",
    ),
    (
        "Subscription.agentChanged",
        Given::Agent,
        "subscription($id: ID!) { agentChanged(agentId: $id) { id } }",
    ),
];

/// The smallest call of each operation of an MCP server.
const MCP_CALLS: &[(&str, &str, &str, &str)] = &[
    ("mcp:tools/list", "crm", "tools/list", "{}"),
    (
        "mcp:tools/call (reads)",
        "crm",
        "tools/call",
        r#"{"name": "find_contacts", "arguments": {}}"#,
    ),
    (
        "mcp:tools/call",
        "crm",
        "tools/call",
        r#"{"name": "create_contact", "arguments": {"name": "Ada"}}"#,
    ),
    (
        "mcp:tools/call (agent)",
        "agents",
        "tools/call",
        r#"{"name": "ask_support", "arguments": {"message": "Hello"}}"#,
    ),
];

/// The rows that the operations need.
struct Stage {
    app: TestApp,
    callers: Vec<Caller>,
    token: String,
    said: Exchange,
    tools: ToolServer,
    server: String,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::with(&[EMBEDDINGS, LOCAL, KEY_RING]).await;
        let home = &app.home;
        let session = "mutation { createSession(input: {endUser: \"Ada\", expiresInSeconds: 3600, messagesPerMinute: 1000}) { token } }";
        let session = home.admin.ok(session, json!({})).await;
        let token = session["createSession"]["token"].as_str().unwrap();
        let mut callers = vec![Caller::nobody(&app), Caller::nobody(&app).with_key(token)];
        let roles = [&home.reader, &home.member, &home.admin, &home.owner];
        callers.extend(roles.map(|client| Caller::of(&app, client)));
        callers.push(Caller::operator_in(&app, &home.id));
        let said = Exchange::of(
            &home.member,
            json!({"message": "Hello", "agentId": home.agent, "endUser": "Ada"}),
        )
        .await;
        for person in ["Carl", "Dora"] {
            let begin = "mutation($user: String!) { createSession(input: {endUser: $user}) { session { id } } }";
            home.admin.ok(begin, json!({"user": person})).await;
        }
        let erase = "mutation { eraseEndUser(input: {endUser: \"Dora\"}) { erasure { endUser } } }";
        home.admin.ok(erase, json!({})).await;
        let tools = ToolServer::start().await;
        let server = register(&home.admin, "Workshop", &tools.url).await;
        grant_to_end_users(&home.admin, &home.agent, &server, &["write"]).await;
        Self {
            app,
            callers,
            token: token.to_owned(),
            said,
            tools,
            server,
        }
    }

    async fn spare_account(&self) -> String {
        let create =
            "mutation { createAccount(input: {name: \"Spare\", tier: ENTRY}) { account { id } } }";
        let made = self.app.operator.ok(create, json!({})).await;
        made["createAccount"]["account"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The id and argument digest of a call that awaits approval; creates one when there is none.
    async fn waiting_call(&self) -> (String, String) {
        let home = &self.app.home;
        if let Some(call) = pending(&home.reader).await {
            return call;
        }
        loop {
            // the next run that calls the model makes this call: a run of an earlier operation may be faster than this one
            let wanted = Script::calls(&[("workshop__write", json!({}))]);
            self.app.upstream.will(wanted);
            let input = json!({"message": "Write", "agentId": home.agent, "endUser": "Ada"});
            let (run, _) = crate::chat::send(&home.member, input).await;
            until("the run waits or has ended", async || {
                let state = crate::chat::run(&home.member, &run).await;
                state["status"] == "AWAITING_APPROVAL" || !state["finishedAt"].is_null()
            })
            .await;
            if let Some(call) = pending(&home.reader).await {
                return call;
            }
        }
    }

    /// An exchange of the end user.
    async fn spare_exchange(&self, message: &str) -> Exchange {
        let home = &self.app.home;
        let spare = json!({"message": message, "agentId": home.agent, "endUser": "Ada"});
        Exchange::of(&home.member, spare).await
    }

    /// A session of another end user.
    async fn spare_session(&self) -> String {
        let home = &self.app.home;
        let begin = "mutation { createSession(input: {endUser: \"Bob\"}) { session { id } } }";
        let made = home.admin.ok(begin, json!({})).await;
        let id = &made["createSession"]["session"]["id"];
        id.as_str().unwrap().to_owned()
    }

    /// An identity provider of the account, which may be removed.
    async fn spare_identity_provider(&self) -> String {
        let home = &self.app.home;
        let own = "{ viewer { account { identityProviders { id } } } }";
        let own = home.owner.ok(own, json!({})).await;
        let own = own["viewer"]["account"]["identityProviders"].as_array();
        // at most five
        if let Some(known) = own.and_then(|own| own.first()) {
            return known["id"].as_str().unwrap().to_owned();
        }
        let register = "mutation { registerIdentityProvider(input: {name: \"SSO\", issuer: \"sso\", audience: \"troupe\",
            jwksUrl: \"http://127.0.0.1:1/jwks\"}) { identityProvider { id } } }";
        let made = home.owner.ok(register, json!({})).await;
        made["registerIdentityProvider"]["identityProvider"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// An agent that is public for the pages of the shop.
    async fn public_agent(&self) -> String {
        let home = &self.app.home;
        let open = "mutation($id: ID!) { setPublicAccess(input: {agentId: $id, origins: [\"https://shop.example\"]}) { agent { id } } }";
        home.owner.ok(open, json!({"id": home.agent})).await;
        home.agent.clone()
    }

    /// A registered operation, which may be removed.
    async fn spare_operation(&self) -> String {
        let register = "mutation { registerOperations(input: {operations: [{document: \"query B { viewer { role } }\"}]}) { operations { id } } }";
        let made = self.app.home.owner.ok(register, json!({})).await;
        let id = &made["registerOperations"]["operations"][0]["id"];
        id.as_str().unwrap().to_owned()
    }

    /// An answer that was cut at its maximum length.
    async fn spare_cut_answer(&self) -> String {
        // not the next script: it could answer a run that an operation before this one has started
        self.app.upstream.thinks(|asked| {
            if asked["messages"].to_string().contains(TALE) {
                cut_at_length("Once upon")
            } else {
                Script::says(&["Good day."])
            }
        });
        self.spare_exchange(TALE).await.answer
    }

    /// An agent whose template has a newer version, 2.0.0; always the same one, as it was at first.
    async fn old_agent(&self) -> String {
        let owner = &self.app.home.owner;
        let known = "{ agents(filter: {template: \"old\"}) { nodes { id } } }";
        let known = owner.ok(known, json!({})).await;
        if let Some(known) = known["agents"]["nodes"][0]["id"].as_str() {
            let end = "mutation($id: ID!) { endCanary(input: {agentId: $id, promote: false}) { agent { id } } }";
            owner.ask(end, json!({"id": known})).await;
            let back = "mutation($id: ID!) { upgradeAgent(input: {id: $id, version: \"1.0.0\"}) { agent { id } } }";
            owner.ok(back, json!({"id": known})).await;
            return known.to_owned();
        }
        for version in ["1.0.0", "2.0.0"] {
            published(&self.app.operator, "old", version).await;
        }
        let create = "mutation { createAgent(input: {template: \"old\", templateVersion: \"1.0.0\", tier: \"standard\", name: \"Old\"}) { agent { id } } }";
        let made = owner.ok(create, json!({})).await;
        made["createAgent"]["agent"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[expect(clippy::too_many_lines, reason = "a list of what operations are given")]
    async fn given(&self, given: Given) -> String {
        let (home, said) = (&self.app.home, &self.said);
        match given {
            Given::Nothing => String::new(),
            Given::Agent => home.agent.clone(),
            Given::Answer => said.answer.clone(),
            Given::Conversation => said.conversation.clone(),
            Given::Document => {
                let note = json!({"agentId": home.agent, "title": "Note", "text": "Good day."});
                let taken = ingest(&home.admin, note).await;
                taken["id"].as_str().unwrap().to_owned()
            }
            Given::Run => said.run.clone(),
            Given::Server => self.server.clone(),
            Given::SpareServer => {
                let name = Uuid::now_v7().to_string();
                register(&home.admin, &name, &self.tools.url).await
            }
            Given::WaitingCall => self.waiting_call().await.0,
            Given::SpareAccount => self.spare_account().await,
            Given::DeletedAccount => {
                let id = self.spare_account().await;
                let delete = "mutation($id: ID!) { deleteAccount(input: {id: $id, name: \"Spare\"}) { deletedId } }";
                self.app.operator.ok(delete, json!({"id": id})).await;
                id
            }
            Given::SpareAgent => {
                let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Spare\"}) { agent { id } } }";
                let made = home.owner.ok(create, json!({})).await;
                made["createAgent"]["agent"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
            Given::OldAgent => self.old_agent().await,
            Given::TriedAgent => {
                let agent = self.old_agent().await;
                let start = "mutation($id: ID!) { startCanary(input: {agentId: $id, version: \"2.0.0\", share: 0.5}) { agent { id } } }";
                home.owner.ok(start, json!({"id": agent})).await;
                agent
            }
            Given::SpareConversation => self.spare_exchange("Hello").await.conversation,
            Given::SpareQuestion => self.spare_exchange("Hello").await.question,
            Given::SpareAnswer => self.spare_exchange("Hello").await.answer,
            Given::SpareCutAnswer => self.spare_cut_answer().await,
            Given::Correction => {
                let correction = corrected(home).await;
                correction["id"].as_str().unwrap().to_owned()
            }
            Given::EndUserToken => self.token.clone(),
            Given::SpareSession => self.spare_session().await,
            Given::SpareExpert => expert(&home.owner).await,
            Given::SpareKey => create_key(&home.owner, "READER").await.0,
            Given::FreeIssuer => Uuid::now_v7().to_string(),
            Given::SpareIdentityProvider => self.spare_identity_provider().await,
            Given::PublicAgent => self.public_agent().await,
            Given::SpareOperation => self.spare_operation().await,
            Given::SpareProviderKey => {
                let set = "mutation { setProviderKey(input: {provider: \"openai\", secret: \"sk-key-of-a-test\"}) { providerKey { id } } }";
                let made = home.owner.ok(set, json!({})).await;
                made["setProviderKey"]["providerKey"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
            Given::SpareWebhook => {
                let list = home.owner.ok("{ webhooks { id } }", json!({})).await;
                let webhook = match list["webhooks"].get(0) {
                    Some(webhook) => webhook.clone(),
                    None => a_webhook(&home.owner, "https://example.com/hook").await,
                };
                webhook["id"].as_str().unwrap().to_owned()
            }
            Given::SpareTemplate => {
                let count = "{ agentTemplates(includeDeprecated: true) { totalCount } }";
                let count =
                    self.app.operator.ok(count, json!({})).await["agentTemplates"]["totalCount"]
                        .clone();
                published(&self.app.operator, "spare", &format!("1.0.{count}")).await
            }
        }
    }

    /// The outcome of an operation for a caller: `ok`, or the error code.
    async fn outcome(&self, operation: &str, caller: &Caller) -> String {
        if operation.starts_with("mcp:") {
            return mcp_outcome(operation, caller).await;
        }
        let document = DOCUMENTS.iter().find(|(known, ..)| *known == operation);
        let Some((_, given, query)) = document else {
            panic!("{operation} is not in this test: add how it is asked");
        };
        let mut variables = json!({"id": self.given(*given).await});
        if query.contains("$after") {
            variables["after"] = self.said.cursor.as_str().into();
        }
        if query.contains("$conversation") {
            variables["conversation"] = self.said.conversation.as_str().into();
        }
        if query.contains("$digest") {
            variables["digest"] = self.waiting_call().await.1.into();
        }
        if query.contains("$name") {
            variables["name"] = Uuid::now_v7().to_string().into();
            variables["url"] = self.tools.url.as_str().into();
        }
        if query.contains("$agent") {
            variables["agent"] = self.app.home.agent.as_str().into();
        }
        if query.contains("$server") {
            variables["server"] = self.server.as_str().into();
        }
        if query.contains("$template") {
            variables["template"] = template("published", "1.0.0");
        }
        let reply = if query.starts_with("subscription") {
            let mut socket = caller.subscribe(query, variables).await;
            match operation {
                "Subscription.agentChanged" => {
                    let change = async || self.change_agent().await;
                    socket.answer_while(change).await
                }
                "Subscription.conversationChanged" => {
                    let change = async || self.change_conversation().await;
                    socket.answer_while(change).await
                }
                _ => socket.answer().await,
            }
        } else {
            match operation {
                // keys are refused for what they are, not for the page
                "Mutation.startPublicSession" if !caller.has_key() => {
                    let page = caller.clone().on_page_of("https://shop.example");
                    page.ask(query, variables).await
                }
                _ => caller.ask(query, variables).await,
            }
        };
        outcome(operation, &reply)
    }

    async fn change_conversation(&self) {
        let change = "mutation($id: ID!) { updateConversation(input: {id: $id, title: \"Help\"}) { conversation { id } } }";
        let id = json!({"id": self.said.conversation});
        self.app.home.member.ask(change, id).await;
    }

    async fn change_agent(&self) {
        let change = "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Support\"}) { agent { id } } }";
        self.app
            .home
            .admin
            .ask(change, json!({"id": self.app.home.agent}))
            .await;
    }
}

async fn mcp_outcome(operation: &str, caller: &Caller) -> String {
    let call = MCP_CALLS.iter().find(|(known, ..)| *known == operation);
    let Some((_, server, method, params)) = call else {
        panic!("{operation} is not in this test: add how it is asked");
    };
    let params = serde_json::from_str(params).unwrap();
    let (status, message) = caller.mcp(server, method, params).await;
    let text = message["result"]["content"][0]["text"].as_str();
    match (status, text) {
        (200, None) if message["error"]["data"]["code"] == "FORBIDDEN" => "FORBIDDEN".to_owned(),
        (401, _) => "UNAUTHENTICATED".to_owned(),
        (200, Some(text)) if text.starts_with("FORBIDDEN: ") => "FORBIDDEN".to_owned(),
        (200, _) if message["result"]["isError"] != true && message.get("error").is_none() => {
            "ok".to_owned()
        }
        _ => panic!("{operation}: {status} {message}"),
    }
}

async fn pending(client: &Client) -> Option<(String, String)> {
    let waiting = client
        .ok(
            "{ pendingApprovals(first: 1) { nodes { id argumentsDigest } } }",
            json!({}),
        )
        .await;
    let call = waiting["pendingApprovals"]["nodes"].get(0)?;
    let text = |name: &str| call[name].as_str().unwrap().to_owned();
    Some((text("id"), text("argumentsDigest")))
}

fn outcome(operation: &str, reply: &Reply) -> String {
    match reply.code() {
        "UNAUTHENTICATED" => "UNAUTHENTICATED".to_owned(),
        "FORBIDDEN" => "FORBIDDEN".to_owned(),
        _ => {
            let field = operation.split('.').next_back().unwrap();
            let found = reply.data();
            let found = match operation.split_once('.') {
                Some(("Account", _)) => &found["viewer"]["account"][field],
                Some(("Agent", _)) => &found["agent"][field],
                _ => &found[field],
            };
            assert!(!found.is_null(), "{operation}: {reply:?}");
            "ok".to_owned()
        }
    }
}

/// Every root field, the fields that need a role of their own, and the operations of MCP servers.
fn operations() -> Vec<String> {
    let mut operations = Model::ours().root_fields();
    let fields = Operation::ALL.iter().map(|operation| operation.name());
    let others = fields.filter(|name| name.contains('.') || name.starts_with("mcp:"));
    operations.extend(others.map(str::to_owned));
    operations
}

/// The policy's operation of this name.
fn policy(operation: &str) -> Operation {
    let field = operation.split('.').next_back().unwrap();
    let named = Operation::ALL
        .iter()
        .find(|known| known.name() == operation || known.name() == field);
    *named.unwrap_or_else(|| panic!("{operation} is not in domain::Operation: say who may call it"))
}

#[test]
fn the_policy_lists_exactly_the_root_fields() {
    let schema = Model::ours();
    let fields = schema.root_fields();
    let known: BTreeSet<_> = fields
        .iter()
        .map(|operation| policy(operation).name())
        .collect();
    let of_graphql = Operation::ALL.iter().map(|operation| operation.name());
    for operation in of_graphql.filter(|name| !name.starts_with("mcp:")) {
        let here = match operation.split_once('.') {
            Some((kind, field)) => schema.0[kind].members.contains_key(field),
            None => known.contains(operation),
        };
        assert!(
            here,
            "{operation} is in domain::Operation and not in the schema"
        );
    }
}

#[tokio::test]
async fn every_operation_answers_every_caller_as_in_the_table() {
    let stage = Stage::set().await;
    let mut table = format!("{:<36}", "");
    for caller in CALLERS {
        write!(table, "{caller:<17}").unwrap();
    }
    let mut against_policy = Vec::new();
    for operation in operations() {
        table = table.trim_end().to_owned();
        write!(table, "\n{operation:<36}").unwrap();
        for (name, caller) in CALLERS.iter().zip(&stage.callers) {
            let outcome = stage.outcome(&operation, caller).await;
            let role = Role::ALL.iter().find(|role| role.name() == *name);
            let own = ["Query.endUser", "Mutation.renewSession"].contains(&operation.as_str());
            let is_end_user = *name == "END_USER";
            let expected = match role {
                None if policy(&operation).is_for_anonymous() && !is_end_user => "ok",
                _ if policy(&operation).is_for_anonymous() => "FORBIDDEN",
                None if !is_end_user => "UNAUTHENTICATED",
                None if own || policy(&operation).is_for_end_users() => "ok",
                None => "FORBIDDEN",
                // there is nothing to renew for a key
                Some(_) if operation == "Mutation.renewSession" => "FORBIDDEN",
                Some(role) if *role < policy(&operation).least_role() => "FORBIDDEN",
                Some(_) => "ok",
            };
            if outcome != expected {
                against_policy.push(format!(
                    "{operation} by {name}: {outcome}, the policy says {expected}"
                ));
            }
            write!(table, "{outcome:<17}").unwrap();
        }
    }
    let table = format!("{}\n", table.trim_end());
    assert!(against_policy.is_empty(), "{against_policy:#?}");
    assert!(
        table == TABLE,
        "tests/it/authorization.txt is another table; if this one is meant, put it there:\n{table}"
    );
}
