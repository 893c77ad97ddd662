//! Lists of conversations: what each shows, the order, the search.

use serde_json::{Value, json};

use super::talk;
use crate::support::{Script, TestApp, until};

const LIST: &str = "query($filter: ConversationFilter, $orderBy: ConversationOrder, $first: Int, $after: String) {
    conversations(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } nodes { id title unread messageCount archivedAt metadata
            lastMessage { text } activeRun { id status } runs(first: 1) { totalCount nodes { id } } } } }";

fn titles(found: &Value) -> Vec<&str> {
    let nodes = found["conversations"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_conversation_in_a_list_shows_its_title_last_message_and_run() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["It is in the post."]));
    let text = "Where is my order number 5? It was to come yesterday,\nand I have waited the whole day at home for it.";
    talk(member, text, None).await;
    let found = member.ok(LIST, json!({})).await;
    let node = &found["conversations"]["nodes"][0];
    assert_eq!(node["title"], "Where is my order number 5?");
    assert_eq!(node["lastMessage"]["text"], "It is in the post.");
    assert_eq!(
        (&node["messageCount"], &node["unread"], &node["metadata"]),
        (&json!(2), &json!(true), &json!({}))
    );
    assert_eq!(node["activeRun"], Value::Null);
    assert_eq!(node["runs"]["totalCount"], 1);
}

#[tokio::test]
async fn an_active_run_is_shown_until_it_ends() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::default().text("Once").gate().text(" upon").done());
    let send = "mutation { sendMessage(input: {message: \"A story\"}) { run { id } } }";
    let run = member.ok(send, json!({})).await["sendMessage"]["run"]["id"].clone();
    let active = async || {
        let found = member.ok(LIST, json!({})).await;
        found["conversations"]["nodes"][0]["activeRun"].clone()
    };
    until("the run is active", async || active().await["id"] == run).await;
    app.upstream.release(1);
    until("no run is active", async || active().await.is_null()).await;
}

#[tokio::test]
async fn the_last_activity_comes_first_and_cursors_belong_to_an_order() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let first = talk(member, "first", None).await;
    talk(member, "second", None).await;
    talk(member, "third", None).await;
    talk(member, "more", Some(&first.conversation)).await;
    let all = member.ok(LIST, json!({})).await;
    assert_eq!(titles(&all), ["first", "third", "second"]);
    let by_creation = json!({"field": "CREATED_AT", "direction": "ASC"});
    let created = member.ok(LIST, json!({"orderBy": by_creation})).await;
    assert_eq!(titles(&created), ["first", "second", "third"]);

    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = member.ok(LIST, json!({"first": 1, "after": after})).await;
        seen.push(titles(&page)[0].to_owned());
        let info = &page["conversations"]["pageInfo"];
        if info["hasNextPage"] == false {
            break;
        }
        after = info["endCursor"].clone();
    }
    assert_eq!(seen, ["first", "third", "second"]);
    let other = json!({"first": 1, "after": after, "orderBy": by_creation});
    let refused = member.ask(LIST, other).await;
    assert_eq!(
        (refused.code(), refused.problem_paths()),
        ("BAD_USER_INPUT", vec!["after"])
    );
}

#[tokio::test]
async fn a_search_finds_parts_of_titles_and_messages_whatever_their_case() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream
        .will(Script::says(&["The 100% ÄPFEL are in stock"]));
    talk(member, "fruit", None).await;
    app.upstream.will(Script::says(&["snake_case it is"]));
    talk(member, "names", None).await;
    let found = async |search: &str| {
        let filter = json!({"filter": {"search": search}});
        let found = member.ok(LIST, filter).await;
        titles(&found).join(" ")
    };
    for (search, titles) in [
        ("äpfel", "fruit"),
        ("FRUIT", "fruit"),
        ("0%", "fruit"),
        ("%", "fruit"),
        ("_", "names"),
        ("e_c", "names"),
        ("e.c", ""),
        ("\\", ""),
        ("  ", "names fruit"),
    ] {
        assert_eq!(found(search).await, titles, "{search:?}");
    }
    let long = json!({"filter": {"search": "x".repeat(201)}});
    let refused = member.ask(LIST, long).await;
    assert_eq!(refused.problem_paths(), ["filter.search"]);
}

#[tokio::test]
async fn a_filter_narrows_by_activity_and_an_explicit_null_end_user_is_refused() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    talk(member, "one", None).await;
    let filter = json!({"filter": {"updatedAfter": "2000-01-01T00:00:00Z", "updatedBefore": "2001-01-01T00:00:00Z"}});
    assert_eq!(titles(&member.ok(LIST, filter).await), Vec::<&str>::new());
    let filter = json!({"filter": {"updatedAfter": "2001-01-01T00:00:00Z"}});
    assert_eq!(titles(&member.ok(LIST, filter).await), ["one"]);
    let refused = member.ask(LIST, json!({"filter": {"endUser": null}})).await;
    assert_eq!(
        (refused.code(), refused.problem_paths()),
        ("BAD_USER_INPUT", vec!["filter.endUser"])
    );
}
