//! A message and the stream that answers it.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Script, Stream, TestApp, until};

/// What the tests read of an event.
macro_rules! events_of {
    ($head:literal) => {
        concat!(
            "subscription",
            $head,
            " { __typename runId cursor sequence at
                ... on RunStarted { attempt run { id conversation { id } } }
                ... on AgentSelected { route { reason confidence agent { id } candidates { agent { id } available } } }
                ... on TokenDelta { text offset }
                ... on RunSucceeded { message { id text demoQuality } usage { inputTokens outputTokens } }
                ... on RunFailed { error { code message } }
            } }"
        )
    };
}

/// The subscription that most tests follow.
pub(crate) const CHAT: &str =
    events_of!("($input: ChatInput!, $after: String) { chat(input: $input, after: $after)");
/// The subscription that goes on after a cursor.
pub(crate) const RUN_EVENTS: &str =
    events_of!("($id: ID!, $after: String) { runEvents(runId: $id, after: $after)");
/// The subscription of a second device.
pub(crate) const CONVERSATION_EVENTS: &str = events_of!(
    "($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after)"
);

const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";

/// The events of a subscription, without their wrapping.
pub(crate) fn events(field: &str, replies: &[Reply]) -> Vec<Value> {
    replies
        .iter()
        .map(|reply| reply.data()[field].clone())
        .collect()
}

/// The text that a client puts together: that of all deltas since the last start.
pub(crate) fn text(events: &[Value]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        match event["__typename"].as_str().unwrap() {
            "RunStarted" => text.clear(),
            "TokenDelta" => {
                assert_eq!(
                    event["offset"].as_u64().unwrap() as usize,
                    text.chars().count(),
                    "{event}"
                );
                text.push_str(event["text"].as_str().unwrap());
            }
            _ => {}
        }
        text
    })
}

/// The types of events, neighbouring deltas as one.
pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> = events
        .iter()
        .map(|event| event["__typename"].as_str().unwrap())
        .collect();
    kinds.dedup_by(|next, kind| next == kind && *kind == "TokenDelta");
    kinds
}

/// A chat from the message to the end of its answer.
pub(crate) async fn ask(client: &Client, input: Value) -> Vec<Value> {
    let stream = client.subscribe(CHAT, json!({"input": input})).await;
    events("chat", &stream.rest().await)
}

/// Sends a message without following it; returns the ids of its run and of its conversation.
pub(crate) async fn send(client: &Client, input: Value) -> (String, String) {
    let sent = client.ok(SEND, json!({"input": input})).await;
    let run = &sent["sendMessage"]["run"];
    (
        run["id"].as_str().unwrap().to_owned(),
        run["conversation"]["id"].as_str().unwrap().to_owned(),
    )
}

/// Reads to the next event of that type, and returns all that came.
pub(crate) async fn read_to(kind: &str, field: &str, stream: &mut Stream) -> Vec<Value> {
    let mut read = Vec::new();
    while read
        .last()
        .is_none_or(|event: &Value| event["__typename"] != kind)
    {
        let reply = stream
            .next()
            .await
            .unwrap_or_else(|| panic!("ended without {kind}: {read:?}"));
        read.push(reply.data()[field].clone());
    }
    read
}

/// The run as it is now.
pub(crate) async fn run(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { run(id: $id) { status attempt message { text } usage { inputTokens outputTokens } error { code message } startedAt finishedAt } }";
    client.ok(query, json!({"id": id})).await["run"].clone()
}

/// Waits until the run has ended, and returns it.
pub(crate) async fn ended(client: &Client, id: &str) -> Value {
    until("the run has ended", || async {
        !run(client, id).await["finishedAt"].is_null()
    })
    .await;
    run(client, id).await
}

/// Who said what in a conversation.
pub(crate) async fn said(client: &Client, conversation: &str) -> Vec<(String, String)> {
    let query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { role text } } } }";
    let found = client.ok(query, json!({"id": conversation})).await;
    pairs(&found["conversation"]["messages"]["nodes"], "text")
}

/// Who said what in a request to the model, without the instructions.
fn asked(request: &Value) -> Vec<(String, String)> {
    let mut messages = pairs(&request["messages"], "content");
    assert_eq!(messages.remove(0).0, "system");
    messages
}

fn pairs(messages: &Value, text: &str) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (word(&message["role"]).to_lowercase(), word(&message[text])))
        .collect()
}

fn exchange(question: &str, answer: &str) -> [(String, String); 2] {
    [
        ("user".to_owned(), question.to_owned()),
        ("assistant".to_owned(), answer.to_owned()),
    ]
}

fn conversation_of(events: &[Value]) -> String {
    events[0]["run"]["conversation"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn route_of(events: &[Value]) -> &Value {
    assert_eq!(events[1]["__typename"], "AgentSelected");
    &events[1]["route"]
}

async fn create_agent(client: &Client, name: &str, fallback: Option<&str>) -> String {
    let mutation =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let input = json!({"template": "sales_agent", "tier": "startup", "name": name, "fallbackAgentId": fallback});
    let made = client.ok(mutation, json!({"input": input})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn suspend(client: &Client, agent: &str) {
    client
        .ok(
            "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }",
            json!({"id": agent}),
        )
        .await;
}

async fn conversations(client: &Client) -> u64 {
    client
        .ok("{ conversations { totalCount } }", json!({}))
        .await["conversations"]["totalCount"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn an_answer_is_streamed_and_stored() {
    let app = TestApp::start().await;
    app.upstream
        .will(Script::says(&["Grü", "ße", " 👋", " von", " 👩‍👩‍👧 hier"]));
    let events = ask(&app.home.member, json!({"message": "Hallo"})).await;
    assert_eq!(
        kinds(&events),
        ["RunStarted", "AgentSelected", "TokenDelta", "RunSucceeded"]
    );
    let last = events.last().unwrap();
    assert_eq!(text(&events), "Grüße 👋 von 👩‍👩‍👧 hier");
    assert_eq!(last["message"]["text"], "Grüße 👋 von 👩‍👩‍👧 hier");
    assert_eq!(last["message"]["demoQuality"], false);
    assert_eq!(last["usage"], json!({"inputTokens": 11, "outputTokens": 7}));
    let id = events[0]["run"]["id"].as_str().unwrap();
    assert!(events.iter().all(|event| event["runId"] == id));
    let run = run(&app.home.member, id).await;
    assert_eq!(
        (&run["status"], &run["attempt"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    assert_eq!(run["message"]["text"], last["message"]["text"]);
    assert_eq!(run["usage"], last["usage"]);
    assert_eq!(
        said(&app.home.member, &conversation_of(&events)).await,
        exchange("Hallo", "Grüße 👋 von 👩‍👩‍👧 hier")
    );
}

#[tokio::test]
async fn every_piece_is_seen_when_it_comes() {
    let app = TestApp::start().await;
    app.upstream.will(
        Script::default()
            .text("one")
            .gate()
            .text(" two")
            .gate()
            .text(" three")
            .done(),
    );
    let mut stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "count"}}))
        .await;
    for (piece, offset) in [("one", 0), (" two", 3), (" three", 7)] {
        let read = read_to("TokenDelta", "chat", &mut stream).await;
        let delta = read.last().unwrap();
        assert_eq!(
            (&delta["text"], &delta["offset"]),
            (&json!(piece), &json!(offset))
        );
        app.upstream.release(1);
    }
    assert_eq!(
        kinds(&events("chat", &stream.rest().await)),
        ["RunSucceeded"]
    );
}

#[tokio::test]
async fn the_second_message_brings_along_what_was_said() {
    let app = TestApp::start().await;
    app.upstream.will(Script::says(&["My name is", " Ada."]));
    app.upstream.will(Script::says(&["I said: Ada."]));
    let first = ask(
        &app.home.member,
        json!({"message": "Who are you?", "agentId": app.home.agent}),
    )
    .await;
    let conversation = conversation_of(&first);
    let second = ask(
        &app.home.member,
        json!({"message": "Once more?", "conversationId": conversation}),
    )
    .await;
    assert_eq!(conversation_of(&second), conversation);
    let requests = app.upstream.asked();
    assert_eq!(asked(&requests[0]), exchange("Who are you?", "")[..1]);
    let whole = [
        exchange("Who are you?", "My name is Ada."),
        exchange("Once more?", "I said: Ada."),
    ]
    .concat();
    assert_eq!(asked(&requests[1]), whole[..3]);
    assert_eq!(said(&app.home.member, &conversation).await, whole);
}

#[tokio::test]
async fn messages_sent_before_the_answer_wait_for_their_turn() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().gate().text("first").done());
    app.upstream.will(Script::says(&["second"]));
    app.upstream.will(Script::says(&["third"]));
    let (_, conversation) = send(member, json!({"message": "1?"})).await;
    let (second, _) = send(
        member,
        json!({"message": "2?", "conversationId": conversation}),
    )
    .await;
    let (third, _) = send(
        member,
        json!({"message": "3?", "conversationId": conversation}),
    )
    .await;
    until("the first is asked", || async { app.upstream.open() == 1 }).await;
    assert_eq!(run(member, &second).await["status"], "QUEUED");
    app.upstream.release(1);
    assert_eq!(ended(member, &third).await["message"]["text"], "third");
    assert_eq!(run(member, &second).await["message"]["text"], "second");
    assert_eq!(app.upstream.most_open(), 1);
    // each is asked with what was answered before it, whenever it was sent
    let whole = [
        exchange("1?", "first"),
        exchange("2?", "second"),
        exchange("3?", "third"),
    ]
    .concat();
    let requests = app.upstream.asked();
    assert_eq!(requests.len(), 3);
    for (request, messages) in requests.iter().zip([1, 3, 5]) {
        assert_eq!(asked(request), whole[..messages]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_sent_at_once_are_answered_one_by_one() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (_, conversation) = send(member, json!({"message": "Hello"})).await;
    for _ in 0..8 {
        app.upstream.will(Script::echoes());
    }
    // the first, unscripted answer may take any of the scripts: all say what they were asked, or hello
    let sent = join_all((0..7).map(|number| {
        let input =
            json!({"message": format!("question {number}"), "conversationId": conversation});
        async move { (number, send(member, input).await.0) }
    }))
    .await;
    for (number, id) in &sent {
        let run = ended(member, id).await;
        assert_eq!(
            run["message"]["text"],
            format!("question {number}"),
            "{run}"
        );
    }
    assert_eq!(app.upstream.most_open(), 1);
}

#[tokio::test]
async fn a_message_goes_to_the_agent_it_names_then_to_the_conversations_own() {
    let app = TestApp::start().await;
    let sales = create_agent(&app.home.admin, "Sales", None).await;
    let first = ask(&app.home.member, json!({"message": "a", "agentId": sales})).await;
    assert_eq!(
        (
            &route_of(&first)["reason"],
            &route_of(&first)["agent"]["id"]
        ),
        (&json!("REQUESTED"), &json!(sales))
    );
    let second = ask(
        &app.home.member,
        json!({"message": "b", "conversationId": conversation_of(&first)}),
    )
    .await;
    assert_eq!(
        (
            &route_of(&second)["reason"],
            &route_of(&second)["agent"]["id"]
        ),
        (&json!("CONVERSATION"), &json!(sales))
    );
    let alone = ask(&app.home.member, json!({"message": "c"})).await;
    assert_eq!(
        (
            &route_of(&alone)["reason"],
            &route_of(&alone)["agent"]["id"]
        ),
        (&json!("FALLBACK"), &json!(app.home.agent))
    );
    // naming another one moves the conversation
    let moved = ask(&app.home.member, json!({"message": "d", "conversationId": conversation_of(&first), "agentId": app.home.agent})).await;
    assert_eq!(route_of(&moved)["reason"], "REQUESTED");
    let stays = ask(
        &app.home.member,
        json!({"message": "e", "conversationId": conversation_of(&first)}),
    )
    .await;
    assert_eq!(
        (
            &route_of(&stays)["reason"],
            &route_of(&stays)["agent"]["id"]
        ),
        (&json!("CONVERSATION"), &json!(app.home.agent))
    );
}

#[tokio::test]
async fn a_suspended_agent_is_stood_in_for_by_its_fallbacks() {
    let app = TestApp::start().await;
    let last = create_agent(&app.home.admin, "Last", None).await;
    let middle = create_agent(&app.home.admin, "Middle", Some(&last)).await;
    let first = create_agent(&app.home.admin, "First", Some(&middle)).await;
    suspend(&app.home.admin, &first).await;
    suspend(&app.home.admin, &middle).await;
    let events = ask(&app.home.member, json!({"message": "a", "agentId": first})).await;
    let route = route_of(&events);
    assert_eq!(
        (&route["reason"], &route["agent"]["id"]),
        (&json!("FALLBACK"), &json!(last))
    );
    let candidate =
        |agent: &str, available: bool| json!({"agent": {"id": agent}, "available": available});
    assert_eq!(
        route["candidates"],
        json!([
            candidate(&first, false),
            candidate(&middle, false),
            candidate(&last, true)
        ])
    );
    suspend(&app.home.admin, &last).await;
    let before = conversations(&app.home.reader).await;
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "b", "agentId": first}}))
        .await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    assert_eq!(conversations(&app.home.reader).await, before);
}

#[tokio::test]
async fn nobody_answers_when_no_agent_is_active() {
    let app = TestApp::start().await;
    suspend(&app.home.admin, &app.home.agent).await;
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "a"}}))
        .await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    let refused = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "a"}}))
        .await
        .rest()
        .await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["CONFLICT"]
    );
    assert_eq!(app.upstream.asked().len(), 0);
}

#[tokio::test]
async fn the_context_is_what_the_template_allows() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    for (context, path) in [
        (json!({"caseNumber": "1"}), "input.context.caseNumber"),
        (json!({"caseId": 7}), "input.context.caseId"),
        (json!({"caseId": ""}), "input.context.caseId"),
        (json!({"caseId": "a\u{0}b"}), "input.context.caseId"),
        (json!(["caseId"]), "input.context"),
        (json!("caseId"), "input.context"),
        (nested(40), "input.context"),
        (json!({"caseId": "x".repeat(70_000)}), "input.context"),
    ] {
        let refused = member
            .ask(SEND, json!({"input": {"message": "a", "context": context}}))
            .await;
        assert_eq!(
            (refused.code(), refused.problem_paths()),
            ("BAD_USER_INPUT", vec![path]),
            "{refused:?}"
        );
    }
    assert_eq!(conversations(&app.home.reader).await, 0);
    let events = ask(
        member,
        json!({"message": "a", "context": {"caseId": "C-4711"}}),
    )
    .await;
    let query = "query($id: ID!) { conversation(id: $id) { context } }";
    let conversation = conversation_of(&events);
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"caseId": "C-4711"})
    );
    ask(
        member,
        json!({"message": "b", "conversationId": conversation}),
    )
    .await;
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"caseId": "C-4711"})
    );
    ask(
        member,
        json!({"message": "c", "conversationId": conversation, "context": {"plan": "pro"}}),
    )
    .await;
    assert_eq!(
        member.ok(query, json!({"id": conversation})).await["conversation"]["context"],
        json!({"plan": "pro"})
    );
}

/// Objects inside each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({"a": inner}))
}

#[tokio::test]
async fn a_bad_message_is_refused_with_the_paths_of_what_is_wrong() {
    let app = TestApp::start().await;
    let Known {
        run,
        conversation,
        strange_agent,
        strange_conversation,
    } = Known::of(&app).await;
    let before = conversations(&app.home.reader).await;
    for (input, paths) in [
        (json!({"message": ""}), vec!["input.message"]),
        (json!({"message": " \n\t\u{3000}"}), vec!["input.message"]),
        (
            json!({"message": "é".repeat(32_001)}),
            vec!["input.message"],
        ),
        (json!({"message": "a\u{0}b"}), vec!["input.message"]),
        (json!({"message": "a\u{202e}b"}), vec!["input.message"]),
        (
            json!({"message": "a", "endUser": " "}),
            vec!["input.endUser"],
        ),
        (
            json!({"message": "a", "endUser": "a\nb"}),
            vec!["input.endUser"],
        ),
        (
            json!({"message": "a", "endUser": "x".repeat(121)}),
            vec!["input.endUser"],
        ),
        (
            json!({"message": "a", "clientMessageId": ""}),
            vec!["input.clientMessageId"],
        ),
        (
            json!({"message": "a", "clientMessageId": "x".repeat(121)}),
            vec!["input.clientMessageId"],
        ),
        (
            json!({"message": "a", "allowTools": ["x", "y", "x"]}),
            vec!["input.allowTools[2]"],
        ),
        (
            json!({"message": "a", "allowTools": ["x", ""]}),
            vec!["input.allowTools[1]"],
        ),
        (
            json!({"message": "a", "allowTools": (0..101).map(|n| n.to_string()).collect::<Vec<_>>()}),
            vec!["input.allowTools"],
        ),
        (
            json!({"message": "", "endUser": "", "context": []}),
            vec!["input.message", "input.endUser", "input.context"],
        ),
        (
            json!({"message": "a", "agentId": run}),
            vec!["input.agentId"],
        ),
        (
            json!({"message": "a", "agentId": "agent_"}),
            vec!["input.agentId"],
        ),
        (
            json!({"message": "a", "agentId": ""}),
            vec!["input.agentId"],
        ),
        (
            json!({"message": "a", "conversationId": app.home.agent}),
            vec!["input.conversationId"],
        ),
        (
            json!({"message": "a", "conversationId": "'; DROP TABLE runs; --"}),
            vec!["input.conversationId"],
        ),
    ] {
        let refused = app.home.member.ask(SEND, json!({"input": input})).await;
        assert_eq!(
            (refused.code(), refused.problem_paths()),
            ("BAD_USER_INPUT", paths),
            "{input}: {refused:?}"
        );
        let streamed = app
            .home
            .member
            .subscribe(CHAT, json!({"input": input}))
            .await
            .rest()
            .await;
        assert_eq!(
            streamed.iter().map(Reply::message).collect::<Vec<_>>(),
            [refused.message()]
        );
        assert_eq!(streamed[0].problem_paths(), refused.problem_paths());
    }
    // what belongs to someone else reads as what never was
    let unknown_agent = other_id(&app.home.agent);
    let unknown_conversation = other_id(&conversation);
    for (foreign, unknown) in [
        (
            json!({"message": "a", "agentId": strange_agent}),
            json!({"message": "a", "agentId": unknown_agent}),
        ),
        (
            json!({"message": "a", "conversationId": strange_conversation}),
            json!({"message": "a", "conversationId": unknown_conversation}),
        ),
    ] {
        let foreign = app.home.member.ask(SEND, json!({"input": foreign})).await;
        let unknown = app.home.member.ask(SEND, json!({"input": unknown})).await;
        assert_eq!(
            (foreign.code(), foreign.message()),
            ("NOT_FOUND", unknown.message())
        );
        assert_eq!(unknown.code(), "NOT_FOUND");
    }
    assert_eq!(conversations(&app.home.reader).await, before);
    let longest = ask(&app.home.member, json!({"message": "é".repeat(32_000)})).await;
    assert_eq!(kinds(&longest).last(), Some(&"RunSucceeded"));
}

/// Ids of things that are there.
struct Known {
    run: String,
    conversation: String,
    strange_agent: String,
    strange_conversation: String,
}

impl Known {
    async fn of(app: &TestApp) -> Self {
        let (run, conversation) = send(&app.home.member, json!({"message": "a"})).await;
        ended(&app.home.member, &run).await;
        let (strange_run, strange_conversation) =
            send(&app.stranger.member, json!({"message": "a"})).await;
        ended(&app.stranger.member, &strange_run).await;
        Self {
            run,
            conversation,
            strange_agent: app.stranger.agent.clone(),
            strange_conversation,
        }
    }
}

/// A well-formed id that nothing has.
fn other_id(id: &str) -> String {
    let (start, last) = id.split_at(id.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn a_spent_budget_blocks_new_messages() {
    let app = TestApp::start().await;
    let budget = "mutation($tokens: Int, $how: BudgetEnforcement!) { updateAccount(input: {monthlyTokenBudget: $tokens, enforcement: $how}) { account { id } } }";
    app.home
        .owner
        .ok(budget, json!({"tokens": 18, "how": "BLOCK"}))
        .await;
    let events = ask(
        &app.home.member,
        json!({"message": "a", "clientMessageId": "first"}),
    )
    .await;
    assert_eq!(
        events.last().unwrap()["usage"],
        json!({"inputTokens": 11, "outputTokens": 7})
    );
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "b"}}))
        .await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED", "{refused:?}");
    let refused = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "b"}}))
        .await
        .rest()
        .await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["QUOTA_EXCEEDED"]
    );
    // what was paid for can still be read
    let replayed = ask(
        &app.home.member,
        json!({"message": "a", "clientMessageId": "first"}),
    )
    .await;
    assert_eq!(replayed.last(), events.last());
    // nor does anyone else pay
    assert_eq!(
        kinds(&ask(&app.stranger.member, json!({"message": "b"})).await).last(),
        Some(&"RunSucceeded")
    );
    app.home
        .owner
        .ok(budget, json!({"tokens": 18, "how": "WARN"}))
        .await;
    assert_eq!(
        kinds(&ask(&app.home.member, json!({"message": "b"})).await).last(),
        Some(&"RunSucceeded")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_chats_with_one_key_follow_one_run() {
    let app = TestApp::start().await;
    let pieces = ["Wir", " sehen", " das", " Gleiche", " 👀"];
    app.upstream.will(
        pieces
            .iter()
            .fold(Script::default(), |script, piece| script.gate().text(piece))
            .gate()
            .done(),
    );
    let input = json!({"input": {"message": "Hallo", "clientMessageId": "one"}});
    let member = &app.home.member;
    let (mut left, mut right) = futures::join!(
        member.subscribe(CHAT, input.clone()),
        member.subscribe(CHAT, input)
    );
    let mut seen = [Vec::new(), Vec::new()];
    for kind in ["AgentSelected"]
        .into_iter()
        .chain(pieces.iter().map(|_| "TokenDelta"))
    {
        let (one, other) = futures::join!(
            read_to(kind, "chat", &mut left),
            read_to(kind, "chat", &mut right)
        );
        seen[0].extend(one);
        seen[1].extend(other);
        app.upstream.release(1);
    }
    let (one, other) = futures::join!(left.rest(), right.rest());
    seen[0].extend(events("chat", &one));
    seen[1].extend(events("chat", &other));
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].len(), 2 + pieces.len() + 1);
    assert_eq!(text(&seen[0]), pieces.concat());
    assert_eq!(app.upstream.asked().len(), 1);
    assert_eq!(conversations(member).await, 1);
    assert_eq!(
        said(member, &conversation_of(&seen[0])).await,
        exchange("Hallo", &pieces.concat())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_messages_with_one_key_are_one_run() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let sent = join_all((0..20).map(|_| {
        send(
            member,
            json!({"message": "Hallo", "clientMessageId": "one"}),
        )
    }))
    .await;
    assert!(sent.iter().all(|ids| *ids == sent[0]), "{sent:?}");
    ended(member, &sent[0].0).await;
    assert_eq!(app.upstream.asked().len(), 1);
    assert_eq!(conversations(member).await, 1);
    // the same in a conversation that is there
    let input = json!({"message": "Hallo", "clientMessageId": "two", "conversationId": sent[0].1});
    let again = join_all((0..20).map(|_| send(member, input.clone()))).await;
    assert!(again.iter().all(|ids| *ids == again[0]), "{again:?}");
    assert_ne!(again[0].0, sent[0].0);
    ended(member, &again[0].0).await;
    assert_eq!(said(member, &sent[0].1).await.len(), 4);
    // another account's key of that name is another key
    assert_ne!(
        send(
            &app.stranger.member,
            json!({"message": "Hallo", "clientMessageId": "one"})
        )
        .await
        .0,
        sent[0].0
    );
}

#[tokio::test]
async fn a_key_with_another_text_is_a_conflict() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (id, _) = send(
        member,
        json!({"message": "Hallo", "clientMessageId": "one"}),
    )
    .await;
    let input = json!({"input": {"message": "Hello", "clientMessageId": "one"}});
    assert_eq!(member.ask(SEND, input.clone()).await.code(), "CONFLICT");
    ended(member, &id).await;
    let refused = member.subscribe(CHAT, input).await.rest().await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["CONFLICT"]
    );
    assert_eq!(app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_chat_after_the_end_replays_the_run() {
    let app = TestApp::start().await;
    let input = json!({"message": "Hallo", "clientMessageId": "one"});
    let live = ask(&app.home.member, input.clone()).await;
    let replayed = ask(&app.home.member, input).await;
    assert_eq!(kinds(&replayed), kinds(&live));
    assert_eq!(text(&replayed), text(&live));
    assert_eq!(replayed.last(), live.last());
    assert_eq!(app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_chat_with_a_wrong_cursor_sends_nothing() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let other = ask(
        member,
        json!({"message": "Hallo", "clientMessageId": "other"}),
    )
    .await;
    let foreign = ask(&app.stranger.member, json!({"message": "Hallo"})).await;
    for cursor in [
        &json!(""),
        &json!("nonsense"),
        &other[2]["cursor"],
        &foreign[0]["cursor"],
    ] {
        for key in [None, Some("fresh")] {
            let input = json!({"message": "Hello", "clientMessageId": key});
            let refused = member
                .subscribe(CHAT, json!({"input": input, "after": cursor}))
                .await
                .rest()
                .await;
            let refused: Vec<_> = refused
                .iter()
                .map(|reply| (reply.code(), reply.problem_paths()))
                .collect();
            assert_eq!(
                refused,
                [("BAD_USER_INPUT", vec!["after"])],
                "{cursor} {key:?}"
            );
        }
    }
    assert_eq!(conversations(member).await, 1);
    assert_eq!(app.upstream.asked().len(), 2);
}
