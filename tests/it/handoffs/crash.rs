//! A process that dies between a handoff and the answer: the receiver goes on in the next process.

use serde_json::{Value, json};

use crate::{
    agent::create,
    chat::{ended, events, kinds, send, text},
    support::{Client, Process, Script, TestDatabase, Upstream, until},
    usage::report,
};

/// A process counts as dead after five seconds, so that a busy machine can renew its lease in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];

const RUN_EVENTS: &str = "subscription($id: ID!) { runEvents(runId: $id) {
    __typename ... on RunStarted { attempt } ... on TokenDelta { text offset utf16Offset }
    ... on AgentSelected { route { reason agent { slug } } }
    ... on HandedOff { handoff { outcome to { slug } } }
} }";

#[tokio::test]
async fn a_handoff_survives_the_process_that_made_it() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let process = Process::start(&database, &upstream, &SHORT_LEASE).await;
    let owner = process.owner.clone();
    let agent = create(
        &owner,
        json!({"template": "sales_agent", "tier": "enterprise", "name": "Front", "configuration": {"keepLead": false}}),
    )
    .await;
    upstream.will(
        Script::default()
            .text("First.")
            .then_calls(&[("hand_off", json!({"to": "support", "reason": "an error"}))]),
    );
    // the receiver's answer never comes
    upstream.will(Script::says_nothing());
    let input = json!({"message": "An error.", "agentId": agent["id"]});
    let (run, conversation) = send(&owner, input).await;
    until("the receiver's model was asked", async || {
        upstream.asked().len() == 2
    })
    .await;
    process.kill().await;

    upstream.will(Script::says(&["Done."]));
    let next = Process::start(&database, &upstream, &SHORT_LEASE).await;
    let ended = ended(&next.owner, &run).await;
    assert_eq!(ended["message"]["text"], "First.\n\nDone.", "{ended}");
    let asked = upstream.asked();
    assert_eq!(asked.len(), 3, "no step is repeated");
    let system = asked[2]["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("handed over to you by Front"), "{system}");
    let stream = next.owner.subscribe(RUN_EVENTS, json!({"id": run})).await;
    let seen = events("runEvents", &stream.rest().await);
    assert_eq!(text(&seen), "First.\n\nDone.");
    let second = seen
        .iter()
        .rposition(|event| event["__typename"] == "RunStarted")
        .unwrap();
    assert_eq!(
        kinds(&seen[second..]),
        [
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "ToolCallUpdated",
            "HandedOff",
            "AgentSelected",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    let query = "query($id: ID!) { conversation(id: $id) { agent { slug } handoffs { outcome } } }";
    let found = next.owner.ok(query, json!({"id": conversation})).await;
    let expected: Value =
        json!({"agent": {"slug": "support"}, "handoffs": [{"outcome": "RESOLVED"}]});
    assert_eq!(found["conversation"], expected);
    counted_once(&next.owner).await;
}

/// Checks that the step before the crash and the answer after it count once, each for its agent.
async fn counted_once(owner: &Client) {
    let report = report(owner, "AGENT").await;
    let mut rows: Vec<_> = report["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row["agent"]["slug"].to_string());
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["agent"]["slug"].as_str().unwrap(),
                &row["runs"],
                &row["usage"],
            )
        })
        .collect();
    let handoff = json!({"inputTokens": 11, "outputTokens": 7});
    // the receiver also looked for the facts of a case, before the crash
    let answer = json!({"inputTokens": 22, "outputTokens": 14});
    assert_eq!(
        rows,
        [
            ("front", &json!(1), &handoff),
            ("support", &json!(1), &answer)
        ]
    );
    assert_eq!(report["total"]["inputTokens"], 33);
}
