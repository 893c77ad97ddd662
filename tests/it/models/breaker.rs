//! The circuit breaker of a model: opens after failures in a row, tries again after a rest, closes after a success.

use serde_json::{Value, json};

use super::{chat, count, metric, premium_agent, two_models};
use crate::{
    chat::{ended, send, text},
    support::{Client, Script, TestApp, Upstream, until},
};

const ANSWER: &str = "Hello from the scripted model.";
/// The samples of the model `a`.
const STATE: &str = "troupe_model_circuit_state{model=\"a\"}";
const OPENED: &str = "troupe_model_circuit_transitions_total{model=\"a\",to=\"open\"}";
const TRIED: &str = "troupe_model_circuit_transitions_total{model=\"a\",to=\"half_open\"}";
const CLOSED: &str = "troupe_model_circuit_transitions_total{model=\"a\",to=\"closed\"}";

fn refusal() -> Script {
    let error = json!({"error": {"message": "no", "code": "invalid_api_key"}});
    Script::refuses(401, None, error)
}

/// Sends messages that `a` refuses and `b` answers.
async fn fail(app: &TestApp, a: &Upstream, agent: &str, times: usize) {
    for _ in 0..times {
        let before = count(a);
        a.will(refusal());
        assert_eq!(text(&chat(&app.home.member, agent).await), ANSWER);
        assert_eq!(count(a), before + 1);
    }
}

/// Waits until a process knows the state of the circuit.
async fn until_state(url: &str, state: u64) {
    until("the process knows the state", async || {
        metric(url, STATE).await == Some(state)
    })
    .await;
}

async fn availability(client: &Client, agent: &str) -> Value {
    let query =
        "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code text } } } }";
    let found = client.ok(query, json!({"id": agent})).await;
    found["agent"]["availability"].clone()
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_not_asked() {
    let a = Upstream::start().await;
    let yaml = two_models(&a.url, "{ failures: 3, open_seconds: 3600 }");
    let app = TestApp::configured(&yaml, &[]).await;
    let agent = premium_agent(&app).await;
    assert_eq!(metric(&app.url, STATE).await, Some(0));
    fail(&app, &a, &agent, 2).await;
    // a success ends the streak
    assert_eq!(text(&chat(&app.home.member, &agent).await), ANSWER);
    fail(&app, &a, &agent, 3).await;
    assert_eq!(metric(&app.url, STATE).await, Some(2));
    assert_eq!(metric(&app.url, OPENED).await, Some(1));
    let (before_a, before_b) = (count(&a), count(&app.upstream));
    assert_eq!(text(&chat(&app.home.member, &agent).await), ANSWER);
    assert_eq!((count(&a), count(&app.upstream)), (before_a, before_b + 1));

    let degraded = availability(&app.home.member, &agent).await;
    assert_eq!(degraded["state"], "DEGRADED", "{degraded}");
    let reason = degraded["reasons"].to_string();
    assert!(reason.contains("kept failing"), "{reason}");
    // the other agent has no other model
    let unavailable = availability(&app.home.member, &app.home.agent).await;
    assert_eq!(unavailable["state"], "UNAVAILABLE", "{unavailable}");
}

#[tokio::test]
async fn one_trial_decides_whether_the_model_is_asked_again() {
    let a = Upstream::start().await;
    let yaml = two_models(&a.url, "{ failures: 2, open_seconds: 1 }");
    let app = TestApp::configured(&yaml, &[]).await;
    let agent = premium_agent(&app).await;
    fail(&app, &a, &agent, 2).await;
    until_state(&app.url, 1).await;
    fail(&app, &a, &agent, 1).await;
    assert_eq!(metric(&app.url, OPENED).await, Some(2));
    until_state(&app.url, 1).await;
    let before = count(&app.upstream);
    assert_eq!(text(&chat(&app.home.member, &agent).await), ANSWER);
    assert_eq!(count(&app.upstream), before, "the trial is answered");
    assert_eq!(metric(&app.url, STATE).await, Some(0));
    assert_eq!(metric(&app.url, TRIED).await, Some(2));
    assert_eq!(metric(&app.url, CLOSED).await, Some(1));
}

#[tokio::test]
async fn a_refused_message_opens_no_circuit() {
    let a = Upstream::start().await;
    let yaml = two_models(&a.url, "{ failures: 1, open_seconds: 3600 }");
    let app = TestApp::configured(&yaml, &[]).await;
    let agent = premium_agent(&app).await;
    for code in ["context_length_exceeded", "content_filter", "odd_request"] {
        let error = json!({"error": {"message": "no", "code": code}});
        a.will(Script::refuses(400, None, error));
        chat(&app.home.member, &agent).await;
    }
    assert_eq!(metric(&app.url, STATE).await, Some(0));
    assert_eq!(count(&a), 3);
}

#[tokio::test]
async fn processes_share_the_circuits() {
    let a = Upstream::start().await;
    let yaml = two_models(&a.url, "{ failures: 2, open_seconds: 10 }");
    let app = TestApp::configured(&yaml, &[]).await;
    if !app.has_redis() {
        return;
    }
    let agent = premium_agent(&app).await;
    let second = app.second(&[]).await;
    let there = Client::new(&second.url, Some(app.home.member.key()));
    let urls = [&app.url, &second.url];
    // one failure in each process opens the circuit in both
    fail(&app, &a, &agent, 1).await;
    a.will(refusal());
    assert_eq!(text(&chat(&there, &agent).await), ANSWER);
    for state in [2, 1] {
        for url in urls {
            until_state(url, state).await;
        }
    }
    // while one process tries, the other does not
    a.will(Script::default().gate().text(ANSWER).done());
    let message = json!({"message": "Hello?", "agentId": agent});
    let (trial, _) = send(&app.home.member, message).await;
    until("the trial is made", async || a.open() == 1).await;
    let before = count(&a);
    assert_eq!(text(&chat(&there, &agent).await), ANSWER);
    assert_eq!(count(&a), before);
    a.release(1);
    let run = ended(&app.home.member, &trial).await;
    assert_eq!(run["status"], "SUCCEEDED", "{run}");
    for url in urls {
        until_state(url, 0).await;
        assert_eq!(metric(url, OPENED).await, Some(1), "{url}");
        assert_eq!(metric(url, CLOSED).await, Some(1), "{url}");
    }
    let before = count(&a);
    assert_eq!(text(&chat(&there, &agent).await), ANSWER);
    assert_eq!(count(&a), before + 1);
}
