//! The first model of a tier fails in every way that providers do: the second one answers, and the client sees one clean
//! stream.

use serde_json::{Value, json};

use super::{count, premium_agent, two_models};
use crate::{
    chat::{CHAT, ask, events, kinds, read_to, run, text},
    support::{ReservedPort, Script, TestApp, Upstream},
};

const ANSWER: &str = "Hello from the scripted model.";
/// No failure of these tests opens the circuit.
const NEVER_OPEN: &str = "{ failures: 1000 }";

/// The model `a`, and an app whose second model is `b`.
struct Pair {
    a: Upstream,
    app: TestApp,
    agent: String,
}

impl Pair {
    async fn start() -> Self {
        let a = Upstream::start().await;
        let app = TestApp::configured(&two_models(&a.url, NEVER_OPEN), &[]).await;
        let agent = premium_agent(&app).await;
        Self { a, app, agent }
    }

    /// Checks that the stored message is what the client assembled.
    async fn check_stored(&self, seen: &[Value]) {
        let id = seen[0]["runId"].as_str().unwrap();
        let stored = run(&self.app.home.member, id).await;
        assert_eq!(stored["status"], "SUCCEEDED", "{stored}");
        assert_eq!(stored["message"]["text"], text(seen), "{stored}");
    }
}

fn error(code: &str) -> Value {
    json!({"error": {"message": "no such luck", "type": code, "code": code}})
}

fn error_event(code: &str) -> String {
    format!("data: {}\n\n", error(code))
}

/// Every failure before the first text, with the replies to all of its requests.
fn faults_before_text() -> Vec<(&'static str, Vec<Script>)> {
    let refuses = |status, pause, code| Script::refuses(status, pause, error(code));
    let three = |script: Script| vec![script.clone(), script.clone(), script];
    let huge = "x".repeat(10 << 20);
    vec![
        ("401", vec![refuses(401, None, "invalid_api_key")]),
        (
            "429 with a long pause",
            vec![refuses(429, Some("60"), "rate_limit_exceeded")],
        ),
        (
            "429 with a short pause",
            three(refuses(429, Some("0"), "rate_limit_exceeded")),
        ),
        ("429", three(refuses(429, None, "rate_limit_exceeded"))),
        (
            "a spend cap",
            vec![refuses(429, None, "insufficient_quota")],
        ),
        ("500", three(refuses(500, None, "server_error"))),
        ("503", three(refuses(503, None, "server_error"))),
        ("529", three(refuses(529, None, "overloaded_error"))),
        (
            "an error event",
            three(Script::default().raw(&error_event("server_error"))),
        ),
        (
            "a web page",
            vec![Script::shows("<html>bad gateway</html>")],
        ),
        ("no first byte", vec![Script::says_nothing()]),
        ("no first token", vec![Script::default().hang()]),
        ("cut", three(Script::default().cut())),
        (
            "malformed",
            vec![Script::default().raw("data: {malformed}\n\n").done()],
        ),
        (
            "half an event",
            vec![Script::default().raw("data: {\"choices\": [{\"delta\"")],
        ),
        (
            "an event of 10 MB",
            vec![Script::default().text(&huge).done()],
        ),
    ]
}

#[tokio::test]
async fn the_second_model_answers_after_every_failure_before_the_first_text() {
    let pair = Pair::start().await;
    for (what, scripts) in faults_before_text() {
        let requests = scripts.len();
        let (before_a, before_b) = (count(&pair.a), count(&pair.app.upstream));
        for script in scripts {
            pair.a.will(script);
        }
        let input = json!({"message": "Hello?", "agentId": pair.agent});
        let seen = ask(&pair.app.home.member, input).await;
        let once = [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "RunSucceeded",
        ];
        assert_eq!(kinds(&seen), once, "{what}");
        assert_eq!(text(&seen), ANSWER, "{what}");
        assert_eq!(count(&pair.a) - before_a, requests, "{what}");
        assert_eq!(count(&pair.app.upstream) - before_b, 1, "{what}");
        pair.check_stored(&seen).await;
    }
}

#[tokio::test]
async fn the_second_model_answers_when_the_first_cannot_be_reached() {
    let free = ReservedPort::new();
    let plain = Upstream::start().await;
    let refused = format!("http://{}/v1", free.address());
    // a server that speaks no TLS
    let no_tls = plain.url.replace("http://", "https://");
    for (what, url) in [("refused", refused), ("no TLS", no_tls)] {
        let app = TestApp::configured(&two_models(&url, NEVER_OPEN), &[]).await;
        let agent = premium_agent(&app).await;
        let seen = ask(
            &app.home.member,
            json!({"message": "Hello?", "agentId": agent}),
        )
        .await;
        assert_eq!(text(&seen), ANSWER, "{what}");
        assert_eq!(kinds(&seen).len(), 5, "{what}: {seen:?}");
    }
}

#[tokio::test]
async fn a_failure_after_the_first_text_begins_a_new_attempt_with_the_second_model() {
    let pair = Pair::start().await;
    let begun = || Script::default().text("Once upon").gate();
    let huge = "x".repeat(10 << 20);
    for (what, script) in [
        ("cut", begun().cut()),
        ("silent", begun().hang()),
        ("an error event", begun().raw(&error_event("server_error"))),
        ("malformed", begun().raw("data: {\n\n")),
        ("half an event", begun().raw("data: {\"choices\": [")),
        (
            "an event of 10 MB",
            begun().raw(&format!("data: \"{huge}\"")).hang(),
        ),
    ] {
        let (before_a, before_b) = (count(&pair.a), count(&pair.app.upstream));
        pair.a.will(script);
        let input = json!({"message": "Hello?", "agentId": pair.agent});
        let member = &pair.app.home.member;
        let mut stream = member.subscribe(CHAT, json!({"input": input})).await;
        let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
        assert_eq!(text(&seen), "Once upon", "{what}");
        pair.a.release(1);
        seen.extend(events("chat", &stream.rest().await));
        let attempt = ["RunStarted", "AgentSelected", "TokenDelta"];
        let both = [&["MessageAdded"], &attempt[..], &attempt, &["RunSucceeded"]].concat();
        assert_eq!(kinds(&seen), both, "{what}");
        let starts = seen.iter().filter(|one| one["__typename"] == "RunStarted");
        let attempts: Vec<_> = starts.map(|one| one["attempt"].clone()).collect();
        assert_eq!(attempts, [1, 2], "{what}");
        assert_eq!(text(&seen), ANSWER, "{what}");
        assert_eq!(count(&pair.a) - before_a, 1, "{what}");
        assert_eq!(count(&pair.app.upstream) - before_b, 1, "{what}");
        pair.check_stored(&seen).await;
    }
}

#[tokio::test]
async fn invalid_arguments_of_a_tool_are_no_failure_of_the_model() {
    let pair = Pair::start().await;
    let broken = Script::calls(&[("nothing", json!("{\"text\": \"h"))]);
    pair.a.will(broken);
    pair.a.will(Script::says(&["I could not look."]));
    let input = json!({"message": "Hello?", "agentId": pair.agent});
    let seen = ask(&pair.app.home.member, input).await;
    assert_eq!(text(&seen), "I could not look.");
    assert_eq!(kinds(&seen).last(), Some(&"RunSucceeded"));
    assert_eq!((count(&pair.a), count(&pair.app.upstream)), (2, 0));
    pair.check_stored(&seen).await;
}
