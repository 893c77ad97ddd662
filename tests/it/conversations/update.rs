//! Changes of conversations: title, archive, metadata, read mark.

use serde_json::{Value, json};

use super::talk;
use crate::support::TestApp;

const UPDATE: &str =
    "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
    conversation { id title archivedAt metadata unread updatedAt } } }";
const LIST: &str =
    "query($archived: Boolean) { conversations(filter: {archived: $archived}) { nodes { id } } }";

#[tokio::test]
async fn each_field_is_changed_alone_and_a_set_title_stays() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = talk(member, "Hello there", None).await;
    let update = async |mut input: Value| {
        input["id"] = said.conversation.as_str().into();
        let changed = member.ok(UPDATE, json!({"input": input})).await;
        changed["updateConversation"]["conversation"].clone()
    };
    let before = update(json!({})).await;
    assert_eq!(before["title"], "Hello there");
    assert_eq!(before["unread"], true);
    let named = update(json!({"title": " Order 5 ", "read": true})).await;
    assert_eq!(
        (&named["title"], &named["unread"]),
        (&json!("Order 5"), &json!(false))
    );
    assert_eq!(
        named["updatedAt"], before["updatedAt"],
        "a change is no activity"
    );
    talk(member, "Another message", Some(&said.conversation)).await;
    let later = update(json!({"metadata": {"folder": "work"}})).await;
    assert_eq!(
        (&later["title"], &later["unread"], &later["metadata"]),
        (&json!("Order 5"), &json!(true), &json!({"folder": "work"}))
    );
    let reset = update(json!({"title": null, "metadata": null})).await;
    assert_eq!(
        (&reset["title"], &reset["metadata"]),
        (&json!("Hello there"), &json!({}))
    );
}

#[tokio::test]
async fn an_archived_conversation_is_listed_on_request_until_a_message_brings_it_back() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = talk(member, "Hello", None).await;
    let id = &said.conversation;
    let archive = json!({"input": {"id": id, "archived": true}});
    let archived = member.ok(UPDATE, archive.clone()).await;
    let at = &archived["updateConversation"]["conversation"]["archivedAt"];
    assert!(at.is_string());
    let again = member.ok(UPDATE, archive).await;
    assert_eq!(
        &again["updateConversation"]["conversation"]["archivedAt"],
        at
    );
    let listed = async |variables: Value| {
        let found = member.ok(LIST, variables).await;
        found["conversations"]["nodes"].as_array().unwrap().len()
    };
    assert_eq!(listed(json!({})).await, 0);
    assert_eq!(listed(json!({"archived": true})).await, 1);
    assert_eq!(listed(json!({"archived": null})).await, 1);
    talk(member, "And?", Some(id)).await;
    assert_eq!(listed(json!({})).await, 1);
    assert_eq!(listed(json!({"archived": true})).await, 0);
}

#[tokio::test]
async fn a_wrong_change_is_refused_by_its_field_and_changes_nothing() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = talk(member, "Hello", None).await;
    let many: serde_json::Map<String, Value> = (0..51)
        .map(|number| (number.to_string(), json!(1)))
        .collect();
    for (input, path, limit) in [
        (json!({"title": ""}), "input.title", ""),
        (json!({"title": "   "}), "input.title", ""),
        (json!({"title": "two\nlines"}), "input.title", ""),
        (json!({"title": "x".repeat(121)}), "input.title", "120"),
        (json!({"metadata": []}), "input.metadata", "object"),
        (json!({"metadata": "text"}), "input.metadata", "object"),
        (json!({"metadata": many}), "input.metadata", "at most 50"),
        (
            json!({"metadata": {"long": "x".repeat(17_000)}}),
            "input.metadata",
            "at most 16384",
        ),
    ] {
        let mut input = input;
        input["id"] = said.conversation.as_str().into();
        input["read"] = true.into();
        let refused = member.ask(UPDATE, json!({"input": input})).await;
        assert_eq!(
            (refused.code(), refused.problem_paths()),
            ("BAD_USER_INPUT", vec![path])
        );
        assert!(refused.0.to_string().contains(limit), "{refused:?}");
    }
    let query = "query($id: ID!) { conversation(id: $id) { title unread metadata } }";
    let kept = member.ok(query, json!({"id": said.conversation})).await;
    assert_eq!(
        kept["conversation"],
        json!({"title": "Hello", "unread": true, "metadata": {}})
    );
}
