//! Messages over REST: the answer as one JSON response, or as a stream that resumes.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Rest,
    client::{Event, Stream},
    message,
};
use crate::{
    chat::{CHAT, events},
    support::{Script, TestApp},
    tools::Workshop,
};

/// Reads up to the next event of this type.
async fn read_to(name: &str, stream: &mut Stream, seen: &mut Vec<Event>) {
    loop {
        let event = stream.next().await;
        let event = event.unwrap_or_else(|| panic!("ended without {name}: {seen:#?}"));
        seen.push(event);
        if seen.last().unwrap().name == name {
            return;
        }
    }
}

/// The text that a client assembles, which begins again at every `RunStarted`.
fn text(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        match event.name.as_str() {
            "RunStarted" => text.clear(),
            "TokenDelta" => {
                assert_eq!(event.data["offset"], text.chars().count(), "{event:?}");
                text.push_str(event.data["text"].as_str().unwrap());
            }
            _ => {}
        }
    }
    text
}

#[tokio::test]
async fn the_answer_is_one_response_and_a_repeated_message_is_answered_once() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.member).await;
    app.upstream
        .will(Script::says(&["Good ", "day, ", "Zoë 👋"]));
    let path = format!("/accounts/{}/agents/{}/chat", app.home.id, app.home.agent);
    let input = json!({"message": "Grüß Gott 🌍", "clientMessageId": "one", "endUser": "Zoë"});
    // two at once with the same key
    let (one, other) = futures::join!(rest.post(&path, &input), rest.post(&path, &input));
    let answer = one.is(200);
    assert_eq!(answer["type"], "RunSucceeded");
    assert_eq!(answer["message"]["text"], "Good day, Zoë 👋");
    assert_eq!(answer["message"]["agent"]["id"], app.home.agent);
    assert_eq!(answer, other.is(200));
    // once more, by the slug, in the account's own path and without a path of an agent
    for path in ["/accounts/me/agents/support/chat", "/agents/support/chat"] {
        assert_eq!(rest.post(path, &input).await.is(200), answer);
    }
    assert_eq!(app.upstream.asked().len(), 1);

    let more = json!({"message": "And?", "clientMessageId": "two", "conversationId": answer["message"]["conversation"]["id"]});
    let more = rest.post("/chat", &more).await;
    assert_eq!(
        more.is(200)["message"]["conversation"],
        answer["message"]["conversation"]
    );
    assert_ne!(more.body["runId"], answer["runId"]);
}

#[tokio::test]
async fn a_stream_has_the_events_of_graphql_and_resumes_after_a_cut() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.member).await;
    let pieces: Vec<String> = (0..6).map(|number| format!("{number} ✓ ")).collect();
    let script = pieces.iter();
    let script = script.fold(Script::default(), |script, piece| script.gate().text(piece));
    app.upstream.will(script.gate().done());
    let path = format!("/accounts/{}/chat", app.home.id);
    let input = message("Count.", "count");
    let mut seen = Vec::new();
    for _ in &pieces {
        let last = seen.iter().rev().find_map(|event: &Event| event.id.clone());
        // the connection is cut after each piece
        let mut stream = rest.chat(&path, &input, last.as_deref()).await;
        app.upstream.release(1);
        read_to("TokenDelta", &mut stream, &mut seen).await;
    }
    app.upstream.release(1);
    let last = seen.last().unwrap().id.clone();
    seen.extend(
        rest.chat("/chat", &input, last.as_deref())
            .await
            .rest()
            .await,
    );
    assert_eq!(text(&seen), pieces.concat());
    let end = seen.last().unwrap();
    assert_eq!(
        (end.name.as_str(), &end.data["message"]["text"]),
        ("RunSucceeded", &json!(pieces.concat()))
    );
    assert!(
        seen.is_sorted_by(
            |one, next| one.data["sequence"].as_i64() < next.data["sequence"].as_i64()
        )
    );
    assert_eq!(app.upstream.asked().len(), 1);
    assert_same_over_graphql(&app, &rest, &input).await;
}

/// Checks that a message has the same events, cursors and offsets over both APIs.
async fn assert_same_over_graphql(app: &TestApp, rest: &Rest, input: &Value) {
    let graphql = app.home.member.subscribe(CHAT, json!({"input": input}));
    let graphql = events("chat", &graphql.await.rest().await);
    let whole = rest
        .chat("/accounts/me/chat", input, None)
        .await
        .rest()
        .await;
    assert_eq!(whole.len(), graphql.len());
    for (here, there) in whole.iter().zip(&graphql) {
        assert_eq!(here.name, there["__typename"].as_str().unwrap());
        assert_eq!(here.id.as_deref(), there["cursor"].as_str());
        for field in [
            "runId",
            "cursor",
            "sequence",
            "at",
            "text",
            "offset",
            "utf16Offset",
        ] {
            let both = (here.data.get(field), there.get(field));
            assert_eq!(both.0, both.1, "{field} of {}", here.name);
        }
    }
}

#[tokio::test]
async fn a_failed_run_is_a_problem_with_its_code() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.member).await;
    let refusal = json!({"error": {"message": "no", "code": "invalid_request_error"}});
    app.upstream.will(Script::refuses(400, None, refusal));
    let input = message("Hello", "fails");
    let failed = rest.post("/chat", &input).await;
    failed.is_problem(502, "PROVIDER_REFUSED");
    assert_eq!(failed.body["event"]["type"], "RunFailed");
    let streamed = rest.chat("/chat", &input, None).await.rest().await;
    let end = streamed.last().unwrap();
    assert_eq!(end.data, failed.body["event"]);
    assert_eq!(end.data["error"]["message"], failed.body["detail"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_a_problem_before_the_stream_begins() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.member).await;
    let never = troupe::domain::AgentId::from_uuid(uuid::Uuid::now_v7());
    let cases = [
        (
            "/chat".to_owned(),
            json!({"message": "", "clientMessageId": "a"}),
            400,
            "BAD_USER_INPUT",
        ),
        (
            "/chat".to_owned(),
            json!({"message": "Hello"}),
            400,
            "BAD_USER_INPUT",
        ),
        (
            format!("/agents/{never}/chat"),
            message("Hello", "b"),
            404,
            "NOT_FOUND",
        ),
        (
            "/agents/nothing-here/chat".to_owned(),
            message("Hello", "c"),
            404,
            "NOT_FOUND",
        ),
    ];
    for (path, input, status, code) in &cases {
        let whole = rest.post(path, input).await;
        whole.is_problem(*status, code);
        let request = rest.request(Method::POST, path).json(input);
        let request = request.header("accept", "text/event-stream");
        let streamed = rest.send(request, &Method::POST, path).await;
        assert_eq!(streamed.body, whole.body, "{path}");
    }
    let without_key = rest.post("/chat", &cases[1].1).await;
    assert_eq!(without_key.paths(), ["clientMessageId"]);
    assert!(app.upstream.asked().is_empty());

    // a stream that resumes has begun already
    let resumed = rest
        .chat("/chat", &message("Hello", "d"), Some("nonsense"))
        .await;
    let events = resumed.rest().await;
    let named: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(named, ["problem"]);
    assert_eq!(events[0].data["problems"][0]["path"], "after");
}

#[tokio::test]
async fn a_call_that_waits_for_a_person_is_the_response_until_it_is_decided() {
    let workshop = Workshop::granting(&["write"], "APPROVE").await;
    let home = &workshop.app.home;
    let rest = Rest::of(&workshop.app, &home.member).await;
    workshop.model_calls(&[("workshop__write", json!({"text": "x"}))]);
    let input = message("Write.", "write");
    let path = format!("/accounts/me/agents/{}/chat", home.agent);
    let waits = rest.post(&path, &input).await;
    let call = waits.is(202)["toolCall"].clone();
    assert_eq!(call["status"], "AWAITING_APPROVAL");
    workshop.model_says("Written.");
    let resolve = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }";
    let decision = json!({"toolCallId": call["id"], "approve": true, "argumentsDigest": call["argumentsDigest"]});
    home.admin.ok(resolve, json!({"input": decision})).await;
    // the decision may not have reached the run yet
    let answer = loop {
        let answer = rest.post(&path, &input).await;
        if answer.status != 202 {
            break answer;
        }
    };
    assert_eq!(answer.is(200)["message"]["text"], "Written.");
    assert_eq!(answer.body["runId"], waits.body["runId"]);
    assert_eq!(workshop.tools.count("write"), 1);
}

#[tokio::test]
async fn a_cancelled_run_ends_the_response() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.member).await;
    app.upstream.will(Script::default().text("Well, ").hang());
    let input = message("Wait.", "cancelled");
    let mut stream = rest.chat("/chat", &input, None).await;
    let mut seen = Vec::new();
    read_to("TokenDelta", &mut stream, &mut seen).await;
    let cancel = "mutation($run: ID!) { cancelRun(input: {runId: $run}) { run { id } } }";
    let run = json!({"run": seen[0].data["runId"]});
    let (answer, _) = futures::join!(rest.post("/chat", &input), app.home.member.ok(cancel, run));
    assert_eq!(answer.is(200)["type"], "RunCancelled");
    assert_eq!(answer.body["message"]["text"], "Well, ");
    assert_eq!(stream.rest().await.last().unwrap().name, "RunCancelled");
}
