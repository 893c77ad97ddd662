//! Isolation of the people who chat: one end user of an account reaches nothing of another one, and nothing of the account
//! but the agents.
//!
//! The places, the fields and the types are found in the schema, so that a new one without an entry here fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use troupe::{
    domain::{
        AgentId, ConversationId, Cursor, DocumentId, EndUserId, HandoffId, MessageId, Operation,
        RunId, SessionId, ToolCallId,
    },
    graphql::END_USER_FIELDS,
};
use uuid::Uuid;

use super::{SEND, begin, browser, read, with_token};
use crate::{
    caller::Caller,
    isolation::places_of_the_schema,
    knowledge::ingest,
    schema::Model,
    support::{Client, Reply, Script, TestApp, ToolServer, until},
    tools::{LOCAL, grant_to_end_users, register},
};

/// What stands in everything that Ada writes, and in what the account keeps about her.
const CANARY: &str = "canary-of-ada";

/// Settings that let a test ask more often than a person does.
const FAST: &str = "http:\n  rate:\n    end_user_burst: 10000\n";

/// A kind of rows of an end user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent,
    Call,
    Conversation,
    Document,
    EndUser,
    Handoff,
    Message,
    Run,
    Session,
}

use Kind::{Agent, Call, Conversation, Document, EndUser, Handoff, Message, Run, Session};

const ANY: &[Kind] = &[
    Call,
    Conversation,
    Document,
    EndUser,
    Handoff,
    Message,
    Run,
    Session,
];

/// Every argument with an id of the operations for end users, the kinds that it accepts, and a document with `$id` in its
/// place. An agent is not Ada's own, so it is asked for by its unknown id only.
const PLACES: &[(&str, &[Kind], &str)] = &[
    (
        "Query.node(id)",
        ANY,
        "query($id: ID!) { node(id: $id) { id } }",
    ),
    (
        "Query.nodes(ids)",
        ANY,
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
    ),
    (
        "Query.agent(by.id)",
        &[Agent],
        "query($id: ID!) { agent(by: {id: $id}) { id } }",
    ),
    (
        "Query.conversations(filter.agentId)",
        &[Agent],
        "query($id: ID!) { conversations(filter: {agentId: $id}) { totalCount nodes { id } } }",
    ),
    (
        "Query.conversation(id)",
        &[Conversation],
        "query($id: ID!) { conversation(id: $id) { id messages { nodes { text } } } }",
    ),
    (
        "Query.run(id)",
        &[Run],
        "query($id: ID!) { run(id: $id) { id message { text } } }",
    ),
    (
        "Query.pendingApprovals(filter.agentId)",
        &[Agent],
        "query($id: ID!) { pendingApprovals(filter: {agentId: $id}) { totalCount nodes { id } } }",
    ),
    (
        "Query.pendingApprovals(filter.conversationId)",
        &[Conversation],
        "query($id: ID!) { pendingApprovals(filter: {conversationId: $id}) { totalCount nodes { id } } }",
    ),
    (
        "Mutation.resolveToolCall(input.toolCallId)",
        &[Call],
        "mutation($id: ID!, $digest: String!) { resolveToolCall(input: {toolCallId: $id, approve: true, argumentsDigest: $digest}) { toolCall { id } } }",
    ),
    (
        "Mutation.sendMessage(input.agentId)",
        &[Agent],
        "mutation($id: ID!) { sendMessage(input: {message: \"Hi\", agentId: $id}) { run { id } } }",
    ),
    (
        "Mutation.sendMessage(input.conversationId)",
        &[Conversation],
        "mutation($id: ID!) { sendMessage(input: {message: \"Hi\", conversationId: $id}) { run { id } } }",
    ),
    (
        "Mutation.cancelRun(input.runId)",
        &[Run],
        "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }",
    ),
    (
        "Mutation.rateMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { rateMessage(input: {messageId: $id, value: UP}) { message { id } } }",
    ),
    (
        "Mutation.updateConversation(input.id)",
        &[Conversation],
        "mutation($id: ID!) { updateConversation(input: {id: $id, title: \"Mine\"}) { conversation { id } } }",
    ),
    (
        "Mutation.regenerateMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { regenerateMessage(input: {messageId: $id, clientMessageId: \"again\"}) { run { id } } }",
    ),
    (
        "Mutation.editMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { editMessage(input: {messageId: $id, message: \"Hi\", clientMessageId: \"edit\"}) { run { id } } }",
    ),
    (
        "Mutation.continueMessage(input.messageId)",
        &[Message],
        "mutation($id: ID!) { continueMessage(input: {messageId: $id, clientMessageId: \"more\"}) { run { id } } }",
    ),
    (
        "Mutation.selectAlternative(input.messageId)",
        &[Message],
        "mutation($id: ID!) { selectAlternative(input: {messageId: $id}) { conversation { id } } }",
    ),
    (
        "Mutation.deleteConversation(input.id)",
        &[Conversation],
        "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
    ),
    (
        "Subscription.chat(input.agentId)",
        &[Agent],
        "subscription($id: ID!) { chat(input: {message: \"Hi\", clientMessageId: \"a\", agentId: $id}) { runId } }",
    ),
    (
        "Subscription.chat(input.conversationId)",
        &[Conversation],
        "subscription($id: ID!) { chat(input: {message: \"Hi\", clientMessageId: \"b\", conversationId: $id}) { runId } }",
    ),
    (
        "Subscription.runEvents(runId)",
        &[Run],
        "subscription($id: ID!) { runEvents(runId: $id) { runId } }",
    ),
    (
        "Subscription.conversationEvents(conversationId)",
        &[Conversation],
        "subscription($id: ID!) { conversationEvents(conversationId: $id) { runId } }",
    ),
    (
        "Subscription.toolApprovals(filter.agentId)",
        &[Agent],
        "subscription($id: ID!) { toolApprovals(filter: {agentId: $id}) { id } }",
    ),
    (
        "Subscription.toolApprovals(filter.conversationId)",
        &[Conversation],
        "subscription($id: ID!) { toolApprovals(filter: {conversationId: $id}) { id } }",
    ),
    (
        "Subscription.agentChanged(agentId)",
        &[Agent],
        "subscription($id: ID!) { agentChanged(agentId: $id) { id } }",
    ),
];

/// An id of this kind that never existed.
fn never(kind: Kind) -> String {
    let uuid = Uuid::now_v7();
    match kind {
        Agent => AgentId::from_uuid(uuid).to_string(),
        Call => ToolCallId::from_uuid(uuid).to_string(),
        Conversation => ConversationId::from_uuid(uuid).to_string(),
        Document => DocumentId::from_uuid(uuid).to_string(),
        EndUser => EndUserId::from_uuid(uuid).to_string(),
        Handoff => HandoffId::from_uuid(uuid).to_string(),
        Message => MessageId::from_uuid(uuid).to_string(),
        Run => RunId::from_uuid(uuid).to_string(),
        Session => SessionId::from_uuid(uuid).to_string(),
    }
}

/// Two end users of one account. Ada has a row of every kind, and Bob has a conversation.
struct Stage {
    app: TestApp,
    ada: Client,
    bob: Client,
    ids: Vec<(Kind, String)>,
    /// The digest of the arguments of the call.
    digest: String,
    /// The cursor of an event of Ada's run.
    cursor: String,
    bobs_conversation: String,
    bobs_run: String,
    _tools: ToolServer,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::configured(FAST, &[LOCAL]).await;
        let tools = ToolServer::start().await;
        let server = register(&app.home.admin, "Workshop", &tools.url).await;
        grant_to_end_users(&app.home.admin, &app.home.agent, &server, &["write"]).await;
        let text = json!({"agentId": app.home.agent, "title": "Handbook", "text": "Everything about the workshop."});
        let document = ingest(&app.home.admin, text).await;
        let made = begin(&app, json!({"endUser": CANARY, "displayName": CANARY})).await;
        let (ada, bob) = (with_token(&app, &made), browser(&app, "bob").await);

        let talk = async |client: &Client, text: String| {
            app.upstream.will(Script::says(&[&text]));
            let input = json!({"input": {"message": format!("Say: {text}")}});
            let events = client.subscribe(super::CHAT, input).await.rest().await;
            let of = |reply: &Reply| reply.data()["chat"].clone();
            (of(&events[0]), of(events.last().unwrap()))
        };
        let (start, end) = talk(&ada, format!("{CANARY} said")).await;
        let conversation = read(&start["run"]["conversation"]["id"]);
        let (bobs, _) = talk(&bob, "Bob said".to_owned()).await;
        let rate = "mutation($id: ID!, $comment: String) { rateMessage(input: {messageId: $id, value: UP, comment: $comment}) { message { id } } }";
        let rating = json!({"id": end["message"]["id"], "comment": CANARY});
        ada.ok(rate, rating).await;
        let (call, digest) = waiting_call(&app, &conversation).await;
        let handoff = handoff(&app, &conversation).await;
        let ids = vec![
            (Call, call),
            (Conversation, conversation),
            (Document, read(&document["id"])),
            (EndUser, read(&made["session"]["endUser"]["id"])),
            (Handoff, handoff),
            (Message, read(&end["message"]["id"])),
            (Run, read(&start["run"]["id"])),
            (Session, read(&made["session"]["id"])),
        ];
        Self {
            ids,
            digest,
            cursor: read(&start["cursor"]),
            bobs_conversation: read(&bobs["run"]["conversation"]["id"]),
            bobs_run: read(&bobs["run"]["id"]),
            app,
            ada,
            bob,
            _tools: tools,
        }
    }

    async fn ask(&self, client: &Client, query: &str, mut variables: Value) -> Reply {
        if query.contains("$digest") {
            variables["digest"] = self.digest.as_str().into();
        }
        if query.starts_with("subscription") {
            let caller = Caller::of(&self.app, client);
            return caller.subscribe(query, variables).await.answer().await;
        }
        client.ask(query, variables).await
    }
}

/// A tool call in Ada's conversation that awaits her approval, with the canary in its arguments: its id, and their digest.
async fn waiting_call(app: &TestApp, conversation: &str) -> (String, String) {
    let arguments = json!({"text": CANARY});
    app.upstream
        .will(Script::calls(&[("workshop__write", arguments)]));
    let input = json!({"message": CANARY, "conversationId": conversation});
    app.home.member.ok(SEND, json!({"input": input})).await;
    let waiting = async || {
        let query = "{ pendingApprovals { nodes { id argumentsDigest } } }";
        app.home.reader.ok(query, json!({})).await["pendingApprovals"]["nodes"][0].clone()
    };
    until("a call waits", async || !waiting().await.is_null()).await;
    let call = waiting().await;
    (read(&call["id"]), read(&call["argumentsDigest"]))
}

/// A handoff of Ada's conversation, with the canary in its reason.
async fn handoff(app: &TestApp, conversation: &str) -> String {
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let to = &made["createAgent"]["agent"]["id"];
    let hand_off = "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";
    let input = json!({"conversationId": conversation, "toAgentId": to, "reason": CANARY});
    let made = app.home.member.ok(hand_off, json!({"input": input})).await;
    read(&made["handOff"]["handoff"]["id"])
}

/// The reply without the parts that must differ: the id itself and the request id.
fn without(reply: &Reply, id: &str) -> String {
    reply.0.to_string().replace(id, "<id>")
}

#[test]
fn every_place_of_an_end_users_operations_is_covered() {
    let operations: Vec<&str> = Operation::ALL
        .iter()
        .filter(|operation| operation.is_for_end_users())
        .map(|operation| operation.name())
        .collect();
    let roots = ["Query", "Mutation", "Subscription"];
    let is_for_end_users = |place: &String| {
        let (root, field) = place.split_once('.').unwrap();
        let field = field.split('(').next().unwrap();
        roots.contains(&root) && operations.contains(&field)
    };
    let there: BTreeSet<String> = places_of_the_schema()
        .into_iter()
        .filter(is_for_end_users)
        .collect();
    let listed = PLACES.iter().map(|(place, ..)| (*place).to_owned());
    assert_eq!(there, listed.collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn an_id_of_another_end_user_gives_the_same_reply_as_an_unknown_one() {
    let stage = Stage::set().await;
    let before = view(&stage.ada).await;
    for (place, kinds, query) in PLACES {
        for kind in *kinds {
            let unknown = never(*kind);
            let never_was = stage.ask(&stage.bob, query, json!({"id": unknown})).await;
            assert_ne!(never_was.code(), "FORBIDDEN", "{place}: {never_was:?}");
            for (_, id) in stage.ids.iter().filter(|(known, _)| known == kind) {
                let refused = stage.ask(&stage.bob, query, json!({"id": id})).await;
                assert_eq!(
                    without(&refused, id),
                    without(&never_was, &unknown),
                    "{place} with {kind:?}"
                );
            }
        }
    }
    assert_eq!(view(&stage.ada).await, before, "something changed at Ada's");
}

#[tokio::test]
async fn an_id_of_the_account_is_nothing_to_an_end_user() {
    let stage = Stage::set().await;
    let own = "{ viewer { account { id } apiKey { id } } auditLog(first: 1) { nodes { id } }
        agentTemplates(first: 1) { nodes { id } } mcpServers(first: 1) { nodes { id } } }";
    let found = stage.app.home.owner.ok(own, json!({})).await;
    let ids = [
        &found["viewer"]["account"]["id"],
        &found["viewer"]["apiKey"]["id"],
        &found["auditLog"]["nodes"][0]["id"],
        &found["agentTemplates"]["nodes"][0]["id"],
        &found["mcpServers"]["nodes"][0]["id"],
    ];
    for id in ids {
        assert!(id.is_string(), "{found}");
        for client in [&stage.ada, &stage.bob] {
            let node = "query($id: ID!) { node(id: $id) { id } }";
            let seen = client.ok(node, json!({"id": id})).await;
            assert_eq!(seen, json!({"node": null}), "{id}");
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_end_user_is_refused_like_an_unknown_one() {
    let stage = Stage::set().await;
    let unknown = Cursor {
        run: RunId::from_uuid(Uuid::now_v7()),
        sequence: 1,
    }
    .encode();
    for (query, id) in [
        (
            "subscription($id: ID!, $after: String) { runEvents(runId: $id, after: $after) { runId } }",
            &stage.bobs_run,
        ),
        (
            "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { runId } }",
            &stage.bobs_conversation,
        ),
        (
            "subscription($id: ID!, $after: String) { chat(input: {message: \"Hi\", conversationId: $id, clientMessageId: \"x\"}, after: $after) { runId } }",
            &stage.bobs_conversation,
        ),
    ] {
        let follow = async |after: &str| {
            let variables = json!({"id": id, "after": after});
            stage.ask(&stage.bob, query, variables).await
        };
        let refused = follow(&stage.cursor).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{refused:?}");
        assert_eq!(refused.0, follow(&unknown).await.0);
    }
    let list = "query($after: String) { conversations(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }";
    let page = stage.ada.ok(list, json!({})).await;
    let after = &page["conversations"]["pageInfo"]["endCursor"];
    let beyond = stage.bob.ok(list, json!({"after": after})).await;
    let nodes = beyond["conversations"]["nodes"].to_string();
    assert!(!nodes.contains(&stage.ids[1].1), "{nodes}");
}

/// Everything that an end user can read, over every visible field of every type.
async fn view(client: &Client) -> Value {
    let mut seen = Vec::new();
    for query in queries() {
        let mut found = client.ok(&query, json!({})).await;
        forget_times(&mut found);
        seen.push(found);
    }
    Value::Array(seen)
}

/// Removes the times at which availability was checked, which no two queries share.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("checkedAt");
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Queries that select every visible field below the lists that need no id: one query for each path to a type.
fn queries() -> Vec<String> {
    let schema = Model::ours();
    let mut queries = Vec::new();
    for (field, ty) in [
        ("viewer", "Viewer"),
        ("agents", "AgentConnection"),
        ("conversations", "ConversationConnection"),
        ("pendingApprovals", "ToolCallConnection"),
    ] {
        add_queries(&schema, &[field.to_owned()], &[ty], &mut queries);
    }
    queries
}

/// Adds a query of the plain fields of the last type, and those of the types below it that are not above it.
fn add_queries(schema: &Model, path: &[String], types: &[&str], queries: &mut Vec<String>) {
    let ty = *types.last().unwrap();
    let mut leaves = vec!["__typename".to_owned()];
    if ty == "MessagePart" {
        leaves.push("... on TextPart { text offset } ... on ReasoningPart { text }".to_owned());
    }
    let visible = END_USER_FIELDS.iter().find(|(name, _)| *name == ty);
    for field in visible.map_or(&[][..], |(_, fields)| *fields) {
        let member = &schema.0[ty].members[*field];
        let below = member.ty.trim_matches(['[', ']', '!']);
        let known = schema.0.get(below);
        if known.is_none_or(|known| matches!(known.kind, "enum" | "scalar")) {
            leaves.push((*field).to_owned());
        } else if !types.contains(&below) && path.len() < DEEPEST {
            let is_paged = member.arguments.contains_key("first");
            let page = if is_paged { "(first: 2)" } else { "" };
            let path = [path, &[format!("{field}{page}")]].concat();
            add_queries(schema, &path, &[types, &[below]].concat(), queries);
        }
    }
    let close = " }".repeat(path.len() + 1);
    let (open, leaves) = (path.join(" { "), leaves.join(" "));
    queries.push(format!("{{ {open} {{ {leaves}{close}"));
}

/// The maximum number of fields on a path: documents have at most 12 levels of fields.
const DEEPEST: usize = 10;

#[tokio::test]
async fn no_field_shows_another_end_user() {
    let stage = Stage::set().await;
    let own = view(&stage.ada).await.to_string();
    assert!(own.matches(CANARY).count() >= 5, "{own}");
    // the arguments of tools, as the server gets them, and the reasons of handoffs are not for end users
    for hidden in ["arguments\":{", "reason\":\"canary"] {
        assert!(!own.contains(hidden), "{own}");
    }
    let seen = view(&stage.bob).await.to_string();
    assert!(!seen.contains(CANARY), "{seen}");
    for (kind, id) in &stage.ids {
        assert!(!seen.contains(id.as_str()), "{kind:?} {id} in {seen}");
    }
}

#[tokio::test]
async fn every_field_that_is_not_listed_is_refused() {
    let app = TestApp::configured(FAST, &[]).await;
    let ada = browser(&app, "ada").await;
    let schema = Model::ours();
    let listed = |ty: &str, field: &str| {
        let known = END_USER_FIELDS.iter().find(|(name, _)| *name == ty);
        known.is_some_and(|(_, fields)| fields.contains(&field))
    };
    let mut refused = 0;
    for (ty, definition) in &schema.0 {
        let is_root = ["Query", "Mutation", "Subscription"].contains(&ty.as_str());
        if definition.kind != "type" || is_root || ty.starts_with("__") {
            continue;
        }
        for (field, member) in &definition.members {
            if listed(ty, field) {
                continue;
            }
            let below = member.ty.trim_matches(['[', ']', '!']);
            let is_leaf = schema
                .0
                .get(below)
                .is_none_or(|known| matches!(known.kind, "enum" | "scalar"));
            let below = if is_leaf { "" } else { " { __typename }" };
            let query = format!("{{ viewer {{ role }} }} fragment F on {ty} {{ {field}{below} }}");
            let reply = ada.ask(&query, json!({})).await;
            assert_eq!(reply.code(), "FORBIDDEN", "{ty}.{field}: {reply:?}");
            refused += 1;
        }
    }
    assert!(refused > 250, "{refused}");
    let introspection = ada.ask("{ __schema { types { name } } }", json!({})).await;
    assert_eq!(introspection.code(), "UNAUTHENTICATED");
}
