//! Support: the case, its ticket, its priority, and the person who takes over.

use serde_json::{Value, json};

use super::{Desk, answer};
use crate::{
    support::Script,
    tools::{calls_of, run_of, updates},
};

const TICKETS: (&str, &[&str]) = (
    "tickets",
    &[
        "create_ticket",
        "update_ticket",
        "change_ticket_state",
        "add_comment",
        "get_ticket",
    ],
);

/// The ticket as a model reads it.
async fn ticket(desk: &Desk, number: i64) -> Value {
    desk.hears(json!({}));
    desk.app.upstream.will(Script::calls(&[(
        "tickets__get_ticket",
        json!({"ticket": number.to_string()}),
    )]));
    let (events, _) = desk.chat("Show it.", None).await;
    let calls = calls_of(&desk.app.home.reader, &run_of(&events)).await;
    calls[0]["result"].clone()
}

fn tools(events: &[Value]) -> Vec<String> {
    let ended = updates(events)
        .into_iter()
        .filter(|(_, status)| status == "SUCCEEDED");
    ended.map(|(tool, _)| tool).collect()
}

#[tokio::test]
async fn a_ticket_lives_from_the_report_to_the_solution() {
    let settings = json!({"escalation": {"contact": "the service team", "afterAttempts": 2}});
    let desk = Desk::open("support_agent", "premium", settings, &[TICKETS]).await;
    desk.hears(json!({"problem": "the checkout fails", "impact": "SEVERAL_PEOPLE", "email": "bo@acme.example"}));
    let (first, conversation) = desk
        .chat("The checkout fails for all of us! bo@acme.example", None)
        .await;
    assert_eq!(tools(&first), ["create_ticket"]);
    let shown = desk.context(&conversation).await;
    let number = shown["case"]["ticket"].as_i64().unwrap();
    assert_eq!(shown["caseId"], number.to_string());
    assert_eq!(shown["case"]["priority"], "HIGH");
    assert!(
        desk.instructions()
            .contains(&format!("ticket {number}, priority HIGH"))
    );

    desk.hears(json!({"problem": "all shops are down", "impact": "OUTAGE"}));
    let (worse, _) = desk
        .chat("Now all shops are down.", Some(&conversation))
        .await;
    assert_eq!(tools(&worse), ["add_comment", "update_ticket"]);
    desk.hears(json!({"didNotHelp": true}));
    let (failed, _) = desk.chat("That did not help.", Some(&conversation)).await;
    assert_eq!(tools(&failed), ["add_comment"]);
    let (stuck, _) = desk.chat("That neither.", Some(&conversation)).await;
    assert_eq!(tools(&stuck), ["add_comment", "update_ticket"]);
    assert!(
        desk.instructions()
            .contains("Say that the service team takes over the case")
    );
    desk.hears(json!({"solved": true}));
    let (solved, _) = desk
        .chat("It works again, thank you!", Some(&conversation))
        .await;
    assert_eq!(tools(&solved), ["change_ticket_state"]);
    assert_eq!(desk.context(&conversation).await["case"]["solved"], true);

    let row = ticket(&desk, number).await;
    assert_eq!(row["ticket"]["priority"], "URGENT");
    assert_eq!(row["ticket"]["assignee"], "the service team");
    assert_eq!(row["ticket"]["tags"], json!(["chat", "escalated"]));
    assert_eq!(row["ticket"]["state"], "RESOLVED");
    assert_eq!(row["ticket"]["requesterEmail"], "bo@acme.example");
    assert_eq!(row["comments"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_person_takes_over_when_asked() {
    let desk = Desk::open("support_agent", "premium", json!({}), &[TICKETS]).await;
    desk.hears(json!({"asksForPerson": true}));
    let (events, conversation) = desk.chat("Let me speak to a human being.", None).await;
    assert_eq!(tools(&events), ["create_ticket", "update_ticket"]);
    assert_eq!(desk.context(&conversation).await["case"]["escalated"], true);
    assert!(
        desk.instructions()
            .contains("Say that a colleague takes over")
    );
}

#[tokio::test]
async fn in_a_tier_that_cannot_change_tickets_the_person_who_takes_over_reads_a_comment() {
    let desk = Desk::open("support_agent", "standard", json!({}), &[]).await;
    desk.hears(json!({"asksForPerson": true}));
    let (events, _) = desk.chat("Let me speak to a human being.", None).await;
    assert_eq!(tools(&events), ["create_ticket", "add_comment"]);
    let calls = calls_of(&desk.app.home.reader, &run_of(&events)).await;
    assert_eq!(calls[1]["arguments"]["internal"], true);
}

#[tokio::test]
async fn without_ticket_tools_a_person_is_offered() {
    let desk = Desk::open("support_agent", "standard", json!({}), &[]).await;
    desk.hears(json!({"problem": "it hurts", "impact": "OUTAGE"}));
    let (events, conversation) = desk.chat_without_tools("Nothing works.").await;
    assert_eq!(answer(&events), "Hello from the scripted model.");
    let case = desk.context(&conversation).await["case"].clone();
    assert_eq!(
        (&case["ticket"], &case["priority"]),
        (&Value::Null, &json!("URGENT"))
    );
    assert!(desk.instructions().contains("offer to pass the case on"));
}

#[tokio::test]
async fn a_ticket_that_the_model_opens_is_the_case() {
    let desk = Desk::open("support_agent", "premium", json!({}), &[TICKETS]).await;
    let new = json!({"subject": "Export", "description": "The export fails."});
    desk.app
        .upstream
        .will(Script::calls(&[("tickets__create_ticket", new)]));
    let (_, conversation) = desk.chat("The export fails.", None).await;
    let shown = desk.context(&conversation).await;
    assert_eq!(
        shown["caseId"],
        shown["case"]["ticket"].as_i64().unwrap().to_string()
    );
}

#[tokio::test]
async fn tools_that_need_approval_are_left_to_the_model() {
    let desk = Desk::open("support_agent", "standard", json!({}), &[]).await;
    let server = crate::mcp::agents::built_in(&desk.app, "tickets").await;
    crate::tools::grant(
        &desk.app.home.admin,
        &desk.agent,
        &server,
        &["create_ticket"],
        "APPROVE",
    )
    .await;
    desk.hears(json!({"asksForTicket": true}));
    let (events, _) = desk.chat("Open a ticket.", None).await;
    assert_eq!(updates(&events), []);
    assert_eq!(answer(&events), "Hello from the scripted model.");
}
