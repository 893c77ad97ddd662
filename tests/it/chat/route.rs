//! Routing of messages to agents.

use serde_json::{Value, json};

use super::{CHAT, SEND, ask, conversation_of, conversations};
use crate::support::{Client, Reply, TestApp};

fn route_of(events: &[Value]) -> &Value {
    assert_eq!(events[2]["__typename"], "AgentSelected");
    &events[2]["route"]
}

async fn create_agent(client: &Client, name: &str, fallback: Option<&str>) -> String {
    let mutation =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let input = json!({"template": "sales_agent", "tier": "startup", "name": name, "fallbackAgentId": fallback});
    let made = client.ok(mutation, json!({"input": input})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn suspend(client: &Client, agent: &str) {
    client
        .ok(
            "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }",
            json!({"id": agent}),
        )
        .await;
}

#[tokio::test]
async fn a_message_is_routed_to_its_named_agent_then_to_the_conversations_agent() {
    let app = TestApp::start().await;
    let sales = create_agent(&app.home.admin, "Sales", None).await;
    let first = ask(&app.home.member, json!({"message": "a", "agentId": sales})).await;
    assert_eq!(
        (
            &route_of(&first)["reason"],
            &route_of(&first)["agent"]["id"]
        ),
        (&json!("REQUESTED"), &json!(sales))
    );
    let second = ask(
        &app.home.member,
        json!({"message": "b", "conversationId": conversation_of(&first)}),
    )
    .await;
    assert_eq!(
        (
            &route_of(&second)["reason"],
            &route_of(&second)["agent"]["id"]
        ),
        (&json!("CONVERSATION"), &json!(sales))
    );
    let alone = ask(&app.home.member, json!({"message": "c"})).await;
    assert_eq!(
        (
            &route_of(&alone)["reason"],
            &route_of(&alone)["agent"]["id"]
        ),
        (&json!("FALLBACK"), &json!(app.home.agent))
    );
    // Naming another agent moves the conversation to it.
    let moved = ask(&app.home.member, json!({"message": "d", "conversationId": conversation_of(&first), "agentId": app.home.agent})).await;
    assert_eq!(route_of(&moved)["reason"], "REQUESTED");
    let stays = ask(
        &app.home.member,
        json!({"message": "e", "conversationId": conversation_of(&first)}),
    )
    .await;
    assert_eq!(
        (
            &route_of(&stays)["reason"],
            &route_of(&stays)["agent"]["id"]
        ),
        (&json!("CONVERSATION"), &json!(app.home.agent))
    );
}

#[tokio::test]
async fn a_suspended_agent_is_replaced_by_its_fallback() {
    let app = TestApp::start().await;
    let last = create_agent(&app.home.admin, "Last", None).await;
    let middle = create_agent(&app.home.admin, "Middle", Some(&last)).await;
    let first = create_agent(&app.home.admin, "First", Some(&middle)).await;
    suspend(&app.home.admin, &first).await;
    suspend(&app.home.admin, &middle).await;
    let events = ask(&app.home.member, json!({"message": "a", "agentId": first})).await;
    let route = route_of(&events);
    assert_eq!(
        (&route["reason"], &route["agent"]["id"]),
        (&json!("FALLBACK"), &json!(last))
    );
    let candidate =
        |agent: &str, available: bool| json!({"agent": {"id": agent}, "available": available});
    assert_eq!(
        route["candidates"],
        json!([
            candidate(&first, false),
            candidate(&middle, false),
            candidate(&last, true)
        ])
    );
    suspend(&app.home.admin, &last).await;
    let before = conversations(&app.home.reader).await;
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "b", "agentId": first}}))
        .await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    assert_eq!(conversations(&app.home.reader).await, before);
}

#[tokio::test]
async fn without_an_active_agent_a_message_is_refused() {
    let app = TestApp::start().await;
    suspend(&app.home.admin, &app.home.agent).await;
    let refused = app
        .home
        .member
        .ask(SEND, json!({"input": {"message": "a"}}))
        .await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    let refused = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "a"}}))
        .await
        .rest()
        .await;
    assert_eq!(
        refused.iter().map(Reply::code).collect::<Vec<_>>(),
        ["CONFLICT"]
    );
    assert_eq!(app.upstream.asked().len(), 0);
}
