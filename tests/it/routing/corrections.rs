//! Corrections of the router: noticed when people choose otherwise, and examples of skills once accepted.

use serde_json::{Value, json};

use super::{app, create, preview};
use crate::{
    chat::{ask, conversation_of},
    support::{Account, Client, Reply, TestApp, until},
};

/// No skill of the shipped agents fits it.
const ODD: &str = "My flumph wobbles in the rain";
/// It fits a skill of sales.
const QUOTE: &str = "Can I get a quote for eighty licences?";

const CORRECTIONS: &str = "query($filter: RouteCorrectionFilter) { routeCorrections(filter: $filter) { totalCount nodes {
    id cause status createdAt resolvedAt resolvedBy chosen { id } wanted { id } skill { id } run { id userMessage { text } } } } }";
const ACCEPT: &str =
    "mutation($input: AcceptRouteCorrectionInput!) { acceptRouteCorrection(input: $input) {
    routeCorrection { id status skill { id } wanted { id } resolvedBy resolvedAt } } }";
const DISMISS: &str = "mutation($id: ID!) { dismissRouteCorrection(input: {id: $id}) {
    routeCorrection { id status skill { id } } } }";

/// The account's corrections that match, newest first.
async fn corrections(client: &Client, filter: Value) -> Vec<Value> {
    let found = client.ok(CORRECTIONS, json!({"filter": filter})).await;
    let nodes = found["routeCorrections"]["nodes"].as_array().unwrap();
    assert_eq!(found["routeCorrections"]["totalCount"], nodes.len());
    nodes.clone()
}

async fn accept(client: &Client, input: Value) -> Reply {
    client.ask(ACCEPT, json!({"input": input})).await
}

/// A correction in the account: a message that the router gave to one agent, and a next one that asks for another.
pub(crate) async fn corrected(account: &Account) -> Value {
    let known = corrections(&account.admin, json!({})).await;
    if let Some(known) = known.first() {
        return known.clone();
    }
    let sales = create(&account.admin, "sales_agent", "startup").await;
    until_compared(&account.reader).await;
    asked_for_another(account, ODD, &sales).await;
    corrections(&account.admin, json!({})).await.remove(0)
}

/// Waits for the classifier: a message does not wait for it on a busy machine.
async fn until_compared(client: &Client) {
    until("messages are compared with skills", async || {
        !preview(client, QUOTE, None).await["threshold"].is_null()
    })
    .await;
}

/// Sends a message to the router, and a next one to the named agent.
async fn asked_for_another(account: &Account, message: &str, wanted: &str) {
    let first = ask(&account.member, json!({"message": message})).await;
    let conversation = conversation_of(&first);
    let next = json!({"message": "I meant you", "conversationId": conversation, "agentId": wanted});
    ask(&account.member, next).await;
}

async fn with_sales() -> (TestApp, String) {
    let app = app().await;
    let sales = create(&app.home.admin, "sales_agent", "startup").await;
    until_compared(&app.home.reader).await;
    (app, sales)
}

async fn rate(client: &Client, message: &Value, value: &str) {
    let rate =
        "mutation($input: RateMessageInput!) { rateMessage(input: $input) { message { id } } }";
    let input = json!({"messageId": message, "value": value});
    client.ok(rate, json!({"input": input})).await;
}

fn route_of(events: &[Value]) -> &Value {
    let mut events = events.iter();
    let selected = events.find(|event| event["__typename"] == "AgentSelected");
    &selected.unwrap()["route"]
}

fn answer_of(events: &[Value]) -> &Value {
    &events.last().unwrap()["message"]["id"]
}

#[tokio::test]
async fn a_request_for_another_agent_corrects_the_choice_before_and_accepted_it_is_an_example() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    let before = preview(&home.reader, ODD, None).await;
    assert_eq!(
        (&before["agent"]["id"], &before["reason"]),
        (&json!(home.agent), &json!("FALLBACK"))
    );
    asked_for_another(home, ODD, &sales).await;
    let found = corrections(
        &home.admin,
        json!({"status": ["PENDING"], "agentId": sales}),
    )
    .await;
    let [correction] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(correction["cause"], "ASKED");
    assert_eq!(correction["chosen"]["id"], home.agent);
    assert_eq!(correction["wanted"]["id"], sales);
    assert_eq!(correction["run"]["userMessage"]["text"], ODD);
    // without consent nothing changes
    let still = preview(&home.reader, ODD, None).await;
    assert_eq!(still["agent"]["id"], home.agent);
    let id = &correction["id"];
    let accepted = accept(&home.admin, json!({"id": id, "skill": "pricing_quotes"})).await;
    let accepted = &accepted.data()["acceptRouteCorrection"]["routeCorrection"];
    assert_eq!(accepted["status"], "ACCEPTED");
    assert_eq!(accepted["skill"]["id"], "pricing_quotes");
    assert!(
        accepted["resolvedBy"].as_str().unwrap().starts_with("key_"),
        "{accepted}"
    );
    let after = preview(&home.reader, ODD, None).await;
    assert_eq!(
        (
            &after["agent"]["id"],
            &after["skill"]["id"],
            &after["reason"]
        ),
        (&json!(sales), &json!("pricing_quotes"), &json!("INTENT")),
        "{after}"
    );
    // the next message of a person too
    let events = ask(&home.member, json!({"message": ODD})).await;
    assert_eq!(route_of(&events)["agent"]["id"], sales);
    // other accounts with the same agents are not concerned
    create(&app.stranger.admin, "sales_agent", "startup").await;
    let theirs = preview(&app.stranger.reader, ODD, None).await;
    assert_eq!(theirs["agent"]["id"], app.stranger.agent);
    // and it can be taken back
    let dismissed = home.admin.ok(DISMISS, json!({"id": id})).await;
    let dismissed = &dismissed["dismissRouteCorrection"]["routeCorrection"];
    assert_eq!(
        (&dismissed["status"], &dismissed["skill"]),
        (&json!("DISMISSED"), &Value::Null)
    );
    let back = preview(&home.reader, ODD, None).await;
    assert_eq!(back["agent"]["id"], home.agent);
    let log = "{ auditLog(first: 5) { nodes { action subject detail } } }";
    let log = home.admin.ok(log, json!({})).await["auditLog"]["nodes"].to_string();
    for action in ["acceptRouteCorrection", "dismissRouteCorrection"] {
        assert!(log.contains(action), "{log}");
    }
    assert!(!log.contains("flumph"), "{log}");
}

#[tokio::test]
async fn an_example_goes_with_its_conversation() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    let first = ask(&home.member, json!({"message": ODD})).await;
    let conversation = conversation_of(&first);
    let next = json!({"message": "You", "conversationId": conversation, "agentId": sales});
    ask(&home.member, next).await;
    let correction = corrections(&home.admin, json!({})).await.remove(0);
    let input = json!({"id": correction["id"], "skill": "pricing_quotes"});
    assert_eq!(accept(&home.admin, input.clone()).await.code(), "");
    assert_eq!(preview(&home.reader, ODD, None).await["agent"]["id"], sales);
    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    home.member.ok(delete, json!({"id": conversation})).await;
    assert!(corrections(&home.admin, json!({})).await.is_empty());
    let after = preview(&home.reader, ODD, None).await;
    assert_eq!(after["agent"]["id"], home.agent);
    assert_eq!(accept(&home.admin, input).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn a_bad_rating_is_a_sign_that_a_good_one_takes_back_and_that_needs_an_agent() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    let events = ask(&home.member, json!({"message": QUOTE})).await;
    assert_eq!(route_of(&events)["agent"]["id"], sales);
    let answer = answer_of(&events);
    rate(&home.member, answer, "DOWN").await;
    rate(&home.member, answer, "DOWN").await;
    let found = corrections(&home.admin, json!({"status": ["PENDING"]})).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["cause"], &found[0]["wanted"]),
        (&json!("RATED"), &Value::Null)
    );
    rate(&home.member, answer, "UP").await;
    assert!(corrections(&home.admin, json!({})).await.is_empty());
    rate(&home.member, answer, "DOWN").await;
    let id = corrections(&home.admin, json!({})).await[0]["id"].clone();
    let refused = accept(&home.admin, json!({"id": id})).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert!(
        refused.message().starts_with("input.agentId"),
        "{refused:?}"
    );
    let refused = accept(&home.admin, json!({"id": id, "agentId": sales})).await;
    assert!(refused.message().contains("same template"), "{refused:?}");
    let refused = accept(
        &home.admin,
        json!({"id": id, "agentId": home.agent, "skill": "juggling"}),
    )
    .await;
    assert!(
        refused
            .message()
            .contains("\"juggling\" is no skill of the agent, expected one of: "),
        "{refused:?}"
    );
    // without a skill the nearest one is taken
    let accepted = accept(&home.admin, json!({"id": id, "agentId": home.agent})).await;
    let accepted = &accepted.data()["acceptRouteCorrection"]["routeCorrection"];
    assert!(accepted["skill"]["id"].is_string(), "{accepted}");
    let route = preview(&home.reader, QUOTE, None).await;
    assert_eq!(route["agent"]["id"], home.agent, "{route}");
    // a decision stays whatever the person does afterwards
    rate(&home.member, answer, "UP").await;
    let decided = corrections(&home.admin, json!({"status": ["ACCEPTED"]})).await;
    assert_eq!(decided.len(), 1);
}

#[tokio::test]
async fn a_handoff_by_a_person_corrects_the_choice_and_completes_the_sign_of_a_rating() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    let events = ask(&home.member, json!({"message": ODD})).await;
    rate(&home.member, answer_of(&events), "DOWN").await;
    let hand_off = "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";
    let input =
        json!({"conversationId": conversation_of(&events), "toAgentId": sales, "reason": "Prices"});
    home.member.ok(hand_off, json!({"input": input})).await;
    let found = corrections(&home.admin, json!({})).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["cause"], &found[0]["wanted"]["id"]),
        (&json!("HANDED_OFF"), &json!(sales))
    );
}

#[tokio::test]
async fn choices_of_people_and_private_messages_are_not_corrected() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    // the person chose the agent
    let asked = json!({"message": ODD, "agentId": home.agent});
    let events = ask(&home.member, asked).await;
    rate(&home.member, answer_of(&events), "DOWN").await;
    let next =
        json!({"message": "You", "conversationId": conversation_of(&events), "agentId": sales});
    ask(&home.member, next).await;
    // the message is private
    let events = ask(&home.member, json!({"message": ODD, "private": true})).await;
    rate(&home.member, answer_of(&events), "DOWN").await;
    // another agent of the same template
    let twin = create(&home.admin, "support_agent", "standard").await;
    let events = ask(&home.member, json!({"message": ODD})).await;
    let next =
        json!({"message": "You", "conversationId": conversation_of(&events), "agentId": twin});
    ask(&home.member, next).await;
    assert_eq!(
        corrections(&home.admin, json!({})).await,
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn the_corrections_of_an_account_are_its_administrators_only() {
    let (app, sales) = with_sales().await;
    let home = &app.home;
    asked_for_another(home, ODD, &sales).await;
    let id = corrections(&home.admin, json!({})).await[0]["id"].clone();
    assert!(corrections(&app.stranger.admin, json!({})).await.is_empty());
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    let own = home.admin.ok(node, json!({"id": id})).await;
    assert_eq!(own["node"]["__typename"], "RouteCorrection");
    let theirs = app.stranger.admin.ok(node, json!({"id": id})).await;
    assert!(theirs["node"].is_null());
    let refused = home.member.ask(CORRECTIONS, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let theirs = accept(&app.stranger.admin, json!({"id": id})).await;
    assert_eq!(theirs.code(), "NOT_FOUND");
    // an agent of another account cannot be named
    let input = json!({"id": id, "agentId": app.stranger.agent});
    assert_eq!(accept(&home.admin, input).await.code(), "NOT_FOUND");
}
