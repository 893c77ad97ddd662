//! Cancelled answers.

use serde_json::{Value, json};

use crate::{
    chat::{CHAT, RUN_EVENTS, ask, ended, events, kinds, read_to, run, said, send, text},
    support::{Client, Reply, Script, Stream, TestApp, until},
};

const CANCEL: &str = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id status attempt message { text } } } }";

/// Cancels a run and returns it.
async fn cancel(client: &Client, id: &str) -> Value {
    client.ok(CANCEL, json!({"id": id})).await["cancelRun"]["run"].clone()
}

#[tokio::test]
async fn a_cancelled_answer_keeps_its_text_and_aborts_the_provider_request() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(
        Script::default()
            .text("Once upon")
            .text(" a time")
            .gate()
            .text(" there was")
            .done(),
    );
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "Tell me a story."}}))
        .await;
    let mut seen = Vec::new();
    while text(&seen) != "Once upon a time" {
        seen.extend(read_to("TokenDelta", "chat", &mut stream).await);
    }
    assert_eq!(app.upstream.open(), 1);
    let id = seen[0]["runId"].as_str().unwrap();
    let cancelled = cancel(member, id).await;
    until("the provider is let go", || async {
        app.upstream.open() == 0
    })
    .await;
    assert_eq!(
        (&cancelled["status"], &cancelled["message"]["text"]),
        (&json!("CANCELLED"), &json!("Once upon a time"))
    );
    assert_eq!(
        kinds(&events("chat", &stream.rest().await)),
        ["RunCancelled"]
    );
}

#[tokio::test]
async fn a_cancelled_answer_stays_in_its_conversation_which_continues() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "Tell me a story."}}))
        .await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let id = seen[0]["runId"].as_str().unwrap();
    cancel(member, id).await;
    let conversation = seen[0]["run"]["conversation"]["id"].as_str().unwrap();
    let pair = |role: &str, text: &str| (role.to_owned(), text.to_owned());
    assert_eq!(
        said(member, conversation).await,
        [
            pair("user", "Tell me a story."),
            pair("assistant", "Once upon")
        ]
    );
    let replayed = events(
        "runEvents",
        &member
            .subscribe(RUN_EVENTS, json!({"id": id}))
            .await
            .rest()
            .await,
    );
    assert_eq!(
        kinds(&replayed),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "RunCancelled"
        ]
    );
    let next = ask(
        member,
        json!({"message": "And then?", "conversationId": conversation}),
    )
    .await;
    assert_eq!(kinds(&next).last(), Some(&"RunSucceeded"));
}

#[tokio::test]
async fn a_run_with_a_silent_provider_can_be_cancelled() {
    for script in [Script::says_nothing(), Script::default().hang()] {
        let app = TestApp::start().await;
        let member = &app.home.member;
        app.upstream.will(script);
        let stream = member
            .subscribe(
                CHAT,
                json!({"input": {"message": "Hello?", "clientMessageId": "one"}}),
            )
            .await;
        until("the provider is asked", || async {
            app.upstream.open() == 1
        })
        .await;
        let (id, _) = send(
            member,
            json!({"message": "Hello?", "clientMessageId": "one"}),
        )
        .await;
        let cancelled = cancel(member, &id).await;
        assert_eq!(
            (&cancelled["status"], &cancelled["message"]),
            (&json!("CANCELLED"), &Value::Null)
        );
        until("the provider is let go", || async {
            app.upstream.open() == 0
        })
        .await;
        assert_eq!(
            kinds(&events("chat", &stream.rest().await)),
            [
                "MessageAdded",
                "RunStarted",
                "AgentSelected",
                "RunCancelled"
            ]
        );
    }
}

#[tokio::test]
async fn a_queued_run_is_cancelled_before_it_starts() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().gate().text("first").done());
    app.upstream.will(Script::says(&["third"]));
    let (first, conversation) = send(member, json!({"message": "1?"})).await;
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
    let reader = member.subscribe(RUN_EVENTS, json!({"id": second})).await;
    let cancelled = cancel(member, &second).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["attempt"]),
        (&json!("CANCELLED"), &json!(0))
    );
    assert_eq!(
        kinds(&events("runEvents", &reader.rest().await)),
        ["MessageAdded", "RunCancelled"]
    );
    app.upstream.release(1);
    assert_eq!(ended(member, &third).await["message"]["text"], "third");
    assert_eq!(run(member, &first).await["message"]["text"], "first");
    assert_eq!(app.upstream.asked().len(), 2);
    assert_eq!(cancel(member, &second).await, cancelled);
}

#[tokio::test]
async fn cancelling_a_run_is_idempotent() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::default().text("half").hang());
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "All?"}}))
        .await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let id = seen[0]["runId"].as_str().unwrap();
    let (one, other) = futures::join!(cancel(member, id), cancel(member, id));
    assert_eq!((&one["status"], &one), (&json!("CANCELLED"), &other));
    assert_eq!(cancel(member, id).await, one);
    assert_eq!(
        kinds(&events("chat", &stream.rest().await)),
        ["RunCancelled"]
    );
}

#[tokio::test]
async fn cancelling_an_ended_run_changes_nothing() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["whole"]));
    app.upstream.will(Script::refuses(
        401,
        None,
        json!({"error": {"message": "no"}}),
    ));
    for status in ["SUCCEEDED", "FAILED"] {
        let seen = ask(member, json!({"message": "Well?"})).await;
        let id = seen[0]["runId"].as_str().unwrap();
        let before = run(member, id).await;
        assert_eq!(before["status"], status);
        assert_eq!(cancel(member, id).await["status"], status);
        assert_eq!(run(member, id).await, before);
        let replayed = events(
            "runEvents",
            &member
                .subscribe(RUN_EVENTS, json!({"id": id}))
                .await
                .rest()
                .await,
        );
        assert_eq!(replayed.last(), seen.last());
    }
}

#[tokio::test]
async fn deleting_a_conversation_cancels_its_runs() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::default().text("half").hang());
    let mut stream = member
        .subscribe(CHAT, json!({"input": {"message": "All?"}}))
        .await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let conversation = seen[0]["run"]["conversation"]["id"].as_str().unwrap();
    let (queued, _) = send(
        member,
        json!({"message": "More?", "conversationId": conversation}),
    )
    .await;
    let waiting = member.subscribe(RUN_EVENTS, json!({"id": queued})).await;
    let deleted = member
        .ok(
            "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
            json!({"id": conversation}),
        )
        .await;
    assert_eq!(deleted["deleteConversation"]["deletedId"], conversation);
    until("the provider is let go", || async {
        app.upstream.open() == 0
    })
    .await;
    let gone = member.ok("query($conversation: ID!, $run: ID!) { conversation(id: $conversation) { id } run(id: $run) { id } }", json!({"conversation": conversation, "run": queued})).await;
    assert_eq!(gone, json!({"conversation": null, "run": null}));
    // Both readers get to the end, and neither receives an answer.
    for rest in [stream.rest().await, waiting.rest().await] {
        let last = rest.last().unwrap();
        assert!(
            last.code() == "NOT_FOUND" || last.0.to_string().contains("RunCancelled"),
            "{rest:?}"
        );
    }
    assert_eq!(app.upstream.asked().len(), 1);
    assert_eq!(
        member.ask(CANCEL, json!({"id": queued})).await.code(),
        "NOT_FOUND"
    );
    assert_eq!(
        member
            .subscribe(RUN_EVENTS, json!({"id": queued}))
            .await
            .rest()
            .await
            .iter()
            .map(Reply::code)
            .collect::<Vec<_>>(),
        ["NOT_FOUND"]
    );
}

const CHAT_FOR_ITS_READER: &str = "subscription($input: ChatInput!, $on: OnDisconnect) {
    chat(input: $input, onDisconnect: $on) { __typename cursor runId ... on TokenDelta { text } }
}";

/// Starts a chat whose answer waits after its first text; returns its stream and its run.
async fn waiting_chat(app: &TestApp, on_disconnect: &Value) -> (Stream, String) {
    app.upstream
        .will(Script::default().text("Once upon").gate().done());
    let input = json!({"message": "Tell me a story."});
    let variables = json!({"input": input, "on": on_disconnect});
    let member = &app.home.member;
    let mut stream = member.subscribe(CHAT_FOR_ITS_READER, variables).await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let run = seen[0]["runId"].as_str().unwrap().to_owned();
    (stream, run)
}

#[tokio::test]
async fn a_run_ends_with_its_reader_only_if_the_reader_wants_so() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let (silent, by_default) = waiting_chat(&app, &Value::Null).await;
    let (patient, continued) = waiting_chat(&app, &json!("CONTINUE")).await;
    let (hasty, cancelled) = waiting_chat(&app, &json!("CANCEL")).await;
    drop((silent, patient));
    drop(hasty);
    let cancelled = ended(member, &cancelled).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["message"]["text"]),
        (&json!("CANCELLED"), &json!("Once upon"))
    );
    app.upstream.release(2);
    for id in [by_default, continued] {
        assert_eq!(ended(member, &id).await["status"], "SUCCEEDED");
    }
}

#[tokio::test]
async fn a_shutdown_is_no_disconnect_and_an_end_is_none_either() {
    let mut app = TestApp::start().await;
    let (_stream, id) = waiting_chat(&app, &json!("CANCEL")).await;
    app.restart(&[]).await;
    let run = ended(&app.home.member, &id).await;
    assert_eq!(
        (&run["status"], &run["attempt"]),
        (&json!("SUCCEEDED"), &json!(2))
    );

    app.upstream.will(Script::default().text("Again").done());
    let variables = json!({"input": {"message": "Hello"}, "on": "CANCEL"});
    let stream = app
        .home
        .member
        .subscribe(CHAT_FOR_ITS_READER, variables)
        .await;
    let seen = events("chat", &stream.rest().await);
    assert_eq!(kinds(&seen).last(), Some(&"RunSucceeded"));
}
