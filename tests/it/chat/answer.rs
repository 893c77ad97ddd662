//! Questions and their answers, one after the other.

use futures::future::join_all;
use serde_json::json;

use super::{
    CHAT, ask, asked, conversation_of, ended, events, exchange, kinds, read_to, run, said, send,
    text,
};
use crate::support::{Script, TestApp, until};

#[tokio::test]
async fn an_answer_is_streamed_and_stored() {
    let app = TestApp::start().await;
    app.upstream
        .will(Script::says(&["Grü", "ße", " 👋", " von", " 👩‍👩‍👧 hier"]));
    let events = ask(&app.home.member, json!({"message": "Hallo"})).await;
    assert_eq!(
        kinds(&events),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    let last = events.last().unwrap();
    assert_eq!(text(&events), "Grüße 👋 von 👩‍👩‍👧 hier");
    assert_eq!(last["message"]["text"], "Grüße 👋 von 👩‍👩‍👧 hier");
    assert_eq!(last["message"]["demoQuality"], false);
    assert_eq!(last["usage"], json!({"inputTokens": 11, "outputTokens": 7}));
    let id = events[0]["run"]["id"].as_str().unwrap();
    assert!(events.iter().all(|event| event["runId"] == id));
    let run = run(&app.home.member, id).await;
    assert_eq!(
        (&run["status"], &run["attempt"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    assert_eq!(run["message"]["text"], last["message"]["text"]);
    assert_eq!(run["usage"], last["usage"]);
    assert_eq!(
        said(&app.home.member, &conversation_of(&events)).await,
        exchange("Hallo", "Grüße 👋 von 👩‍👩‍👧 hier")
    );
}

#[tokio::test]
async fn every_token_is_delivered_when_it_arrives() {
    let app = TestApp::start().await;
    app.upstream.will(
        Script::default()
            .text("one")
            .gate()
            .text(" two")
            .gate()
            .text(" three")
            .done(),
    );
    let mut stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "count"}}))
        .await;
    for (piece, offset) in [("one", 0), (" two", 3), (" three", 7)] {
        let read = read_to("TokenDelta", "chat", &mut stream).await;
        let delta = read.last().unwrap();
        assert_eq!(
            (&delta["text"], &delta["offset"]),
            (&json!(piece), &json!(offset))
        );
        app.upstream.release(1);
    }
    assert_eq!(
        kinds(&events("chat", &stream.rest().await)),
        ["RunSucceeded"]
    );
}

#[tokio::test]
async fn the_second_message_includes_the_earlier_messages() {
    let app = TestApp::start().await;
    app.upstream.will(Script::says(&["My name is", " Ada."]));
    app.upstream.will(Script::says(&["I said: Ada."]));
    let first = ask(
        &app.home.member,
        json!({"message": "Who are you?", "agentId": app.home.agent}),
    )
    .await;
    let conversation = conversation_of(&first);
    let second = ask(
        &app.home.member,
        json!({"message": "Once more?", "conversationId": conversation}),
    )
    .await;
    assert_eq!(conversation_of(&second), conversation);
    let requests = app.upstream.asked();
    assert_eq!(asked(&requests[0]), exchange("Who are you?", "")[..1]);
    let whole = [
        exchange("Who are you?", "My name is Ada."),
        exchange("Once more?", "I said: Ada."),
    ]
    .concat();
    assert_eq!(asked(&requests[1]), whole[..3]);
    assert_eq!(said(&app.home.member, &conversation).await, whole);
}

#[tokio::test]
async fn messages_sent_before_the_answer_are_queued() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().gate().text("first").done());
    app.upstream.will(Script::says(&["second"]));
    app.upstream.will(Script::says(&["third"]));
    let (_, conversation) = send(member, json!({"message": "1?"})).await;
    let (second, _) = send(
        member,
        json!({"message": "2?", "conversationId": conversation}),
    )
    .await;
    let (third, _) = send(
        member,
        json!({"message": "3?", "conversationId": conversation}),
    )
    .await;
    until("the first is asked", || async { app.upstream.open() == 1 }).await;
    assert_eq!(run(member, &second).await["status"], "QUEUED");
    app.upstream.release(1);
    assert_eq!(ended(member, &third).await["message"]["text"], "third");
    assert_eq!(run(member, &second).await["message"]["text"], "second");
    assert_eq!(app.upstream.most_open(), 1);
    // Each request contains the earlier answers, whenever its message was sent.
    let whole = [
        exchange("1?", "first"),
        exchange("2?", "second"),
        exchange("3?", "third"),
    ]
    .concat();
    let requests = app.upstream.asked();
    assert_eq!(requests.len(), 3);
    for (request, messages) in requests.iter().zip([1, 3, 5]) {
        assert_eq!(asked(request), whole[..messages]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_messages_are_answered_one_by_one() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (_, conversation) = send(member, json!({"message": "Hello"})).await;
    for _ in 0..8 {
        app.upstream.will(Script::echoes());
    }
    // The first run has no script and may take any: each scripted answer repeats its question or says hello.
    let sent = join_all((0..7).map(|number| {
        let input =
            json!({"message": format!("question {number}"), "conversationId": conversation});
        async move { (number, send(member, input).await.0) }
    }))
    .await;
    for (number, id) in &sent {
        let run = ended(member, id).await;
        assert_eq!(
            run["message"]["text"],
            format!("question {number}"),
            "{run}"
        );
    }
    assert_eq!(app.upstream.most_open(), 1);
}
