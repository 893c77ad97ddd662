//! The state of a workflow in the context: shown, never written by clients, carried where it should be.

use serde_json::json;

use super::{Desk, context};
use crate::{chat::conversation_of, support::Script, tools::follow};

#[tokio::test]
async fn clients_cannot_write_the_state_and_do_not_lose_it() {
    let desk = Desk::open("sales_agent", "startup", json!({}), &[]).await;
    desk.hears(json!({"company": "Acme"}));
    let (_, conversation) = desk.chat("We are Acme.", None).await;
    let forged = json!({"message": "x", "agentId": desk.agent, "conversationId": conversation, "context": {"lead": {"score": 100}}});
    let refused = desk
        .app
        .home
        .member
        .ask(
            "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }",
            json!({"input": forged}),
        )
        .await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(refused.problem_paths(), ["input.context.lead"]);
    // a context of the client's own leaves the state as it is
    let own = json!({"message": "And now?", "agentId": desk.agent, "conversationId": conversation, "context": {"page": "/pricing"}});
    follow(&desk.app.home.member, own).await;
    let shown = desk.context(&conversation).await;
    assert_eq!(
        (&shown["page"], &shown["lead"]["company"]),
        (&json!("/pricing"), &json!("Acme"))
    );
}

#[tokio::test]
async fn facts_go_with_a_handoff_and_each_agent_keeps_its_own_state() {
    let desk = Desk::open(
        "sales_agent",
        "enterprise",
        json!({"handoff": {"policy": "SUMMARY"}}),
        &[],
    )
    .await;
    desk.hears(json!({"company": "Acme", "email": "ada@acme.example"}));
    desk.app.upstream.will(Script::calls(&[(
        "hand_off",
        json!({"to": "support", "reason": "a defect"}),
    )]));
    desk.app
        .upstream
        .will(Script::says(&["We talked about a defect."]));
    let (_, conversation) = desk
        .chat("We are Acme, ada@acme.example, and it is broken.", None)
        .await;
    let told = desk.instructions();
    assert!(told.contains("the person's company:\nAcme"), "{told}");
    let handoffs = desk
        .app
        .home
        .reader
        .ok(
            "query($id: ID!) { conversation(id: $id) { agent { slug } handoffs { carried { kind label } } } }",
            json!({"id": conversation}),
        )
        .await;
    let carried = handoffs["conversation"]["handoffs"][0]["carried"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        carried.contains(&json!({"kind": "FACT", "label": "the person's company"})),
        "{carried:?}"
    );
    assert_eq!(handoffs["conversation"]["agent"]["slug"], "support");
    // the state of support, not of sales
    let shown = desk.context(&conversation).await;
    assert_eq!(shown["lead"], json!(null));
    assert_eq!(shown["case"], json!(null));
    // back at sales, its state is there again
    desk.hears(json!({}));
    desk.chat("And the price?", Some(&conversation)).await;
    assert_eq!(desk.context(&conversation).await["lead"]["company"], "Acme");
}

#[tokio::test]
async fn facts_from_a_private_message_stay() {
    let desk = Desk::open("sales_agent", "enterprise", json!({}), &[]).await;
    desk.hears(json!({"company": "Secretcorp"}));
    let private = json!({"message": "We are Secretcorp.", "agentId": desk.agent, "private": true});
    let events = follow(&desk.app.home.member, private).await;
    let conversation = conversation_of(&events);
    desk.hears(json!({}));
    desk.app.upstream.will(Script::calls(&[(
        "hand_off",
        json!({"to": "support", "reason": "x"}),
    )]));
    desk.chat("Please help.", Some(&conversation)).await;
    assert!(
        !desk.instructions().contains("Secretcorp"),
        "{}",
        desk.instructions()
    );
    let shown = context(&desk.app, &conversation).await;
    assert_eq!(shown["lead"], json!(null));

    // a person hands over between two runs: the stored state is private as well
    desk.hears(json!({"company": "Secretcorp"}));
    let private = json!({"message": "We are Secretcorp.", "agentId": desk.agent, "private": true});
    let conversation = conversation_of(&follow(&desk.app.home.member, private).await);
    let member = &desk.app.home.member;
    let support = "{ agent(by: {slug: \"support\"}) { id } }";
    let support = member.ok(support, json!({})).await["agent"]["id"].clone();
    let input = json!({"conversationId": conversation, "reason": "other hours", "policy": "FULL",
        "toAgentId": support});
    let hand_off = "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";
    member.ok(hand_off, json!({"input": input})).await;
    let now = json!({"message": "And now?", "conversationId": conversation});
    follow(member, now).await;
    assert!(desk.instructions().contains("handed over"));
    assert!(
        !desk.instructions().contains("Secretcorp"),
        "{}",
        desk.instructions()
    );
}

#[tokio::test]
async fn another_account_sees_nothing_of_a_state() {
    let desk = Desk::open("sales_agent", "startup", json!({}), &[]).await;
    desk.hears(json!({"company": "Acme"}));
    let (_, conversation) = desk.chat("We are Acme.", None).await;
    let foreign = desk
        .app
        .stranger
        .owner
        .ok(
            "query($id: ID!) { conversation(id: $id) { context } }",
            json!({"id": conversation}),
        )
        .await;
    assert_eq!(foreign["conversation"], json!(null));
}

#[tokio::test]
async fn an_agent_that_keeps_no_lead_reads_no_message_beforehand() {
    let desk = Desk::open("sales_agent", "startup", json!({"keepLead": false}), &[]).await;
    let (_, conversation) = desk.chat("We are Acme.", None).await;
    assert_eq!(desk.app.upstream.extracted().len(), 0);
    assert_eq!(desk.context(&conversation).await, json!({}));
}
