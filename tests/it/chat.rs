//! A message and the stream that answers it.

use serde_json::{Value, json};

use crate::support::{Reply, Script, TestApp};

/// The subscription that most tests follow.
pub(crate) const CHAT: &str = "subscription($input: ChatInput!, $after: String) { chat(input: $input, after: $after) {
    __typename runId cursor sequence at
    ... on RunStarted { attempt run { id conversation { id } } }
    ... on AgentSelected { route { reason agent { id } } }
    ... on TokenDelta { text offset }
    ... on RunSucceeded { message { id text demoQuality } usage { inputTokens outputTokens } }
    ... on RunFailed { error { code message } }
} }";

/// The events of a subscription, without their wrapping.
pub(crate) fn events(field: &str, replies: &[Reply]) -> Vec<Value> {
    replies.iter().map(|reply| reply.data()[field].clone()).collect()
}

/// The text that a client puts together: that of all deltas since the last start.
pub(crate) fn text(events: &[Value]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        match event["__typename"].as_str().unwrap() {
            "RunStarted" => text.clear(),
            "TokenDelta" => {
                assert_eq!(event["offset"].as_u64().unwrap() as usize, text.chars().count(), "{event}");
                text.push_str(event["text"].as_str().unwrap());
            }
            _ => {}
        }
        text
    })
}

#[tokio::test]
async fn an_answer_is_streamed_and_stored() {
    let app = TestApp::start().await;
    app.upstream.will(Script::says(&["Grü", "ße", " 👋", " von", " hier"]));
    let stream = app.home.member.subscribe(CHAT, json!({"input": {"message": "Hallo"}})).await;
    let events = events("chat", &stream.rest().await);
    let kinds: Vec<_> = events.iter().map(|event| event["__typename"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"RunStarted"));
    assert_eq!(kinds.get(1), Some(&"AgentSelected"));
    assert_eq!(kinds.last(), Some(&"RunSucceeded"));
    let last = events.last().unwrap();
    assert_eq!(text(&events), "Grüße 👋 von hier");
    assert_eq!(last["message"]["text"], "Grüße 👋 von hier");
    assert_eq!(last["usage"], json!({"inputTokens": 11, "outputTokens": 7}));
}
