//! Streams of end users: they continue in a renewed session, and end with a revoked or expired one.

use serde_json::{Value, json};

use super::{CHAT, RENEW, REVOKE, begin, read, with_token};
use crate::{
    caller::{Caller, Heard, Socket},
    chat::text,
    support::{PATIENCE, Script, TestApp},
};

const EVENTS: &str = "subscription($id: ID!) { conversationEvents(conversationId: $id) { runId } }";

fn caller(app: &TestApp, made: &Value) -> Caller {
    Caller::nobody(app).with_key(made["token"].as_str().unwrap())
}

async fn revoke(app: &TestApp, made: &Value) {
    let input = json!({"input": {"sessionId": made["session"]["id"]}});
    let revoked = app.home.admin.ok(REVOKE, input).await;
    assert_eq!(revoked["revokeSessions"]["revoked"], 1);
}

/// The message of the error that ended the operation, and the code that the socket was closed with.
async fn end_of(socket: &mut Socket) -> (String, u16) {
    let mut why = String::new();
    loop {
        match socket.hear().await {
            Heard::Answer(answer) if answer.get("errors").is_some() => {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
                why = read(&answer["errors"][0]["message"]);
            }
            Heard::Closed(code) => return (why, code),
            Heard::Answer(_) | Heard::Acknowledged | Heard::Complete => {}
        }
    }
}

#[tokio::test]
async fn a_stream_continues_through_renewals_and_ends_with_the_last_session() {
    const RENEWALS: usize = 40;
    let app = TestApp::start().await;
    let words: Vec<String> = (0..RENEWALS)
        .map(|number| format!("word{number} "))
        .collect();
    let gated = |script: Script, word: &String| script.gate().text(word);
    app.upstream
        .will(words.iter().fold(Script::default(), gated).done());
    let mut session = begin(&app, json!({"endUser": "ada"})).await;
    let mut socket = caller(&app, &session)
        .subscribe(CHAT, json!({"input": {"message": "Count"}}))
        .await;
    let mut events = Vec::new();
    for _ in 0..RENEWALS {
        let next = begin(&app, json!({"endUser": "ada"})).await;
        let renewed = with_token(&app, &session)
            .ok(RENEW, json!({"token": next["token"]}))
            .await;
        assert_eq!(
            renewed["renewSession"]["session"]["id"],
            next["session"]["id"]
        );
        session = next;
        app.upstream.release(1);
        // each word is read before the next renewal, so that the renewals are in the middle of the stream
        let before = text(&events).len();
        while text(&events).len() == before {
            events.push(socket.answer().await.data()["chat"].clone());
        }
    }
    while events
        .last()
        .is_none_or(|event| event["__typename"] != "RunSucceeded")
    {
        events.push(socket.answer().await.data()["chat"].clone());
    }
    assert_eq!(text(&events), words.concat());
    assert_eq!(events.last().unwrap()["message"]["text"], words.concat());
    assert_eq!(socket.hear().await, Heard::Complete);
    let conversation = events[0]["run"]["conversation"]["id"].clone();
    socket.subscribe(EVENTS, json!({"id": conversation})).await;
    revoke(&app, &session).await;
    assert_eq!(
        end_of(&mut socket).await,
        ("session revoked".to_owned(), 4401)
    );
}

#[tokio::test]
async fn a_revoked_session_ends_its_streams_of_each_transport() {
    let app = TestApp::start().await;
    app.upstream.will(Script::default().text("Hello").hang());
    let made = begin(&app, json!({"endUser": "ada"})).await;
    let mut socket = caller(&app, &made)
        .subscribe(CHAT, json!({"input": {"message": "Hello"}}))
        .await;
    let mut idle = caller(&app, &made).connect().await;
    assert_eq!(idle.hear().await, Heard::Acknowledged);
    let started = socket.answer().await;
    let run = started.data()["chat"]["runId"].clone();
    let query = "subscription($id: ID!) { runEvents(runId: $id) { runId } }";
    let stream = reqwest::Client::builder().no_proxy().build().unwrap();
    let stream = stream
        .post(format!("{}/graphql", app.url))
        .bearer_auth(made["token"].as_str().unwrap())
        .header("accept", "text/event-stream")
        .json(&json!({"query": query, "variables": {"id": run}}))
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    revoke(&app, &made).await;
    assert_eq!(
        end_of(&mut socket).await,
        ("session revoked".to_owned(), 4401)
    );
    assert_eq!(end_of(&mut idle).await, (String::new(), 4401));
    let body = tokio::time::timeout(PATIENCE, stream.text()).await;
    let body = body.unwrap().unwrap();
    assert!(body.contains("session revoked"), "{body}");
    assert!(body.ends_with("event: complete\ndata:\n\n"), "{body}");
    assert_eq!(
        caller(&app, &made).connect().await.hear().await,
        Heard::Closed(4401)
    );
}

#[tokio::test]
async fn an_expired_session_ends_its_streams_and_says_that_it_expired() {
    let app = TestApp::start().await;
    app.upstream.will(Script::default().text("Hello").hang());
    let input = json!({"endUser": "ada", "expiresInSeconds": 10});
    let made = begin(&app, input).await;
    let mut socket = caller(&app, &made)
        .subscribe(CHAT, json!({"input": {"message": "Hello"}}))
        .await;
    assert_eq!(
        end_of(&mut socket).await,
        ("session expired".to_owned(), 4403)
    );
    let refused = with_token(&app, &made)
        .ask("{ viewer { role } }", json!({}))
        .await;
    assert_eq!(refused.message(), "the session has expired");
}

#[tokio::test]
async fn renewals_on_one_socket_need_no_pause() {
    let app = TestApp::start().await;
    let session = begin(&app, json!({"endUser": "ada"})).await;
    let mut last = Value::Null;
    let mut socket = caller(&app, &session).connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);
    for _ in 0..20 {
        last = begin(&app, json!({"endUser": "ada"})).await;
        // as soon as the one before is answered, whether the socket has moved by then or not
        socket
            .subscribe(RENEW, json!({"token": last["token"]}))
            .await;
        let answer = socket.answer().await;
        let renewed = &answer.data()["renewSession"]["session"]["id"];
        assert_eq!(*renewed, last["session"]["id"]);
        assert_eq!(socket.hear().await, Heard::Complete);
    }
    revoke(&app, &last).await;
    assert_eq!(end_of(&mut socket).await, (String::new(), 4401));
}

#[tokio::test]
async fn a_session_is_renewed_and_revoked_in_every_process() {
    let app = TestApp::start().await;
    if !app.has_redis() {
        return;
    }
    let second = app.second(&[]).await;
    let old = begin(&app, json!({"endUser": "ada"})).await;
    let new = begin(&app, json!({"endUser": "ada"})).await;
    let mut there = caller(&app, &old).at(&second.url).connect().await;
    assert_eq!(there.hear().await, Heard::Acknowledged);
    with_token(&app, &old)
        .ok(RENEW, json!({"token": new["token"]}))
        .await;
    let query = "subscription { agentChanged { id } }";
    there.subscribe(query, json!({})).await;
    revoke(&app, &new).await;
    assert_eq!(
        end_of(&mut there).await,
        ("session revoked".to_owned(), 4401)
    );
}
