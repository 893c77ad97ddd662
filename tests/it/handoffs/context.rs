//! The context of each agent of a conversation: apart, carried where both know a field, back on return.

use serde_json::json;

use super::{HAND_OFF, Office, conversation_of, items, messages, pair, system};
use crate::{
    chat::{ended, send},
    support::Script,
};

#[tokio::test]
async fn each_agent_has_a_context_of_its_own_and_shared_fields_are_carried() {
    let office = Office::open().await;
    let context = json!({"leadId": "L-1", "customerName": "Ann", "page": "/pricing"});
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.sales, "context": context}))
        .await;
    let id = conversation_of(&first);
    office.model_hands_off("support", "an error");
    office.model_says("Restart it.");
    office
        .chat(json!({"message": "An error.", "conversationId": id}))
        .await;
    let conversation = office.conversation(&id).await;
    assert_eq!(conversation["context"], json!({"customerName": "Ann"}));
    let handoff = &conversation["handoffs"][0];
    assert_eq!(
        items(&handoff["carried"], "CONTEXT_FIELD"),
        [("customerName", "the receiver's context has this field")]
    );
    assert_eq!(
        items(&handoff["dropped"], "CONTEXT_FIELD"),
        [
            ("leadId", "the receiver's context has no such field"),
            ("page", "the receiver's context has no such field")
        ]
    );
    // support works with its own fields
    let context = json!({"caseId": "C-9", "customerName": "Ann Smith"});
    office
        .chat(json!({"message": "The case.", "conversationId": id, "context": context}))
        .await;
    // on the way back, the context of sales is there again, with the newer name
    let member = &office.app.home.member;
    let input = json!({"conversationId": id, "toAgentId": office.sales, "reason": "a purchase"});
    member.ok(HAND_OFF, json!({"input": input})).await;
    assert_eq!(
        office.conversation(&id).await["context"],
        json!({"leadId": "L-1", "customerName": "Ann Smith", "page": "/pricing"})
    );
    office
        .chat(json!({"message": "I buy it.", "conversationId": id}))
        .await;
    assert!(system(&office.last_request()).contains("Ann Smith"));
    // and that of support, when it answers again
    let input = json!({"conversationId": id, "toAgentId": office.support, "reason": "the case", "policy": "ISOLATED"});
    member.ok(HAND_OFF, json!({"input": input})).await;
    assert_eq!(
        office.conversation(&id).await["context"],
        json!({"caseId": "C-9", "customerName": "Ann Smith"})
    );
}

#[tokio::test]
async fn a_message_that_brings_a_context_replaces_the_carried_one() {
    let office = Office::open().await;
    let first = office
        .chat(json!({"message": "How much?", "agentId": office.sales, "context": {"customerName": "Ann"}}))
        .await;
    let id = conversation_of(&first);
    office
        .chat(
            json!({"message": "An error.", "conversationId": id, "agentId": office.support,
            "context": {"caseId": "C-1"}}),
        )
        .await;
    let conversation = office.conversation(&id).await;
    assert_eq!(conversation["context"], json!({"caseId": "C-1"}));
    assert_eq!(
        items(&conversation["handoffs"][0]["dropped"], "CONTEXT_FIELD"),
        [("customerName", "the message brings its own context")]
    );
}

#[tokio::test]
async fn a_queued_message_is_answered_with_the_context_of_its_own_agent() {
    let office = Office::open().await;
    let upstream = &office.app.upstream;
    upstream.will(Script::default().gate().text("First.").done());
    office.model_says("Second.");
    let member = &office.app.home.member;
    let context = json!({"customerName": "Ann", "companyName": "Initech"});
    let input = json!({"message": "One.", "agentId": office.sales, "context": context});
    let (_, id) = send(member, input).await;
    let (run, _) = send(member, json!({"message": "Two.", "conversationId": id})).await;
    let input = json!({"conversationId": id, "toAgentId": office.support, "reason": "a problem"});
    member.ok(HAND_OFF, json!({"input": input})).await;
    upstream.release(1);
    ended(member, &run).await;
    let request = office.last_request();
    assert!(system(&request).contains("Initech"), "{request:#}");
    assert_eq!(
        messages(&request),
        [
            pair("user", "One."),
            pair("assistant", "First."),
            pair("user", "Two.")
        ]
    );
    assert_eq!(
        office.conversation(&id).await["context"],
        json!({"customerName": "Ann"})
    );
}
