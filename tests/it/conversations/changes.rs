//! The stream of changes of conversations, of an account and of one end user.

use serde_json::{Value, json};

use super::ended;
use crate::{
    caller::{Caller, Socket},
    support::{Client, TestApp},
};

const CHANGED: &str = "subscription($endUser: String) { conversationChanged(endUser: $endUser) {
    kind conversationId conversation { title } } }";

async fn end_user(app: &TestApp, name: &str) -> Client {
    let create = "mutation($name: String!) { createSession(input: {endUser: $name}) { token } }";
    let made = app.home.admin.ok(create, json!({"name": name})).await;
    let token = made["createSession"]["token"].as_str().unwrap();
    app.anonymous.with_key(token)
}

/// Sends a message and waits for its answer; returns the conversation.
async fn send(client: &Client, message: &str) -> Value {
    let send = "mutation($message: String!) { sendMessage(input: {message: $message}) { run { id conversation { id } } } }";
    let made = client.ok(send, json!({"message": message})).await;
    let run = &made["sendMessage"]["run"];
    ended(client, &run["id"]).await;
    run["conversation"]["id"].clone()
}

/// Reads changes until one of this kind of this conversation comes; none may be of the foreign one.
async fn await_change(stream: &mut Socket, kind: &str, conversation: &Value, foreign: &Value) {
    loop {
        let change = stream.answer().await.data()["conversationChanged"].clone();
        assert_ne!(&change["conversationId"], foreign);
        assert_eq!(
            change["conversation"].is_null(),
            change["kind"] == "DELETED"
        );
        if change["kind"] == kind && &change["conversationId"] == conversation {
            return;
        }
    }
}

#[tokio::test]
async fn a_list_learns_of_every_change_and_an_end_user_of_its_own_only() {
    let app = TestApp::start().await;
    let (ada, bob) = (end_user(&app, "ada").await, end_user(&app, "bob").await);
    let mut own = Caller::of(&app, &ada).subscribe(CHANGED, json!({})).await;
    let mut named = Caller::of(&app, &app.home.reader)
        .subscribe(CHANGED, json!({"endUser": "ada"}))
        .await;
    let known = send(&ada, "known").await;
    let rename = "mutation($id: ID!, $title: String) { updateConversation(input: {id: $id, title: $title}) { conversation { id } } }";
    let touch = async || {
        let id = json!({"id": known, "title": "touched"});
        ada.ok(rename, id).await;
    };
    // both streams listen from here on
    own.answer_while(&touch).await.data();
    named.answer_while(&touch).await.data();

    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    let foreign = send(&bob, "foreign").await;
    bob.ok(delete, json!({"id": foreign})).await;
    let mine = send(&ada, "Hello").await;
    for stream in [&mut own, &mut named] {
        await_change(stream, "CREATED", &mine, &foreign).await;
        await_change(stream, "ANSWERED", &mine, &foreign).await;
    }
    ada.ok(rename, json!({"id": mine, "title": "Named"})).await;
    for stream in [&mut own, &mut named] {
        await_change(stream, "UPDATED", &mine, &foreign).await;
    }
    ada.ok(delete, json!({"id": mine})).await;
    for stream in [&mut own, &mut named] {
        await_change(stream, "DELETED", &mine, &foreign).await;
    }
    let refused = Caller::of(&app, &ada)
        .subscribe(CHANGED, json!({"endUser": "bob"}))
        .await
        .answer()
        .await;
    assert_eq!(refused.problem_paths(), ["endUser"]);
}
