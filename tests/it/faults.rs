//! A provider that misbehaves in every way that providers do.

use serde_json::{Value, json};

use crate::{
    chat::{CHAT, ask, events, kinds, read_to, run, text},
    support::{ReservedPort, Script, TestApp, until},
};

/// Text of a provider's errors that no client may see; no id or time can contain it by chance.
const DETAIL: &str = "org-provider has no such thing, said the provider";
/// A timeout of seconds for a provider; a healthy one answers in time on a busy machine too.
const HASTY: &str = "
models:
  default: scripted
  chat:
    scripted: { provider: openai, first_byte_seconds: 3, idle_seconds: 3 }
";

fn refusal(code: &str) -> Value {
    json!({"error": {"message": DETAIL, "type": code, "code": code}})
}

/// Sends a message whose run must fail; returns the code and the number of requests to the provider.
async fn failure(app: &TestApp, scripts: impl IntoIterator<Item = Script>) -> (String, usize) {
    let before = app.upstream.asked().len();
    scripts
        .into_iter()
        .for_each(|script| app.upstream.will(script));
    let seen = ask(&app.home.member, json!({"message": "Hello?"})).await;
    let kept = run(&app.home.member, seen[0]["runId"].as_str().unwrap()).await;
    let error = &seen.last().unwrap()["error"];
    assert_eq!(kinds(&seen).last(), Some(&"RunFailed"), "{seen:?}");
    assert_eq!((&kept["status"], &kept["error"]), (&json!("FAILED"), error));
    assert!(!error["message"].as_str().unwrap().is_empty());
    for told in [json!(seen), kept] {
        assert!(
            !told.to_string().contains("org-provider"),
            "the provider's words reach the client: {told}"
        );
    }
    assert_eq!(app.upstream.open(), 0);
    (
        error["code"].as_str().unwrap().to_owned(),
        app.upstream.asked().len() - before,
    )
}

/// Sends a message whose answer must be complete; returns the number of requests to the provider.
async fn success(app: &TestApp, scripts: impl IntoIterator<Item = Script>) -> usize {
    let before = app.upstream.asked().len();
    scripts
        .into_iter()
        .for_each(|script| app.upstream.will(script));
    let seen = ask(&app.home.member, json!({"message": "Hello?"})).await;
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
    assert_eq!(text(&seen), "Hello from the scripted model.");
    app.upstream.asked().len() - before
}

fn outcome(code: &str, asked: usize) -> (String, usize) {
    (code.to_owned(), asked)
}

#[tokio::test]
async fn a_permanent_refusal_is_not_retried() {
    let app = TestApp::start().await;
    for (status, code, expected) in [
        (401, "invalid_api_key", "UNAVAILABLE"),
        (403, "forbidden", "UNAVAILABLE"),
        (404, "model_not_found", "UNAVAILABLE"),
        (400, "invalid_request_error", "PROVIDER_REFUSED"),
        (400, "context_length_exceeded", "TOO_LONG"),
        (302, "moved", "PROVIDER_REFUSED"),
        // A spend cap looks like a rate limit.
        (429, "insufficient_quota", "UNAVAILABLE"),
    ] {
        assert_eq!(
            failure(&app, [Script::refuses(status, None, refusal(code))]).await,
            outcome(expected, 1),
            "{status} {code}"
        );
    }
    assert_eq!(success(&app, []).await, 1);
}

#[tokio::test]
async fn a_rate_limited_request_is_retried_after_the_requested_delay() {
    let app = TestApp::start().await;
    let busy = |pause| Script::refuses(429, pause, refusal("rate_limit_exceeded"));
    assert_eq!(success(&app, [busy(Some("0.05"))]).await, 2);
    assert_eq!(success(&app, [busy(Some("0")), busy(None)]).await, 3);
    assert_eq!(
        failure(&app, [busy(Some("60"))]).await,
        outcome("RATE_LIMITED", 1)
    );
    assert_eq!(
        failure(&app, [busy(Some("0")), busy(Some("0")), busy(Some("0"))]).await,
        outcome("RATE_LIMITED", 3)
    );
}

#[tokio::test]
async fn a_failing_provider_is_called_at_most_three_times() {
    let app = TestApp::start().await;
    let broken = |status| Script::refuses(status, None, refusal("server_error"));
    assert_eq!(success(&app, [broken(500), broken(503)]).await, 3);
    assert_eq!(
        failure(&app, [broken(500), broken(502), broken(529)]).await,
        outcome("UNAVAILABLE", 3)
    );
    assert_eq!(success(&app, []).await, 1);
}

#[tokio::test]
async fn a_model_with_two_names_is_not_retried_twice_as_often() {
    let app = TestApp::start().await;
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"premium\", name: \"Premium\"}) { agent { id } } }";
    let agent = app.home.admin.ok(create, json!({})).await["createAgent"]["agent"]["id"].clone();
    app.upstream
        .will(Script::refuses(401, None, refusal("invalid_api_key")));
    let seen = ask(
        &app.home.member,
        json!({"message": "Hello?", "agentId": agent}),
    )
    .await;
    assert_eq!(kinds(&seen).last(), Some(&"RunFailed"));
    assert_eq!(app.upstream.asked().len(), 1);
}

#[tokio::test]
async fn the_next_model_of_the_tier_answers_after_a_failure() {
    let models = "
models:
  default: first
  aliases: { fast: second }
  chat:
    first: { provider: openai }
    second: { provider: openai }
";
    let app = TestApp::configured(models, &[]).await;
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"premium\", name: \"Premium\"}) { agent { id } } }";
    let agent = app.home.admin.ok(create, json!({})).await["createAgent"]["agent"]["id"].clone();
    app.upstream
        .will(Script::refuses(401, None, refusal("invalid_api_key")));
    let seen = ask(
        &app.home.member,
        json!({"message": "Hello?", "agentId": agent}),
    )
    .await;
    assert_eq!(text(&seen), "Hello from the scripted model.");
    let asked: Vec<_> = app
        .upstream
        .asked()
        .iter()
        .map(|request| request["model"].clone())
        .collect();
    assert_eq!(asked, ["first", "second"]);
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let free = ReservedPort::new();
    let url = format!("http://{}/v1", free.address());
    let app = TestApp::with(&[("TROUPE_OPENAI_BASE_URL", url.as_str())]).await;
    assert_eq!(failure(&app, []).await, outcome("UNAVAILABLE", 0));
}

#[tokio::test]
async fn a_failure_before_the_first_text_is_retried() {
    let app = TestApp::start().await;
    let error = Script::default().raw(&format!("data: {}\n\n", refusal("server_error")));
    assert_eq!(success(&app, [error.clone().done()]).await, 2);
    assert_eq!(
        success(&app, [Script::default().cut(), error.clone()]).await,
        3
    );
    assert_eq!(
        failure(&app, [error.clone(), error.clone(), error]).await,
        outcome("UNAVAILABLE", 3)
    );
}

#[tokio::test]
async fn a_malformed_reply_is_unavailable() {
    let app = TestApp::start().await;
    let huge = "x".repeat(2 << 20);
    let lines = "data: org-provider\n".repeat(150_000);
    for (what, script) in [
        (
            "a page",
            Script::shows("<html>org-provider: bad gateway</html>"),
        ),
        (
            "half an event",
            Script::default().raw("data: {\"choices\": [{\"delta\": {\"content\": \"org-provider"),
        ),
        (
            "malformed JSON",
            Script::default().raw("data: {org-provider}\n\n").done(),
        ),
        (
            "other JSON",
            Script::default().raw("data: \"org-provider\"\n\n").done(),
        ),
        ("a huge event", Script::default().text(&huge).done()),
        (
            "an event that never ends",
            Script::default().raw(&lines).hang(),
        ),
        ("an empty answer", Script::default().done()),
        (
            "nothing but empty pieces",
            Script::default().text("").text("").done(),
        ),
        ("an end without a reason", Script::default()),
    ] {
        let (code, asked) = failure(&app, [script]).await;
        assert_eq!((code.as_str(), asked), ("UNAVAILABLE", 1), "{what}");
    }
    assert_eq!(success(&app, []).await, 1);
}

#[tokio::test]
async fn a_stream_without_its_end_marker_is_complete_after_a_finish_reason() {
    let app = TestApp::start().await;
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]});
    let odd = Script::default()
        .raw(": a comment\r\n\r\n")
        .text("Hello from")
        .raw("event: ping\ndata: {}\n\n")
        .text(" the scripted model.")
        .raw(&format!("data: {finish}\r\n\r\n"));
    assert_eq!(success(&app, [odd]).await, 1);
}

#[tokio::test]
async fn a_silent_provider_times_out() {
    let app = TestApp::configured(HASTY, &[]).await;
    assert_eq!(
        failure(&app, [Script::says_nothing()]).await,
        outcome("TIMEOUT", 1)
    );
    assert_eq!(
        failure(&app, [Script::default().hang()]).await,
        outcome("TIMEOUT", 1)
    );
    assert_eq!(success(&app, []).await, 1);
}

#[tokio::test]
async fn an_interrupted_answer_is_restarted() {
    let app = TestApp::configured(HASTY, &[]).await;
    let error = format!("data: {}\n\n", refusal("server_error"));
    for (what, script) in [
        ("cut", Script::default().text("Once upon").gate().cut()),
        ("ended", Script::default().text("Once upon").gate()),
        ("silent", Script::default().text("Once upon").gate().hang()),
        (
            "an error",
            Script::default()
                .text("Once upon")
                .gate()
                .raw(&error)
                .hang(),
        ),
        (
            "malformed",
            Script::default()
                .text("Once upon")
                .gate()
                .raw("data: {\n\n")
                .hang(),
        ),
    ] {
        app.upstream.will(script);
        let mut stream = app
            .home
            .member
            .subscribe(CHAT, json!({"input": {"message": "Hello?"}}))
            .await;
        let mut seen = read_to("TokenDelta", "chat", &mut stream).await;
        assert_eq!(text(&seen), "Once upon", "{what}");
        app.upstream.release(1);
        seen.extend(events("chat", &stream.rest().await));
        let attempt = ["RunStarted", "AgentSelected", "TokenDelta"];
        assert_eq!(
            kinds(&seen),
            [&["MessageAdded"], &attempt[..], &attempt, &["RunSucceeded"]].concat(),
            "{what}"
        );
        let starts: Vec<_> = seen
            .iter()
            .filter(|event| event["__typename"] == "RunStarted")
            .map(|event| event["attempt"].as_i64().unwrap())
            .collect();
        assert_eq!(starts, [1, 2], "{what}");
        assert_eq!(text(&seen), "Hello from the scripted model.", "{what}");
        assert_eq!(
            seen.last().unwrap()["message"]["text"],
            "Hello from the scripted model.",
            "{what}"
        );
        assert!(!json!(seen).to_string().contains("org-provider"), "{what}");
        until("the provider is let go", || async {
            app.upstream.open() == 0
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_interrupted_every_time_fails_after_the_last_attempt() {
    for attempts in ["1", "2", "3"] {
        let app = TestApp::with(&[("TROUPE_RUNS_ATTEMPTS", attempts)]).await;
        let many = attempts.parse().unwrap();
        let scripts = (0..many).map(|_| Script::default().text("Once upon").cut());
        assert_eq!(failure(&app, scripts).await, outcome("UNAVAILABLE", many));
        assert_eq!(success(&app, []).await, 1);
    }
}

#[tokio::test]
async fn an_answer_over_the_deadline_fails() {
    let app = TestApp::with(&[("TROUPE_RUNS_DEADLINE_SECONDS", "4")]).await;
    assert_eq!(
        failure(&app, [Script::default().text("Once upon").hang()]).await,
        outcome("TIMEOUT", 1)
    );
    assert_eq!(
        failure(&app, [Script::says_nothing()]).await,
        outcome("TIMEOUT", 1)
    );
    assert_eq!(success(&app, []).await, 1);
}

#[tokio::test]
async fn the_requested_output_length_is_bounded_by_the_configuration() {
    let app = TestApp::with(&[("TROUPE_RUNS_MAX_OUTPUT_TOKENS", "64")]).await;
    success(&app, []).await;
    assert_eq!(app.upstream.asked()[0]["max_tokens"], 64);
}
