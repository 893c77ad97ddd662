//! Handoffs by a person, with the mutation or with a message that names another agent.

use serde_json::{Value, json};

use super::{HAND_OFF, Office, conversation_of, messages, pair, story, system};
use crate::{
    chat::{kinds, read_to, text},
    support::{Script, until},
};

#[tokio::test]
async fn a_person_hands_a_conversation_over_from_the_next_message_on() {
    let office = Office::open().await;
    let member = &office.app.home.member;
    office.model_says("Ten.");
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.sales}))
        .await;
    let id = conversation_of(&first);
    let input =
        json!({"conversationId": id, "toAgentId": office.support, "reason": "they ask for help"});
    let made = member.ok(HAND_OFF, json!({"input": input})).await;
    let handoff = &made["handOff"]["handoff"];
    assert_eq!(
        (&handoff["outcome"], &handoff["policy"]),
        (&json!("OPEN"), &json!("FULL"))
    );
    assert_eq!(office.conversation(&id).await["agent"]["slug"], "support");
    office.model_says("Here is help.");
    let second = office
        .chat(json!({"message": "Help.", "conversationId": id}))
        .await;
    assert_eq!(
        kinds(&second),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "HandedOff",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    assert_eq!(second[3]["handoff"]["id"], handoff["id"]);
    let request = office.last_request();
    assert_eq!(
        messages(&request),
        [
            pair("user", "How much?"),
            pair("assistant", "Ten."),
            pair("user", "Help."),
        ]
    );
    assert!(system(&request).contains("they ask for help"));
    // the run after that does not report it again
    let third = office
        .chat(json!({"message": "More.", "conversationId": id}))
        .await;
    assert!(!kinds(&third).contains(&"HandedOff"));
    assert_eq!(
        story(&office.conversation(&id).await),
        ["sales → support: USER FULL RESOLVED"]
    );
}

#[tokio::test]
async fn a_message_to_another_agent_is_a_handoff() {
    let office = Office::open().await;
    office.model_says("Ten.");
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.support}))
        .await;
    let id = conversation_of(&first);
    office.model_says("Sold.");
    let second = office
        .chat(json!({"message": "Sell it.", "conversationId": id, "agentId": office.sales}))
        .await;
    assert_eq!(second[2]["route"]["reason"], "REQUESTED");
    assert_eq!(second[3]["__typename"], "HandedOff");
    assert_eq!(second[3]["handoff"]["initiator"], "USER");
    // the support agent's policy is SUMMARY, and no run pays for a model's
    let request = office.last_request();
    assert_eq!(messages(&request), [pair("user", "Sell it.")]);
    assert!(
        system(&request).contains("Person: How much?\nAgent: Ten."),
        "{}",
        system(&request)
    );
    // back to the first agent, which sees its own words and those of sales
    office.model_says("Again.");
    office
        .chat(json!({"message": "Back.", "conversationId": id, "agentId": office.support}))
        .await;
    assert_eq!(
        messages(&office.last_request()),
        [
            pair("user", "How much?"),
            pair("assistant", "Ten."),
            pair("user", "Sell it."),
            pair("assistant", "Sold."),
            pair("user", "Back."),
        ]
    );
    assert_eq!(
        story(&office.conversation(&id).await),
        [
            "support → sales: USER SUMMARY RETURNED",
            "sales → support: USER FULL RESOLVED",
        ]
    );
}

#[tokio::test]
async fn a_fallback_for_a_suspended_agent_is_a_handoff_by_the_router() {
    let office = Office::open().await;
    let admin = &office.app.home.admin;
    let change =
        "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id } } }";
    let input = json!({"id": office.sales, "fallbackAgentId": office.support});
    admin.ok(change, json!({"input": input})).await;
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.sales}))
        .await;
    let id = conversation_of(&first);
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }";
    admin.ok(suspend, json!({"id": office.sales})).await;
    let second = office
        .chat(json!({"message": "And now?", "conversationId": id}))
        .await;
    assert_eq!(second[3]["handoff"]["initiator"], "ROUTER");
    assert_eq!(
        story(&office.conversation(&id).await),
        ["sales → support: ROUTER FULL RESOLVED"]
    );
}

#[tokio::test]
async fn a_handoff_during_a_run_takes_effect_with_the_next_message() {
    let office = Office::open().await;
    let member = &office.app.home.member;
    let script = Script::default()
        .text("Slow")
        .gate()
        .text(" answer.")
        .done();
    office.app.upstream.will(script);
    let input = json!({"message": "How much?", "agentId": office.sales});
    let mut stream = member.subscribe(super::CHAT, json!({"input": input})).await;
    let mut events = read_to("TokenDelta", "chat", &mut stream).await;
    let id = conversation_of(&events);
    let input = json!({"conversationId": id, "toAgentId": office.support, "reason": "faster", "policy": "ISOLATED"});
    member.ok(HAND_OFF, json!({"input": input})).await;
    office.app.upstream.release(1);
    let rest = stream.rest().await;
    events.extend(crate::chat::events("chat", &rest));
    assert_eq!(text(&events), "Slow answer.");
    assert_eq!(events.last().unwrap()["message"]["agent"]["slug"], "sales");
    let second = office
        .chat(json!({"message": "Well?", "conversationId": id}))
        .await;
    assert_eq!(
        second.last().unwrap()["message"]["agent"]["slug"],
        "support"
    );
    assert_eq!(messages(&office.last_request()), [pair("user", "Well?")]);
}

#[tokio::test]
async fn a_handoff_to_an_agent_that_cannot_answer_is_refused() {
    let office = Office::open().await;
    let (home, stranger) = (&office.app.home, &office.app.stranger);
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.sales}))
        .await;
    let id = conversation_of(&first);
    let hand_off = async |to: &str, reason: &str| {
        let input = json!({"conversationId": id, "toAgentId": to, "reason": reason});
        home.member.ask(HAND_OFF, json!({"input": input})).await
    };
    assert_eq!(hand_off(&stranger.agent, "x").await.code(), "NOT_FOUND");
    assert_eq!(hand_off(&office.sales, "x").await.code(), "CONFLICT");
    assert_eq!(
        hand_off(&office.support, "").await.problem_paths(),
        ["input.reason"]
    );
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }";
    home.admin.ok(suspend, json!({"id": office.support})).await;
    let refused = hand_off(&office.support, "x").await;
    assert_eq!(refused.code(), "CONFLICT");
    assert!(refused.message().contains("is not active"));
    assert_eq!(
        office.conversation(&id).await["handoffs"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn a_private_question_is_not_handed_over() {
    let office = Office::open().await;
    office.model_says("I keep it.");
    let events = office
        .chat(json!({"message": "My code is 4711.", "agentId": office.sales, "private": true}))
        .await;
    let offered = office.last_request()["tools"].to_string();
    assert!(!offered.contains("hand_off"), "{offered}");
    assert_eq!(events.last().unwrap()["message"]["private"], true);
    let id = conversation_of(&events);
    // the tool is not there, whatever the model asks for
    office.model_hands_off("support", "4711");
    office.model_says("Myself.");
    let events = office
        .chat(json!({"message": "Again, 4711.", "conversationId": id, "private": true}))
        .await;
    assert_eq!(text(&events), "Myself.");
    until("the run has ended", async || {
        office.conversation(&id).await["handoffs"] == json!([])
    })
    .await;
}

#[tokio::test]
async fn a_private_message_waits_for_its_own_agent() {
    let office = Office::open().await;
    let first = office
        .chat(json!({"message": "Hello", "agentId": office.sales}))
        .await;
    let conversation = conversation_of(&first);
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }";
    let admin = &office.app.home.admin;
    admin.ok(suspend, json!({"id": office.sales})).await;
    let send = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }";
    let input = json!({"message": "A secret", "conversationId": conversation, "private": true});
    let refused = office
        .app
        .home
        .member
        .ask(send, json!({"input": input}))
        .await;
    assert_eq!(refused.code(), "CONFLICT");
    assert!(
        refused.message().contains("input.agentId"),
        "{}",
        refused.message()
    );
    assert_eq!(office.app.upstream.asked().len(), 1);
    // an open one goes to another agent
    let open = office
        .chat(json!({"message": "Hello", "conversationId": conversation}))
        .await;
    assert_eq!(open.last().unwrap()["message"]["agent"]["slug"], "support");
}
