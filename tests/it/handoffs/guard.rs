//! Handoffs that are refused: cycles, too many, unknown and unavailable agents.

use serde_json::{Value, json};

use super::{Office, conversation_of, story};
use crate::{
    chat::{kinds, text},
    support::{Script, until},
};

fn handed(events: &[Value]) -> Vec<(&str, &str)> {
    let handed = events
        .iter()
        .filter(|event| event["__typename"] == "HandedOff");
    handed
        .map(|event| {
            let handoff = &event["handoff"];
            (
                handoff["to"]["slug"].as_str().unwrap(),
                handoff["outcome"].as_str().unwrap(),
            )
        })
        .collect()
}

fn offers_hand_off(request: &Value) -> bool {
    request["tools"].to_string().contains("hand_off")
}

#[tokio::test]
async fn a_cycle_stops_and_the_agent_at_hand_answers() {
    let office = Office::open().await;
    office.model_hands_off("support", "a problem");
    office.model_hands_off("sales", "a purchase");
    office.model_says("A summary.");
    office.model_hands_off("support", "a problem after all");
    office.model_says("I answer myself.");
    let events = office
        .chat(json!({"message": "Hm?", "agentId": office.sales}))
        .await;
    assert_eq!(text(&events), "I answer myself.");
    assert_eq!(events.last().unwrap()["message"]["agent"]["slug"], "sales");
    let outcomes: Vec<_> = handed(&events);
    assert_eq!(outcomes.len(), 3);
    assert_eq!(outcomes[2], ("support", "REJECTED"));
    // two changes of the agent, and none for the refused one
    let kinds = kinds(&events);
    let selected = kinds.iter().filter(|kind| **kind == "AgentSelected");
    assert_eq!(selected.count(), 3);
    let asked = office.app.upstream.asked();
    assert!(offers_hand_off(&asked[3]));
    assert!(!offers_hand_off(&asked[4]), "it must answer now");
    let conversation = office.conversation(&conversation_of(&events)).await;
    assert_eq!(
        story(&conversation),
        [
            "sales → support: AGENT FULL RETURNED",
            "support → sales: AGENT SUMMARY RESOLVED",
            "sales → support: AGENT FULL REJECTED",
        ]
    );
    let reason = conversation["handoffs"][2]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("refused: this question was handed over"),
        "{reason}"
    );
}

#[tokio::test]
async fn the_number_of_handoffs_of_a_run_is_limited() {
    let office = Office::with(&[("TROUPE_RUNS_HANDOFFS", "0")]).await;
    office.model_hands_off("support", "a problem");
    office.model_says("Myself.");
    let events = office
        .chat(json!({"message": "Hm?", "agentId": office.sales}))
        .await;
    assert_eq!(handed(&events), [("support", "REJECTED")]);
    assert_eq!(text(&events), "Myself.");
}

#[tokio::test]
async fn an_agent_that_is_unknown_or_not_allowed_is_refused_and_the_first_one_goes_on() {
    let office = Office::open().await;
    for (to, told) in [
        ("nowhere", "arguments.to: no other agent has the slug"),
        ("sales", "arguments.to: no other agent has the slug"),
    ] {
        office.model_hands_off(to, "why not");
        office.model_says("Myself.");
        let events = office
            .chat(json!({"message": "Hm?", "agentId": office.sales}))
            .await;
        assert_eq!(text(&events), "Myself.");
        assert!(handed(&events).is_empty());
        let request = office.last_request();
        let last = request["messages"].as_array().unwrap().last().unwrap();
        let answer = last["content"].as_str().unwrap();
        assert!(answer.contains(told), "{answer}");
    }
    // beside another call
    office.app.upstream.will(Script::calls(&[
        ("hand_off", json!({"to": "support", "reason": "why not"})),
        ("crm__find_leads", json!({})),
    ]));
    office.model_says("Myself.");
    let events = office
        .chat(json!({"message": "Hm?", "agentId": office.sales}))
        .await;
    assert!(handed(&events).is_empty());
    let denied = events.iter().any(|event| {
        event["toolCall"]["tool"] == "hand_off" && event["toolCall"]["status"] == "DENIED"
    });
    assert!(denied, "{events:#?}");
}

#[tokio::test]
async fn an_agent_that_was_suspended_meanwhile_is_refused() {
    let office = Office::open().await;
    let call = json!({"to": "support", "reason": "a problem"});
    office.app.upstream.will(
        Script::default()
            .text("Wait.")
            .gate()
            .then_calls(&[("hand_off", call)]),
    );
    office.model_says("Myself.");
    let chat = office.chat(json!({"message": "Hm?", "agentId": office.sales}));
    let suspend = async {
        until("the model was asked", async || {
            !office.app.upstream.asked().is_empty()
        })
        .await;
        let query = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }";
        let admin = &office.app.home.admin;
        admin.ok(query, json!({"id": office.support})).await;
        office.app.upstream.release(1);
    };
    let (events, ()) = futures::join!(chat, suspend);
    assert_eq!(text(&events), "Wait.\n\nMyself.");
    assert_eq!(handed(&events), [("support", "REJECTED")]);
    let conversation = office.conversation(&conversation_of(&events)).await;
    assert_eq!(
        conversation["handoffs"][0]["reason"],
        "refused: the agent \"support\" is not active"
    );
}
