//! A message and the stream of its answer: the helpers of the tests of both.

mod answer;
mod input;
mod limits;
mod repeat;
mod route;

use serde_json::{Value, json};

use crate::support::{Client, Reply, Stream, until};

/// The selected fields of an event.
macro_rules! events_of {
    ($head:literal) => {
        concat!(
            "subscription",
            $head,
            " { __typename runId cursor sequence at
                ... on MessageAdded { run { id conversation { id } } }
                ... on RunStarted { attempt run { id conversation { id } } }
                ... on AgentSelected { route { reason confidence agent { id } candidates { agent { id } available } } }
                ... on TokenDelta { text offset utf16Offset }
                ... on RunSucceeded { message { id text demoQuality } usage { inputTokens outputTokens } }
                ... on RunFailed { error { code message } }
            } }"
        )
    };
}

/// The subscription of most tests.
pub(crate) const CHAT: &str =
    events_of!("($input: ChatInput!, $after: String) { chat(input: $input, after: $after)");
/// The subscription that resumes after a cursor.
pub(crate) const RUN_EVENTS: &str =
    events_of!("($id: ID!, $after: String) { runEvents(runId: $id, after: $after)");
/// The subscription of a second device.
pub(crate) const CONVERSATION_EVENTS: &str = events_of!(
    "($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after)"
);

const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";

/// The events in the replies of a subscription.
pub(crate) fn events(field: &str, replies: &[Reply]) -> Vec<Value> {
    replies
        .iter()
        .map(|reply| reply.data()[field].clone())
        .collect()
}

/// The text that a client assembles: all deltas since the last start. Each must begin where the text before it ends.
pub(crate) fn text(events: &[Value]) -> String {
    let mut text = String::new();
    let (mut code_points, mut utf16) = (0, 0);
    for event in events {
        match event["__typename"].as_str().unwrap() {
            "RunStarted" => {
                text.clear();
                (code_points, utf16) = (0, 0);
            }
            "TokenDelta" => {
                assert_eq!(event["offset"], code_points, "{event}");
                assert_eq!(event["utf16Offset"], utf16, "{event}");
                let piece = event["text"].as_str().unwrap();
                code_points += piece.chars().count();
                utf16 += piece.encode_utf16().count();
                text.push_str(piece);
            }
            _ => {}
        }
    }
    text
}

/// The types of events, with consecutive deltas as one.
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

/// Sends a message without a subscription; returns the ids of its run and of its conversation.
pub(crate) async fn send(client: &Client, input: Value) -> (String, String) {
    let sent = client.ok(SEND, json!({"input": input})).await;
    let run = &sent["sendMessage"]["run"];
    (
        run["id"].as_str().unwrap().to_owned(),
        run["conversation"]["id"].as_str().unwrap().to_owned(),
    )
}

/// Reads up to the next event of this type, and returns all events on the way.
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

/// The present state of a run.
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

/// The roles and texts of a conversation's messages.
pub(crate) async fn said(client: &Client, conversation: &str) -> Vec<(String, String)> {
    let query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { role text } } } }";
    let found = client.ok(query, json!({"id": conversation})).await;
    pairs(&found["conversation"]["messages"]["nodes"], "text")
}

/// The roles and texts of a model request, without the system prompt.
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

pub(crate) fn conversation_of(events: &[Value]) -> String {
    events[0]["run"]["conversation"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn conversations(client: &Client) -> u64 {
    client
        .ok("{ conversations { totalCount } }", json!({}))
        .await["conversations"]["totalCount"]
        .as_u64()
        .unwrap()
}
