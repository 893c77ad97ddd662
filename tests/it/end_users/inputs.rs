//! What an end user's input may name: the token decides who sends.

use serde_json::json;

use super::{SEND, begin, browser, with_token};
use crate::support::TestApp;

#[tokio::test]
async fn an_input_that_contradicts_the_session_is_refused() {
    let app = TestApp::start().await;
    let ada = browser(&app, "ada").await;
    let input = json!({"message": "Hello", "endUser": "bob", "context": {"caseId": "x"}});
    let refused = ada.ask(SEND, json!({"input": input})).await;
    assert_eq!(refused.problem_paths(), ["input.endUser", "input.context"]);
    let list = "{ conversations(filter: {endUser: \"bob\"}) { totalCount } }";
    let refused = ada.ask(list, json!({})).await;
    assert_eq!(refused.problem_paths(), ["filter.endUser"]);
    let own = json!({"message": "Hello", "endUser": "ada"});
    ada.ok(SEND, json!({"input": own})).await;
    let list = "{ conversations(filter: {endUser: \"ada\"}) { totalCount } }";
    assert_eq!(
        ada.ok(list, json!({})).await["conversations"]["totalCount"],
        1
    );
}

#[tokio::test]
async fn an_end_user_who_contradicts_the_conversation_is_refused_for_keys_too() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let of = async |end_user: Option<&str>| {
        let mut input = json!({"message": "Hello"});
        if let Some(end_user) = end_user {
            input["endUser"] = end_user.into();
        }
        let sent = member.ok(SEND, json!({"input": input})).await;
        sent["sendMessage"]["run"]["conversation"]["id"].clone()
    };
    let (adas, nobodys) = (of(Some("ada")).await, of(None).await);
    for (conversation, end_user, code) in [
        (&adas, json!("ada"), ""),
        (&adas, json!(null), ""),
        (&adas, json!("bob"), "BAD_USER_INPUT"),
        (&nobodys, json!("bob"), "BAD_USER_INPUT"),
    ] {
        let input =
            json!({"message": "Again", "conversationId": conversation, "endUser": end_user});
        let sent = member.ask(SEND, json!({"input": input})).await;
        assert_eq!(sent.code(), code, "{end_user}: {sent:?}");
    }
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_the_end_user_who_sends() {
    let app = TestApp::start().await;
    let input = json!({"input": {"message": "Hello", "clientMessageId": "one"}});
    let run = async |client: &crate::support::Client| {
        let sent = client.ok(SEND, input.clone()).await;
        sent["sendMessage"]["run"]["id"].clone()
    };
    let ada = with_token(&app, &begin(&app, json!({"endUser": "ada"})).await);
    let tablet = browser(&app, "ada").await;
    let bob = browser(&app, "bob").await;
    let runs = [
        run(&ada).await,
        run(&bob).await,
        run(&app.home.member).await,
    ];
    assert!(
        runs[0] != runs[1] && runs[1] != runs[2] && runs[0] != runs[2],
        "{runs:?}"
    );
    assert_eq!(
        run(&tablet).await,
        runs[0],
        "the same person on another device"
    );
    assert_eq!(run(&bob).await, runs[1]);
    let other = json!({"input": {"message": "Another text", "clientMessageId": "one"}});
    assert_eq!(tablet.ask(SEND, other).await.code(), "CONFLICT");
}
