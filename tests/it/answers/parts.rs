//! The parts of an answer: the same live, after a replay from the log, and stored.

use serde_json::{Value, json};

use super::{MESSAGE, assembled, kept, stored, thought};
use crate::{
    chat::{events, read_to},
    end_users::browser,
    support::{Client, Script, TestApp, until},
    tools::Workshop,
};

const EVENT: &str = "__typename runId cursor ... on RunStarted { attempt }
    ... on ReasoningDelta { text } ... on TokenDelta { text offset utf16Offset }
    ... on ToolCallUpdated { toolCall { id tool status } }";

fn chat() -> String {
    format!(
        "subscription($input: ChatInput!) {{ chat(input: $input) {{ {EVENT} ... on RunSucceeded {{ message {{ {MESSAGE} }} }} }} }}"
    )
}

async fn replayed(client: &Client, id: &Value) -> Vec<Value> {
    let query = format!(
        "subscription($id: ID!) {{ runEvents(runId: $id) {{ {EVENT} ... on RunSucceeded {{ message {{ {MESSAGE} }} }} }} }}"
    );
    let stream = client.subscribe(&query, json!({"id": id})).await;
    events("runEvents", &stream.rest().await)
}

fn joined_text(message: &Value) -> String {
    let parts = message["parts"].as_array().unwrap().iter();
    let texts = parts.filter(|part| part["__typename"] == "TextPart");
    texts.map(|part| part["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn reasoning_text_and_tool_calls_keep_their_order() {
    let workshop = Workshop::granting(&["find"], "AUTO").await;
    let upstream = &workshop.app.upstream;
    upstream.will(
        Script::default()
            .raw(&thought("Who is"))
            .raw(&thought(" Ann?"))
            .text("Let me look. 🔎")
            .then_calls(&[("workshop__find", json!({"text": "Ann"}))]),
    );
    upstream.will(
        Script::default()
            .raw(&thought("Found."))
            .text("Ann is")
            .raw(&thought("Sure?"))
            .text(" there.")
            .done(),
    );
    let home = &workshop.app.home;
    let input = json!({"message": "Where is Ann?", "agentId": home.agent});
    let stream = home
        .member
        .subscribe(&chat(), json!({"input": input}))
        .await;
    let seen = events("chat", &stream.rest().await);
    let message = &seen.last().unwrap()["message"];
    let expected = json!([
        {"reasoning": "Who is Ann?"},
        {"text": "Let me look. 🔎", "offset": 0},
        {"call": "find", "offset": 14},
        {"reasoning": "Found."},
        {"text": "\n\nAnn is", "offset": 14},
        {"reasoning": "Sure?"},
        {"text": " there.", "offset": 22},
    ]);
    assert_eq!(json!(kept(message)), expected);
    assert_eq!(json!(assembled(&seen)), expected);
    assert_eq!(message["text"], "Let me look. 🔎\n\nAnn is there.");
    assert_eq!(joined_text(message), message["text"].as_str().unwrap());
    let parts = message["parts"].as_array().unwrap();
    assert_eq!(parts[2]["utf16Offset"], 15);
    assert_eq!(parts[2]["toolCall"]["status"], "SUCCEEDED");
    assert_eq!(parts[6]["utf16Offset"], 23);
    assert_eq!(&stored(&home.reader, &message["id"]).await, message);
    let again = replayed(&home.reader, &seen[0]["runId"]).await;
    assert_eq!(json!(assembled(&again)), expected);
    // the text alone goes back to the model
    let asked = workshop.asked();
    assert!(!asked[1]["messages"].to_string().contains("Sure?"));
}

#[tokio::test]
async fn a_later_attempt_repeats_the_parts_of_the_finished_steps_in_their_order() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let (upstream, home) = (&workshop.app.upstream, &workshop.app.home);
    upstream.will(
        Script::default()
            .raw(&thought("It asks me to write."))
            .text("I will write 🖊.")
            .then_calls(&[("workshop__write", json!({"text": "x"}))]),
    );
    upstream.will(Script::says(&["Written."]));
    let input = json!({"message": "Write.", "agentId": home.agent});
    let mut stream = home
        .member
        .subscribe(&chat(), json!({"input": input}))
        .await;
    let seen = read_to("ToolCallUpdated", "chat", &mut stream).await;
    let call = &seen.last().unwrap()["toolCall"]["id"];
    let query =
        "query($id: ID!) { node(id: $id) { ... on ToolCall { argumentsDigest run { status } } } }";
    until("the run waits for a person", || async {
        let found = home.admin.ok(query, json!({"id": call})).await;
        found["node"]["run"]["status"] == "AWAITING_APPROVAL"
    })
    .await;
    let found = home.admin.ok(query, json!({"id": call})).await;
    let input = json!({"toolCallId": call, "approve": true, "argumentsDigest": found["node"]["argumentsDigest"]});
    let resolve = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }";
    home.admin.ok(resolve, json!({"input": input})).await;
    let rest = events("chat", &stream.rest().await);
    assert!(rest.iter().any(|event| event["attempt"] == 2), "{rest:?}");
    let message = &rest.last().unwrap()["message"];
    let expected = json!([
        {"reasoning": "It asks me to write."},
        {"text": "I will write 🖊.", "offset": 0},
        {"call": "write", "offset": 15},
        {"text": "\n\nWritten.", "offset": 15},
    ]);
    assert_eq!(json!(kept(message)), expected);
    let both = [seen, rest.clone()].concat();
    assert_eq!(json!(assembled(&both)), expected);
    let again = replayed(&home.reader, &both[0]["runId"]).await;
    assert_eq!(json!(assembled(&again)), expected);
}

#[tokio::test]
async fn an_end_user_sees_the_parts_of_its_own_answers_only() {
    let app = TestApp::start().await;
    app.upstream.will(
        Script::default()
            .raw(&thought("Be kind."))
            .text("Hello!")
            .done(),
    );
    let ada = browser(&app, "ada").await;
    let input = json!({"input": {"message": "Hi", "agentId": app.home.agent}});
    let stream = ada.subscribe(&chat(), input).await;
    let seen = events("chat", &stream.rest().await);
    let message = &seen.last().unwrap()["message"];
    let expected = json!([{"reasoning": "Be kind."}, {"text": "Hello!", "offset": 0}]);
    assert_eq!(json!(kept(message)), expected);
    assert_eq!(json!(assembled(&seen)), expected);
    let bob = browser(&app, "bob").await;
    assert_eq!(stored(&bob, &message["id"]).await, Value::Null);
    let reply = ada
        .ask(
            "query($id: ID!) { node(id: $id) { ... on Message { parts { ... on ToolCallPart { toolCall { arguments } } } } } }",
            json!({"id": message["id"]}),
        )
        .await;
    assert_eq!(reply.code(), "FORBIDDEN");
}

#[tokio::test]
async fn a_message_that_is_nothing_but_text_has_one_part() {
    let app = TestApp::start().await;
    let input = json!({"input": {"message": "Grüße 👋"}});
    let member = &app.home.member;
    let stream = member.subscribe(&chat(), input).await;
    let seen = events("chat", &stream.rest().await);
    let message = &seen.last().unwrap()["message"];
    let text = "Hello from the scripted model.";
    assert_eq!(kept(message), [json!({"text": text, "offset": 0})]);
    let query = "query($id: ID!) { run(id: $id) { userMessage { id } } }";
    let found = member.ok(query, json!({"id": seen[0]["runId"]})).await;
    let question = stored(member, &found["run"]["userMessage"]["id"]).await;
    assert_eq!(kept(&question), [json!({"text": "Grüße 👋", "offset": 0})]);
}
