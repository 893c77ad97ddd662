//! Conversations: listed, paginated, rated, deleted.

use serde_json::{Value, json};

use crate::{
    chat::{CHAT, events},
    support::{Client, Script, TestApp, within_one_month},
};

/// A question and its answer.
pub(crate) struct Exchange {
    pub(crate) conversation: String,
    pub(crate) run: String,
    pub(crate) question: String,
    pub(crate) answer: String,
    /// The cursor of the first event.
    pub(crate) cursor: String,
}

impl Exchange {
    /// Sends a question and waits for the complete answer.
    pub(crate) async fn of(client: &Client, input: Value) -> Self {
        let stream = client.subscribe(CHAT, json!({"input": input})).await;
        let events = events("chat", &stream.rest().await);
        let last = events.last().unwrap();
        assert_eq!(last["__typename"], "RunSucceeded", "{last:#}");
        let read = |value: &Value| value.as_str().unwrap().to_owned();
        let conversation = read(&events[0]["run"]["conversation"]["id"]);
        let query =
            "query($id: ID!) { conversation(id: $id) { messages(last: 2) { nodes { id role } } } }";
        let messages = client.ok(query, json!({"id": conversation})).await;
        let question = &messages["conversation"]["messages"]["nodes"][0];
        assert_eq!(question["role"], "USER");
        Self {
            run: read(&last["runId"]),
            question: read(&question["id"]),
            answer: read(&last["message"]["id"]),
            cursor: read(&events[0]["cursor"]),
            conversation,
        }
    }
}

const LIST: &str = "query($filter: ConversationFilter, $first: Int, $after: String, $last: Int, $before: String) {
    conversations(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id endUser } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

const MESSAGES: &str = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    conversation(id: $id) { messages(first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { text role } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }
}";

const RATE: &str = "mutation($input: RateMessageInput!) { rateMessage(input: $input) { message { id rating { value comment } } } }";

fn ids(list: &Value) -> Vec<&str> {
    let nodes = list["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect()
}

fn texts(list: &Value) -> Vec<&str> {
    let nodes = list["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn conversations_are_listed_newest_first_and_filtered_by_end_user_and_agent() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let made = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let sales = app.home.admin.ok(made, json!({})).await["createAgent"]["agent"]["id"].clone();
    let ada = Exchange::of(member, json!({"message": "Hello", "endUser": "Ada"})).await;
    let bob = Exchange::of(
        member,
        json!({"message": "Hello", "endUser": "Bob", "agentId": sales}),
    )
    .await;
    let again = Exchange::of(member, json!({"message": "Hello", "endUser": "Ada"})).await;

    let all = member.ok(LIST, json!({})).await["conversations"].clone();
    assert_eq!(all["totalCount"], 3);
    assert_eq!(
        ids(&all),
        [&again.conversation, &bob.conversation, &ada.conversation]
    );
    assert_eq!(all["nodes"][1]["endUser"], "Bob");

    let of = |filter: Value| async move {
        member.ok(LIST, json!({"filter": filter})).await["conversations"].clone()
    };
    assert_eq!(
        ids(&of(json!({"endUser": "Ada"})).await),
        [&again.conversation, &ada.conversation]
    );
    assert_eq!(of(json!({"endUser": "Ada"})).await["totalCount"], 2);
    assert_eq!(
        ids(&of(json!({"agentId": sales})).await),
        [&bob.conversation]
    );
    assert_eq!(
        ids(&of(json!({"agentId": sales, "endUser": "Ada"})).await),
        Vec::<&str>::new()
    );
    assert_eq!(
        ids(&of(json!({"endUser": "ada"})).await),
        Vec::<&str>::new()
    );

    let first = member.ok(LIST, json!({"first": 2})).await["conversations"].clone();
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let rest = member
        .ok(
            LIST,
            json!({"first": 2, "after": first["pageInfo"]["endCursor"]}),
        )
        .await["conversations"]
        .clone();
    assert_eq!(ids(&rest), [&ada.conversation]);
    assert_eq!(
        (
            &rest["pageInfo"]["hasNextPage"],
            &rest["pageInfo"]["hasPreviousPage"]
        ),
        (&json!(false), &json!(true))
    );
}

#[tokio::test]
async fn messages_are_paginated_forward_and_backward() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    app.upstream.will(Script::says(&["one"]));
    let first = Exchange::of(member, json!({"message": "1"})).await;
    let id = &first.conversation;
    for (question, answer) in [("2", "two"), ("3", "three")] {
        app.upstream.will(Script::says(&[answer]));
        Exchange::of(member, json!({"message": question, "conversationId": id})).await;
    }
    let page = |arguments: Value| async move {
        let mut variables = arguments;
        variables["id"] = id.as_str().into();
        member.ok(MESSAGES, variables).await["conversation"]["messages"].clone()
    };
    let all = page(json!({})).await;
    assert_eq!(texts(&all), ["1", "one", "2", "two", "3", "three"]);
    assert_eq!(all["totalCount"], 6);
    let start = page(json!({"first": 4})).await;
    assert_eq!(texts(&start), ["1", "one", "2", "two"]);
    let next = page(json!({"first": 4, "after": start["pageInfo"]["endCursor"]})).await;
    assert_eq!(texts(&next), ["3", "three"]);
    let end = page(json!({"last": 2})).await;
    assert_eq!(texts(&end), ["3", "three"]);
    assert_eq!(end["pageInfo"]["hasPreviousPage"], true);
    let before = page(json!({"last": 3, "before": end["pageInfo"]["startCursor"]})).await;
    assert_eq!(texts(&before), ["one", "2", "two"]);
    // A cursor of one conversation is invalid in another.
    let other = Exchange::of(member, json!({"message": "elsewhere"})).await;
    let foreign = member
        .ask(
            MESSAGES,
            json!({"id": other.conversation, "first": 1, "after": start["pageInfo"]["endCursor"]}),
        )
        .await;
    assert_eq!(foreign.code(), "BAD_USER_INPUT", "{foreign:?}");
}

#[tokio::test]
async fn an_answer_is_rated_and_a_second_rating_replaces_the_first() {
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = Exchange::of(member, json!({"message": "Hello"})).await;
    let rate = |input: Value| async move { member.ask(RATE, json!({"input": input})).await };
    let good = rate(json!({"messageId": said.answer, "value": "UP", "comment": "clear"})).await;
    assert_eq!(
        good.data()["rateMessage"]["message"]["rating"],
        json!({"value": "UP", "comment": "clear"})
    );
    let bad = rate(json!({"messageId": said.answer, "value": "DOWN"})).await;
    assert_eq!(
        bad.data()["rateMessage"]["message"]["rating"],
        json!({"value": "DOWN", "comment": null})
    );
    let query = "query($id: ID!) { node(id: $id) { ... on Message { rating { value } } } }";
    let stored = app.home.reader.ok(query, json!({"id": said.answer})).await;
    assert_eq!(stored["node"]["rating"]["value"], "DOWN");
}

#[tokio::test]
async fn only_an_answer_can_be_rated() {
    let app = TestApp::start().await;
    let said = Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    let (answer, question) = (said.answer.as_str(), said.question.as_str());
    let long = "x".repeat(2001);
    let cases = [
        (
            json!({"messageId": question, "value": "UP"}),
            "input.messageId",
        ),
        (
            json!({"messageId": answer, "value": "UP", "comment": ""}),
            "input.comment",
        ),
        (
            json!({"messageId": answer, "value": "UP", "comment": long}),
            "input.comment",
        ),
        (
            json!({"messageId": answer, "value": "UP", "comment": "\u{0}"}),
            "input.comment",
        ),
    ];
    for (input, path) in cases {
        let refused = app.home.member.ask(RATE, json!({"input": input})).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{refused:?}");
        assert_eq!(
            refused.0["errors"][0]["extensions"]["problems"][0]["path"],
            path
        );
    }
    let query = "query($id: ID!) { node(id: $id) { ... on Message { rating { value } } } }";
    let stored = app.home.reader.ok(query, json!({"id": answer})).await;
    assert_eq!(stored["node"]["rating"], Value::Null);
}

#[tokio::test]
async fn deleting_a_conversation_deletes_everything_in_it() {
    within_one_month().await;
    let app = TestApp::start().await;
    let member = &app.home.member;
    let said = Exchange::of(member, json!({"message": "Hello"})).await;
    let kept = Exchange::of(member, json!({"message": "Hello"})).await;
    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    let deleted = member.ok(delete, json!({"id": said.conversation})).await;
    assert_eq!(
        deleted["deleteConversation"]["deletedId"],
        said.conversation
    );
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let gone = [&said.conversation, &said.run, &said.question, &said.answer];
    assert_eq!(
        member.ok(nodes, json!({"ids": gone})).await["nodes"],
        json!([null, null, null, null])
    );
    let again = member.ask(delete, json!({"id": said.conversation})).await;
    assert_eq!(again.code(), "NOT_FOUND");
    let list = member.ok(LIST, json!({})).await["conversations"].clone();
    assert_eq!(ids(&list), [&kept.conversation]);
    let send = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }";
    let more = member
        .ask(
            send,
            json!({"input": {"message": "and?", "conversationId": said.conversation}}),
        )
        .await;
    assert_eq!(more.code(), "NOT_FOUND");
    let billing = "{ account { billing { spentTokens } } }";
    let spent = app.home.owner.ok(billing, json!({})).await;
    assert_eq!(
        spent["account"]["billing"]["spentTokens"], 36,
        "what was used stays on the bill"
    );
}

#[tokio::test]
async fn deleting_a_conversation_cancels_its_running_answer() {
    let app = TestApp::start().await;
    app.upstream
        .will(Script::default().text("Once upon").hang());
    let mut stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "A story"}}))
        .await;
    let mut conversation = Value::Null;
    while let Some(reply) = stream.next().await {
        let event = reply.data()["chat"].clone();
        if event["__typename"] == "RunStarted" {
            conversation = event["run"]["conversation"]["id"].clone();
        }
        if event["__typename"] == "TokenDelta" {
            break;
        }
    }
    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    app.home
        .member
        .ok(delete, json!({"id": conversation}))
        .await;
    crate::support::until("the provider's connection is closed", async || {
        app.upstream.open() == 0
    })
    .await;
    let query = "query($id: ID!) { conversation(id: $id) { id } }";
    assert_eq!(
        app.home.member.ok(query, json!({"id": conversation})).await["conversation"],
        Value::Null
    );
}
