//! Processes that end in the middle of an answer, gracefully or not.

use serde_json::{Value, json};

use crate::{
    chat::{CHAT, RUN_EVENTS, ended, events, kinds, read_to, run, send, text},
    quotas::reservations::billing,
    support::{Client, Process, Script, TestApp, TestDatabase, Upstream, until},
};

/// A process counts as dead after five seconds, so that a busy machine can renew its lease in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];
/// A shutdown that does not wait for running answers.
const NO_DRAIN: (&str, &str) = ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "0");

/// The remaining events for a reader that was disconnected.
async fn rest_of(client: &Client, seen: &[Value]) -> Vec<Value> {
    let last = seen.last().unwrap();
    let stream = client
        .subscribe(
            RUN_EVENTS,
            json!({"id": last["runId"], "after": last["cursor"]}),
        )
        .await;
    events("runEvents", &stream.rest().await)
}

/// Checks an answer in two attempts: complete at the end, with no event twice.
fn assert_answered_in_two_attempts(seen: &[Value]) {
    let attempt = ["RunStarted", "AgentSelected", "TokenDelta"];
    assert_eq!(
        kinds(seen),
        [&["MessageAdded"], &attempt[..], &attempt, &["RunSucceeded"]].concat()
    );
    let starts: Vec<_> = seen
        .iter()
        .filter(|event| event["__typename"] == "RunStarted")
        .map(|event| event["attempt"].as_i64().unwrap())
        .collect();
    assert_eq!(starts, [1, 2]);
    assert!(seen.is_sorted_by(|one, next| one["sequence"].as_i64() < next["sequence"].as_i64()));
    assert_eq!(text(seen), "Hello from the scripted model.");
    assert_eq!(
        seen.last().unwrap()["message"]["text"],
        "Hello from the scripted model."
    );
}

#[tokio::test]
async fn an_answer_cut_off_by_a_restart_is_completed_by_the_next_process() {
    let mut app = TestApp::start().await;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let mut stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "Hello?"}}))
        .await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    app.restart(&[]).await;
    assert!(
        stream.rest().await.is_empty(),
        "a run that goes on elsewhere does not end here"
    );
    seen.extend(rest_of(&app.home.member, &seen).await);
    assert_answered_in_two_attempts(&seen);
    let kept = run(&app.home.member, seen[0]["runId"].as_str().unwrap()).await;
    assert_eq!(
        (&kept["attempt"], &kept["message"]["text"]),
        (&json!(2), &json!("Hello from the scripted model."))
    );
}

#[tokio::test]
async fn the_same_chat_finds_its_run_after_a_restart() {
    let mut app = TestApp::start().await;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let message = json!({"message": "Hello?", "clientMessageId": "one"});
    let mut stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": message}))
        .await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    app.restart(&[]).await;
    let after = seen.last().unwrap()["cursor"].clone();
    let stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": message, "after": after}))
        .await;
    seen.extend(events("chat", &stream.rest().await));
    assert_answered_in_two_attempts(&seen);
    assert_eq!(app.upstream.asked().len(), 2);
}

#[tokio::test]
async fn queued_runs_survive_a_restart_in_order() {
    let mut app = TestApp::start().await;
    app.upstream.will(Script::default().hang());
    app.upstream.will(Script::says(&["first"]));
    app.upstream.will(Script::says(&["second"]));
    app.upstream.will(Script::says(&["third"]));
    let (first, conversation) = send(&app.home.member, json!({"message": "1?"})).await;
    let (second, _) = send(
        &app.home.member,
        json!({"message": "2?", "conversationId": conversation}),
    )
    .await;
    let (third, _) = send(
        &app.home.member,
        json!({"message": "3?", "conversationId": conversation}),
    )
    .await;
    until("the first is asked", || async { app.upstream.open() == 1 }).await;
    app.restart(&[]).await;
    for (id, answer, attempts) in [
        (first, "first", 2),
        (second, "second", 1),
        (third, "third", 1),
    ] {
        let kept = ended(&app.home.member, &id).await;
        assert_eq!(
            (&kept["message"]["text"], &kept["attempt"]),
            (&json!(answer), &json!(attempts))
        );
    }
}

#[tokio::test]
async fn a_run_that_kills_its_processes_starts_at_most_the_configured_number_of_times() {
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let settings = [&SHORT_LEASE[..], &[("TROUPE_RUNS_ATTEMPTS", "2")]].concat();
    for _ in 0..2 {
        upstream.will(Script::default().hang());
    }
    let mut program = Process::start(&database, &upstream, &settings).await;
    let budget = "mutation { updateAccount(input: {monthlyTokenBudget: 1000000, enforcement: BLOCK}) { account { id } } }";
    program.owner.ok(budget, json!({})).await;
    let (id, _) = send(&program.owner, json!({"message": "Hello?"})).await;
    for asked in 1..=2 {
        until("the provider is asked", || async {
            upstream.asked().len() == asked
        })
        .await;
        let (spent, reserved) = billing(&program.owner).await;
        assert_eq!(spent, 0);
        assert!(
            reserved > 512,
            "the answer may take its prompt and 512 tokens: {reserved}"
        );
        program.kill().await;
        program = Process::start(&database, &upstream, &settings).await;
    }
    let kept = ended(&program.owner, &id).await;
    assert_eq!(
        (&kept["status"], &kept["error"]["code"]),
        (&json!("FAILED"), &json!("UNAVAILABLE"))
    );
    assert_eq!(upstream.asked().len(), 2);
    let (spent, reserved) = billing(&program.owner).await;
    assert!(spent > 0, "both prompts were read, and are paid for");
    assert_eq!((spent % 2, reserved), (0, 0));
    let stream = program.owner.subscribe(RUN_EVENTS, json!({"id": id})).await;
    assert_eq!(
        kinds(&events("runEvents", &stream.rest().await)).last(),
        Some(&"RunFailed")
    );
    assert_eq!(program.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn a_graceful_shutdown_does_not_count_as_an_attempt_of_its_runs() {
    let settings = [("TROUPE_RUNS_ATTEMPTS", "1")];
    let mut app = TestApp::with(&settings).await;
    for _ in 0..3 {
        app.upstream
            .will(Script::default().text("Once upon").hang());
    }
    let (id, _) = send(&app.home.member, json!({"message": "Hello?"})).await;
    for asked in 1..=3 {
        until("the provider is asked", || async {
            app.upstream.asked().len() == asked
        })
        .await;
        app.restart(&settings).await;
    }
    let kept = ended(&app.home.member, &id).await;
    assert_eq!(
        (&kept["status"], &kept["attempt"]),
        (&json!("SUCCEEDED"), &json!(4))
    );
}

#[tokio::test]
async fn an_almost_complete_answer_is_finished_during_shutdown() {
    let mut app = TestApp::with(&[("TROUPE_SHUTDOWN_DRAIN_SECONDS", "20")]).await;
    app.upstream.will(
        Script::default()
            .text("Once upon")
            .gate()
            .text(" a time.")
            .done(),
    );
    let member = app.home.member.clone();
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "Hello?"}}))
        .await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    let (upstream, ready) = (app.upstream.clone(), format!("{}/readyz", app.url));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let finish = async {
        until("it turns new work away", || async {
            http.get(&ready)
                .send()
                .await
                .is_ok_and(|reply| !reply.status().is_success())
        })
        .await;
        upstream.release(1);
        events("chat", &stream.rest().await)
    };
    let ((), rest) = futures::join!(app.stop(), finish);
    seen.extend(rest);
    assert_eq!(
        kinds(&seen),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    assert_eq!(text(&seen), "Once upon a time.");
}

#[tokio::test]
async fn a_stopped_process_continues_its_runs_after_a_restart() {
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let program = Process::start(&database, &upstream, &[NO_DRAIN]).await;
    upstream.will(Script::default().text("Once upon").hang());
    let mut stream = program
        .owner
        .subscribe(CHAT, json!({"input": {"message": "Hello?"}}))
        .await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    let key = program.owner.key().to_owned();
    let status = program.terminate().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(upstream.open(), 0);
    let program = Process::start(&database, &upstream, &[NO_DRAIN]).await;
    assert_eq!(program.owner.key(), key);
    seen.extend(rest_of(&program.owner, &seen).await);
    assert_answered_in_two_attempts(&seen);
    assert_eq!(program.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn runs_of_a_killed_process_are_taken_over_when_its_lease_expires() {
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let program = Process::start(&database, &upstream, &SHORT_LEASE).await;
    upstream.will(Script::default().text("Once upon").hang());
    let mut stream = program
        .owner
        .subscribe(CHAT, json!({"input": {"message": "Hello?"}}))
        .await;
    let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
    program.kill().await;
    assert!(stream.rest().await.is_empty());
    let program = Process::start(&database, &upstream, &SHORT_LEASE).await;
    seen.extend(rest_of(&program.owner, &seen).await);
    assert_answered_in_two_attempts(&seen);
    assert_eq!(program.terminate().await.code(), Some(0));
}
