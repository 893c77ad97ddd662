//! The events of a run fill a client's cache, and a message is sent once.

use serde_json::{Value, json};

use super::thought;
use crate::{
    agent::create,
    caller::Caller,
    chat::{events, kinds, read_to, run, send},
    support::{Script, TestApp},
};

/// Every event with the run as it is at that time.
const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename runId sequence run { id status }
    ... on MessageAdded { message { id role text clientMessageId conversation { id } } }
    ... on ReasoningDelta { text } ... on TokenDelta { text offset utf16Offset }
    ... on RunSucceeded { message { id text } } } }";

#[tokio::test]
async fn a_chat_without_a_key_is_refused_with_the_remedy() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let query = "subscription { chat(input: {message: \"Hello\"}) { runId } }";
    let refused = member.subscribe(query, json!({})).await.rest().await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code(), "BAD_USER_INPUT");
    assert_eq!(refused[0].problem_paths(), ["input.clientMessageId"]);
    let text = refused[0].0.to_string();
    assert!(text.contains("crypto.randomUUID()"), "{text}");
    // with a cursor too
    let query = "subscription { chat(input: {message: \"Hello\"}, after: \"x\") { runId } }";
    let refused = member.subscribe(query, json!({})).await.rest().await;
    assert_eq!(refused[0].problem_paths(), ["input.clientMessageId"]);
    assert!(app.upstream.asked().is_empty(), "nothing is sent");
    // the mutation recommends it only
    send(member, json!({"message": "Hello"})).await;
}

#[tokio::test]
async fn every_event_has_the_run_and_the_first_one_the_persons_message() {
    let app = TestApp::start().await;
    app.upstream.will(
        Script::default()
            .raw(&thought("Let me see"))
            .text("Hal")
            .text("lo 🦀!")
            .done(),
    );
    let input = json!({"input": {"message": "Grüße?"}});
    let stream = app.home.member.subscribe(CHAT, input).await;
    let seen = events("chat", &stream.rest().await);
    let first = &seen[0];
    assert_eq!(
        (&first["__typename"], &first["sequence"]),
        (&json!("MessageAdded"), &json!(1))
    );
    assert_eq!(
        (&first["message"]["role"], &first["message"]["text"]),
        (&json!("USER"), &json!("Grüße?"))
    );
    assert!(first["message"]["clientMessageId"].is_string(), "{first}");
    let of_run = "query($id: ID!) { run(id: $id) { conversation { id } } }";
    let found = app
        .home
        .member
        .ok(of_run, json!({"id": first["runId"]}))
        .await;
    assert_eq!(
        first["message"]["conversation"],
        found["run"]["conversation"]
    );
    for event in &seen {
        assert_eq!(event["run"]["id"], event["runId"], "{event}");
    }
    let last = seen.last().unwrap();
    assert_eq!(last["run"]["status"], "SUCCEEDED");
    let mut kinds = kinds(&seen);
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "ReasoningDelta",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    let query = "query($id: ID!) { run(id: $id) { userMessage { id text } } }";
    let found = app
        .home
        .reader
        .ok(query, json!({"id": first["runId"]}))
        .await;
    assert_eq!(found["run"]["userMessage"]["id"], first["message"]["id"]);
}

#[tokio::test]
async fn a_second_attempt_does_not_repeat_the_persons_message() {
    let mut app = TestApp::start().await;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let input = json!({"input": {"message": "Hello?"}});
    let mut stream = app.home.member.subscribe(CHAT, input).await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    let id = seen[0]["runId"].clone();
    app.restart(&[]).await;
    let query = "subscription($id: ID!) { runEvents(runId: $id) { __typename runId } }";
    let stream = app.home.member.subscribe(query, json!({"id": id})).await;
    seen = events("runEvents", &stream.rest().await);
    let added = seen
        .iter()
        .filter(|one| one["__typename"] == "MessageAdded");
    assert_eq!(added.count(), 1);
    assert_eq!(seen.last().unwrap()["__typename"], "RunSucceeded");
    assert_eq!(
        run(&app.home.member, id.as_str().unwrap()).await["attempt"],
        2
    );
}

#[tokio::test]
async fn a_deleted_agent_is_reported_once_more() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let agent = create(
        admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Short-lived"}),
    )
    .await;
    let reader = Caller::of(&app, &app.home.reader);
    let query = "subscription($id: ID) { agentChanged(agentId: $id) { id name deletedAt } }";
    let mut all = reader.subscribe(query, json!({})).await;
    let mut one = reader.subscribe(query, json!({"id": agent["id"]})).await;
    let rename = async || {
        let input = json!({"id": agent["id"], "name": "Renamed"});
        let mutation =
            "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id } } }";
        admin.ok(mutation, json!({"input": input})).await;
    };
    // Both subscriptions are active once they have received an event.
    for stream in [&mut all, &mut one] {
        let changed = stream.answer_while(async || rename().await).await;
        assert_eq!(changed.data()["agentChanged"]["deletedAt"], Value::Null);
    }
    let mutation = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
    admin.ok(mutation, json!({"id": agent["id"]})).await;
    for stream in [&mut all, &mut one] {
        let deleted = loop {
            let event = stream.answer().await.data()["agentChanged"].clone();
            if event["deletedAt"].is_string() {
                break event;
            }
        };
        assert_eq!(deleted["id"], agent["id"]);
        assert_eq!(deleted["name"], "Renamed");
    }
}
