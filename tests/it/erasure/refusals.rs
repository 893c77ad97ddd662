//! What a person sends while it is being erased is refused; what it sends afterwards is a new person's.

use serde_json::{Value, json};

use super::{SESSION, Stage, erase, finished, removed};
use crate::{
    caller::{Caller, Heard, Socket},
    registry::KEYS,
    support::Script,
    tools::LOCAL,
};

const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }";

/// The code that a socket is closed with.
async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match socket.hear().await {
            Heard::Closed(code) => return code,
            Heard::Answer(_) | Heard::Acknowledged | Heard::Complete => {}
        }
    }
}

/// Fails when a message or a session of the person is accepted.
async fn assert_everything_is_refused(stage: &Stage, conversation: &Value) {
    let app = &stage.app;
    let member = &app.home.member;
    for input in [
        json!({"message": "New", "agentId": app.home.agent, "endUser": "ada"}),
        json!({"message": "More", "conversationId": conversation}),
    ] {
        let refused = member.ask(SEND, json!({"input": input})).await;
        assert_eq!(refused.code(), "CONFLICT", "{}", refused.message());
        assert!(
            refused.message().contains("is being erased"),
            "{}",
            refused.message()
        );
    }
    let refused = app
        .home
        .admin
        .ask(SESSION, json!({"input": {"endUser": "ada"}}))
        .await;
    assert_eq!(refused.code(), "CONFLICT");
}

#[tokio::test]
async fn a_person_in_erasure_sends_nothing_and_is_a_new_person_afterwards() {
    let stage = Stage::open().await;
    let app = &stage.app;
    let session = stage.session(json!({"endUser": "ada"})).await;
    let token = session["token"].as_str().unwrap();
    let browser = app.anonymous.with_key(token);
    // an answer that never ends: the erasure cancels it
    app.upstream.will(Script::default().text("Hello").hang());
    let input = json!({"message": "Hello", "agentId": app.home.agent});
    let sent = browser.ok("mutation($input: ChatInput!) { sendMessage(input: $input) { run { conversation { id } } } }", json!({"input": input})).await;
    let conversation = sent["sendMessage"]["run"]["conversation"]["id"].clone();
    let events = "subscription($id: ID!) { conversationEvents(conversationId: $id) { runId } }";
    let mut socket = Caller::nobody(app)
        .with_key(token)
        .subscribe(events, json!({"id": conversation}))
        .await;

    let begun = erase(&app.home.admin, "ada").await;
    assert!(begun["finishedAt"].is_null());
    assert_eq!(close_code(&mut socket).await, 4401);
    assert_eq!(
        browser.ask("{ viewer { role } }", json!({})).await.code(),
        "UNAUTHENTICATED"
    );
    assert_everything_is_refused(&stage, &conversation).await;
    // a second request is answered with the erasure that runs
    assert_eq!(
        erase(&app.home.admin, "ada").await["finishedAt"],
        json!(null)
    );

    let _worker = app.worker(&[KEYS, LOCAL]).await;
    let done = finished(&app.home.admin, "ada").await;
    assert_eq!(removed(&done, "run"), 1, "{done}");
    let again = stage.session(json!({"endUser": "ada"})).await;
    assert_ne!(
        again["session"]["endUser"]["id"],
        session["session"]["endUser"]["id"]
    );
    let input = json!({"message": "Hello again", "agentId": app.home.agent, "endUser": "ada"});
    let sent = app.home.member.ask(SEND, json!({"input": input})).await;
    sent.data();
    let second = erase(&app.home.admin, "ada").await;
    assert_ne!(second, done, "the new person is erased too");
    let second = finished(&app.home.admin, "ada").await;
    assert_eq!(removed(&second, "conversation"), 1, "{second}");
}
