//! Runs that end without success keep the text that people saw.

use serde_json::{Value, json};

use super::{MESSAGE, stored, thought};
use crate::{
    chat::{ended, events, read_to, send, text},
    support::{Client, Process, Script, TestApp, TestDatabase, Upstream, until},
};

/// The events of a run, with the message and the usage at its end.
fn events_of(field: &str) -> String {
    format!(
        "{{ {field} {{ __typename runId cursor ... on ReasoningDelta {{ text }} ... on TokenDelta {{ text offset utf16Offset }}
        ... on RunFailed {{ error {{ code }} message {{ {MESSAGE} }} usage {{ inputTokens outputTokens }} }}
        ... on RunCancelled {{ message {{ {MESSAGE} }} usage {{ inputTokens outputTokens }} }} }} }}"
    )
}

fn chat() -> String {
    let events = events_of("chat(input: $input)");
    format!("subscription($input: ChatInput!) {events}")
}

/// All events of a run, from the log.
async fn replayed(client: &Client, id: &str) -> Vec<Value> {
    let events_of = events_of("runEvents(runId: $id)");
    let query = format!("subscription($id: ID!) {events_of}");
    let stream = client.subscribe(&query, json!({"id": id})).await;
    events("runEvents", &stream.rest().await)
}

#[tokio::test]
async fn a_run_that_fails_after_its_first_text_keeps_it() {
    let app = TestApp::with(&[("TROUPE_RUNS_ATTEMPTS", "1")]).await;
    let member = &app.home.member;
    app.upstream.will(
        Script::default()
            .raw(&thought("A story."))
            .text("Once upon 🦀")
            .gate()
            .cut(),
    );
    let input = json!({"input": {"message": "A story"}});
    let mut stream = member.subscribe(&chat(), input).await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    app.upstream.release(1);
    seen.extend(events("chat", &stream.rest().await));
    let last = seen.last().unwrap();
    assert_eq!(last["__typename"], "RunFailed");
    assert_eq!(last["error"]["code"], "UNAVAILABLE");
    let message = &last["message"];
    assert_eq!(text(&seen), "Once upon 🦀");
    assert_eq!(message["text"], "Once upon 🦀");
    assert_eq!(message["finishReason"], "ERROR");
    assert_eq!(
        message["parts"][0],
        json!({"__typename": "ReasoningPart", "text": "A story."})
    );
    assert!(
        last["usage"]["outputTokens"].as_i64().unwrap() > 0,
        "{last}"
    );
    assert_eq!(&stored(member, &message["id"]).await, message);
    // a replay from the log ends the same way
    let id = last["runId"].as_str().unwrap();
    let again = replayed(member, id).await;
    assert_eq!(text(&again), "Once upon 🦀");
    assert_eq!(again.last(), seen.last());
    assert_eq!(ended(member, id).await["message"]["text"], "Once upon 🦀");
}

#[tokio::test]
async fn a_cancelled_run_keeps_its_text_and_reports_its_usage() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let input = json!({"input": {"message": "A story"}});
    let mut stream = member.subscribe(&chat(), input).await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let id = seen[0]["runId"].as_str().unwrap();
    let cancel = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";
    member.ok(cancel, json!({"id": id})).await;
    let rest = events("chat", &stream.rest().await);
    let last = rest.last().unwrap();
    assert_eq!(last["__typename"], "RunCancelled");
    assert_eq!(last["message"]["text"], "Once upon");
    assert_eq!(last["message"]["finishReason"], "CANCELLED");
    assert!(last["usage"]["inputTokens"].as_i64().unwrap() > 0, "{last}");
}

#[tokio::test]
async fn a_run_that_is_cancelled_before_any_text_has_no_message() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::default().hang());
    let (id, _) = send(member, json!({"message": "Hello?"})).await;
    until("the model is asked", || async {
        app.upstream.asked().len() == 1
    })
    .await;
    let cancel = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";
    member.ok(cancel, json!({"id": id})).await;
    let seen = replayed(member, &id).await;
    let last = seen.last().unwrap();
    assert_eq!(
        (&last["__typename"], &last["message"]),
        (&json!("RunCancelled"), &Value::Null)
    );
}

#[tokio::test]
async fn a_run_whose_processes_died_keeps_the_text_of_the_last_attempt() {
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let settings = [
        ("TROUPE_RUNS_LEASE_SECONDS", "5"),
        ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
        ("TROUPE_RUNS_ATTEMPTS", "1"),
    ];
    upstream.will(Script::default().text("Once upon 🦀").hang());
    let process = Process::start(&database, &upstream, &settings).await;
    let input = json!({"input": {"message": "A story"}});
    let mut stream = process.owner.subscribe(&chat(), input).await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let id = seen[0]["runId"].as_str().unwrap();
    process.kill().await;

    let next = Process::start(&database, &upstream, &settings).await;
    let end = ended(&next.owner, id).await;
    assert_eq!(end["status"], "FAILED");
    let again = replayed(&next.owner, id).await;
    // the text that was in the log when the process died, perhaps without its last word
    let shown = text(&again);
    assert!(shown.starts_with(&text(&seen)), "{shown}");
    assert!(
        "Once upon 🦀".starts_with(&shown) && !shown.is_empty(),
        "{shown}"
    );
    assert_eq!(end["message"]["text"], shown);
    let last = again.last().unwrap();
    assert_eq!(last["message"]["text"], shown);
    assert_eq!(last["message"]["finishReason"], "ERROR");
    assert_eq!(upstream.asked().len(), 1);
}
