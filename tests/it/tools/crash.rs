//! Processes that die during a tool call: a finished call is never repeated unnoticed.

use serde_json::json;

use super::{calls_of, grant, register};
use crate::{
    chat::{RUN_EVENTS, ended, events, send, text},
    support::{Process, Script, TestDatabase, ToolServer, Upstream, until},
};

/// A process counts as dead after five seconds, so that a busy machine can renew its lease in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];

/// Kills a process while `wait` runs; the next process ends the run. Returns the status of the call, and the number of
/// times it was made.
async fn killed_while_it_waits(tools: &ToolServer) -> (serde_json::Value, String) {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let process = Process::start(&database, &upstream, &SHORT_LEASE).await;
    let owner = process.owner.clone();
    let agent = owner
        .ok("{ agent(by: {slug: \"support\"}) { id } }", json!({}))
        .await;
    let agent = agent["agent"]["id"].as_str().unwrap().to_owned();
    let server = register(&owner, "Workshop", &tools.url).await;
    grant(&owner, &agent, &server, &["wait", "find"], "AUTO").await;
    upstream.will(
        Script::default()
            .text("First.")
            .then_calls(&[("workshop__find", json!({}))]),
    );
    upstream.will(Script::calls(&[("workshop__wait", json!({}))]));
    let (run, _) = send(&owner, json!({"message": "Wait.", "agentId": agent})).await;
    until("the call has reached the server", async || {
        tools.count("wait") == 1
    })
    .await;
    process.kill().await;

    tools.release(2);
    upstream.will(Script::says(&["Done."]));
    let next = Process::start(&database, &upstream, &SHORT_LEASE).await;
    let ended = ended(&next.owner, &run).await;
    assert_eq!(ended["message"]["text"], "First.\n\nDone.", "{ended}");
    let stream = next.owner.subscribe(RUN_EVENTS, json!({"id": run})).await;
    assert_eq!(
        text(&events("runEvents", &stream.rest().await)),
        "First.\n\nDone."
    );
    // The call that had finished before was not repeated.
    assert_eq!(tools.count("find"), 1);
    let calls = calls_of(&next.owner, &run).await;
    assert_eq!(calls[0]["status"], "SUCCEEDED");
    let last = upstream.asked().pop().unwrap();
    (calls[1].clone(), super::told(&last).to_owned())
}

#[tokio::test]
async fn a_call_whose_result_was_lost_in_a_crash_is_unknown_and_not_repeated() {
    let tools = ToolServer::start().await;
    let (call, told) = killed_while_it_waits(&tools).await;
    assert_eq!(call["status"], "FAILED");
    assert!(
        call["error"]
            .as_str()
            .unwrap()
            .starts_with("unknown whether it had its effect")
    );
    assert!(told.contains("unknown whether it had its effect"), "{told}");
    assert_eq!(tools.count("wait"), 1);
}

#[tokio::test]
async fn an_idempotent_call_is_repeated_with_the_same_key() {
    let tools = ToolServer::start().await;
    tools.redefine("wait", "annotations", json!({"idempotentHint": true}));
    let (call, told) = killed_while_it_waits(&tools).await;
    assert_eq!(
        (&call["status"], told.as_str()),
        (&json!("SUCCEEDED"), "waited")
    );
    let calls: Vec<_> = tools
        .calls()
        .into_iter()
        .filter(|call| call.tool == "wait")
        .collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].key, calls[1].key);
}
