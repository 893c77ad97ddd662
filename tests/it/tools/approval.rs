//! Tool calls that need an approval: the waiting run costs nothing, and each decision counts once.

use serde_json::{Value, json};

use super::{CALL, CHAT, LOCAL, Workshop, calls_of, grant, register, run_of, told, updates};
use crate::{
    chat::{RUN_EVENTS, ended, events, read_to, run, send, text},
    support::{Client, Process, Reply, Script, TestDatabase, ToolServer, Upstream, until},
};

const RESOLVE: &str = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id status resolvedBy error } } }";

async fn resolve(client: &Client, call: &Value, approve: bool) -> Reply {
    let input = json!({"toolCallId": call["id"], "approve": approve, "argumentsDigest": call["argumentsDigest"]});
    client.ask(RESOLVE, json!({"input": input})).await
}

async fn pending(client: &Client) -> Vec<Value> {
    let query = format!("{{ pendingApprovals {{ nodes {{ {CALL} }} }} }}");
    let found = client.ok(&query, json!({})).await;
    found["pendingApprovals"]["nodes"]
        .as_array()
        .unwrap()
        .clone()
}

/// Waits until the run awaits approval; returns the call.
async fn waiting(client: &Client, id: &str) -> Value {
    until("the run waits for a person", || async {
        run(client, id).await["status"] == "AWAITING_APPROVAL"
    })
    .await;
    calls_of(client, id).await.remove(0)
}

/// A run that awaits approval of `write`; returns its id and the call.
async fn a_waiting_run(workshop: &Workshop) -> (String, Value) {
    let home = &workshop.app.home;
    let asks = Script::default()
        .text("I will write.")
        .then_calls(&[("workshop__write", json!({"text": "x"}))]);
    workshop.app.upstream.will(asks);
    let (run, _) = send(
        &home.member,
        json!({"message": "Write.", "agentId": home.agent}),
    )
    .await;
    let call = waiting(&home.reader, &run).await;
    (run, call)
}

#[tokio::test]
async fn a_call_waits_for_approval_and_is_made_once_after_it() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let asks = Script::default()
        .text("I will write.")
        .then_calls(&[("workshop__write", json!({"text": "x"}))]);
    workshop.app.upstream.will(asks);
    let input = json!({"message": "Write.", "agentId": home.agent});
    let mut stream = home.member.subscribe(CHAT, json!({"input": input})).await;
    let mut seen = read_to("ToolCallUpdated", "chat", &mut stream).await;
    let id = run_of(&seen);
    let call = waiting(&home.reader, &id).await;
    assert_eq!(call["status"], "AWAITING_APPROVAL");
    assert_eq!(call["arguments"], json!({"text": "x"}));
    assert!(call["expiresAt"].is_string());
    assert_eq!(pending(&home.reader).await, std::slice::from_ref(&call));
    let count = home
        .reader
        .ok("{ pendingApprovals { totalCount } }", json!({}))
        .await;
    assert_eq!(count["pendingApprovals"]["totalCount"], 1);
    assert_eq!(workshop.tools.calls().len(), 0);

    workshop.model_says("Written.");
    let reply = resolve(&home.admin, &call, true).await;
    let resolved = &reply.data()["resolveToolCall"]["toolCall"];
    assert_eq!(resolved["status"], "RUNNING");
    assert!(resolved["resolvedBy"].as_str().unwrap().starts_with("key_"));
    seen.extend(events("chat", &stream.rest().await));
    assert_eq!(text(&seen), "I will write.\n\nWritten.");
    assert_eq!(
        seen.last().unwrap()["message"]["text"],
        "I will write.\n\nWritten."
    );
    assert_eq!(
        updates(&seen).last().unwrap(),
        &("write".to_owned(), "SUCCEEDED".to_owned())
    );
    assert!(seen.is_sorted_by(|one, next| one["sequence"].as_i64() < next["sequence"].as_i64()));
    assert_eq!(workshop.tools.count("write"), 1);
    assert!(pending(&home.reader).await.is_empty());
}

#[tokio::test]
async fn a_denial_is_passed_to_the_model_with_its_reason() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let (run, call) = a_waiting_run(&workshop).await;
    workshop.model_says("Then not.");
    let input = json!({"toolCallId": call["id"], "approve": false, "argumentsDigest": call["argumentsDigest"], "comment": "Not today."});
    workshop
        .app
        .home
        .admin
        .ok(RESOLVE, json!({"input": input}))
        .await;
    let ended = ended(&workshop.app.home.reader, &run).await;
    assert_eq!(ended["status"], "SUCCEEDED");
    assert_eq!(
        told(workshop.asked().last().unwrap()),
        "The call was not made: a person refused it: Not today."
    );
    assert_eq!(workshop.tools.calls().len(), 0);
}

#[tokio::test]
async fn other_arguments_replays_and_other_callers_change_nothing() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (run, call) = a_waiting_run(&workshop).await;
    let with = |digest: &str| {
        let mut call = call.clone();
        call["argumentsDigest"] = json!(digest);
        call
    };
    let other = "0".repeat(64);
    for (digest, what) in [
        (other.as_str(), "is not the digest"),
        ("", "64 hexadecimal digits"),
        ("zz", "64 hexadecimal digits"),
    ] {
        let reply = resolve(&home.admin, &with(digest), true).await;
        assert_eq!(
            (reply.code(), reply.problem_paths()),
            ("BAD_USER_INPUT", vec!["input.argumentsDigest"])
        );
        assert!(reply.message().contains(what), "{}", reply.message());
    }
    assert_eq!(
        resolve(&workshop.app.stranger.owner, &call, true)
            .await
            .code(),
        "NOT_FOUND"
    );
    for client in [&home.reader, &home.member] {
        assert_eq!(resolve(client, &call, true).await.code(), "FORBIDDEN");
    }
    assert!(pending(&workshop.app.stranger.owner).await.is_empty());
    assert_eq!(workshop.tools.calls().len(), 0);

    workshop.model_says("Written.");
    // Of two concurrent decisions one counts.
    let (one, two) = futures::join!(
        resolve(&home.admin, &call, true),
        resolve(&home.owner, &call, true)
    );
    let mut codes = [one.code().to_owned(), two.code().to_owned()];
    codes.sort_unstable();
    assert_eq!(codes, ["", "CONFLICT"]);
    assert_eq!(ended(&home.reader, &run).await["status"], "SUCCEEDED");
    for approve in [true, false] {
        assert_eq!(
            resolve(&home.admin, &call, approve).await.code(),
            "CONFLICT"
        );
    }
    assert_eq!(workshop.tools.count("write"), 1);
}

#[tokio::test]
async fn an_expired_call_is_not_made_and_the_run_continues() {
    let workshop = Workshop::with(&[("TROUPE_RUNS_APPROVAL_SECONDS", "5")]).await;
    workshop.grant(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (run, call) = a_waiting_run(&workshop).await;
    until("the time to decide is over", async || {
        pending(&home.reader).await.is_empty()
    })
    .await;
    let late = resolve(&home.admin, &call, true).await;
    assert_eq!(late.code(), "CONFLICT");
    workshop.model_says("Nobody allowed it.");
    let _worker = workshop.app.worker(&[LOCAL]).await;
    let ended = ended(&home.reader, &run).await;
    assert_eq!(
        ended["message"]["text"],
        "I will write.\n\nNobody allowed it."
    );
    assert_eq!(calls_of(&home.reader, &run).await[0]["status"], "EXPIRED");
    assert_eq!(resolve(&home.admin, &call, true).await.code(), "CONFLICT");
    assert_eq!(workshop.tools.calls().len(), 0);
}

#[tokio::test]
async fn a_waiting_run_can_be_cancelled_and_its_call_is_never_made() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (run, call) = a_waiting_run(&workshop).await;
    home.member
        .ok(
            "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }",
            json!({"id": run}),
        )
        .await;
    let ended = ended(&home.reader, &run).await;
    assert_eq!(ended["status"], "CANCELLED");
    assert_eq!(ended["message"]["text"], "I will write.");
    assert_eq!(calls_of(&home.reader, &run).await[0]["status"], "EXPIRED");
    assert_eq!(resolve(&home.admin, &call, true).await.code(), "CONFLICT");
    assert_eq!(workshop.tools.calls().len(), 0);
}

#[tokio::test]
async fn the_next_message_waits_behind_a_run_awaiting_approval() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (first, call) = a_waiting_run(&workshop).await;
    let conversation = home
        .reader
        .ok(
            "query($id: ID!) { run(id: $id) { conversation { id } } }",
            json!({"id": first}),
        )
        .await;
    let conversation = &conversation["run"]["conversation"]["id"];
    let (second, _) = send(
        &home.member,
        json!({"message": "And then?", "conversationId": conversation}),
    )
    .await;
    workshop.model_says("Written.");
    assert_eq!(run(&home.reader, &second).await["status"], "QUEUED");
    resolve(&home.admin, &call, true).await.data();
    assert_eq!(ended(&home.reader, &second).await["status"], "SUCCEEDED");
    assert_eq!(
        ended(&home.reader, &first).await["message"]["text"],
        "I will write.\n\nWritten."
    );
}

#[tokio::test]
async fn subscribers_receive_the_start_and_end_of_every_call() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (_, first) = a_waiting_run(&workshop).await;
    let subscription = format!("subscription {{ toolApprovals {{ {CALL} }} }}");
    let mut follow = home.reader.subscribe(&subscription, json!({})).await;
    let mut strangers = workshop
        .app
        .stranger
        .owner
        .subscribe(&subscription, json!({}))
        .await;
    let mut next = async || follow.next().await.unwrap().data()["toolApprovals"].clone();
    assert_eq!(next().await["id"], first["id"]);
    let (_, second) = a_waiting_run(&workshop).await;
    assert_eq!(next().await["id"], second["id"]);
    resolve(&home.admin, &first, false).await.data();
    let decided = next().await;
    assert_eq!(
        (&decided["id"], &decided["status"]),
        (&first["id"], &json!("DENIED"))
    );
    let silence = tokio::time::timeout(std::time::Duration::from_millis(200), strangers.next());
    assert!(silence.await.is_err());
}

#[tokio::test]
async fn a_revoked_grant_overrides_an_approval() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let (run, call) = a_waiting_run(&workshop).await;
    let input = json!({"agentId": home.agent, "serverId": workshop.server, "tools": ["write"]});
    home.admin
        .ok(
            "mutation($input: RevokeToolsInput!) { revokeTools(input: $input) { agent { id } } }",
            json!({"input": input}),
        )
        .await;
    workshop.model_says("I may not.");
    resolve(&home.admin, &call, true).await.data();
    ended(&home.reader, &run).await;
    assert_eq!(calls_of(&home.reader, &run).await[0]["status"], "DENIED");
    assert_eq!(workshop.tools.calls().len(), 0);
}

#[tokio::test]
async fn a_run_awaiting_approval_survives_its_process_and_ends_in_another() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let tools = ToolServer::start().await;
    let process = Process::start(&database, &upstream, &[]).await;
    let owner = process.owner.clone();
    let agent = owner
        .ok("{ agent(by: {slug: \"support\"}) { id } }", json!({}))
        .await;
    let agent = agent["agent"]["id"].as_str().unwrap().to_owned();
    let server = register(&owner, "Workshop", &tools.url).await;
    grant(&owner, &agent, &server, &["write"], "APPROVE").await;
    upstream.will(
        Script::default()
            .text("I will write.")
            .then_calls(&[("workshop__write", json!({}))]),
    );
    let (run, _) = send(&owner, json!({"message": "Write.", "agentId": agent})).await;
    let call = waiting(&owner, &run).await;
    process.kill().await;

    let next = Process::start(&database, &upstream, &[]).await;
    assert_eq!(pending(&next.owner).await[0]["id"], call["id"]);
    upstream.will(Script::says(&["Written."]));
    resolve(&next.owner, &call, true).await.data();
    let ended = ended(&next.owner, &run).await;
    assert_eq!(ended["status"], "SUCCEEDED");
    let stream = next.owner.subscribe(RUN_EVENTS, json!({"id": run})).await;
    let seen = events("runEvents", &stream.rest().await);
    assert_eq!(text(&seen), "I will write.\n\nWritten.");
    assert_eq!(ended["message"]["text"], "I will write.\n\nWritten.");
    assert_eq!(tools.count("write"), 1);
}
