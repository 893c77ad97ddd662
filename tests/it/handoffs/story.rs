//! Conversations that pass between agents: what each agent sees, and what the handoffs report.

use serde_json::{Value, json};

use super::{HANDOFFS, Office, conversation_of, items, messages, pair, story, system};
use crate::{
    agent::create,
    chat::{kinds, text},
    support::Script,
    usage::report,
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_conversation_goes_from_sales_to_support_and_back() {
    let office = Office::open().await;
    office.model_says("The plan costs 10 dollars.");
    let first = office
        .chat(json!({"message": "What does it cost?", "agentId": office.sales}))
        .await;
    let id = conversation_of(&first);

    office
        .app
        .upstream
        .will(Script::default().text("One moment.").then_calls(&[(
            "hand_off",
            json!({"to": "support", "reason": "an error message"}),
        )]));
    office.model_says("Restart it.");
    let second = office
        .chat(json!({"message": "It shows error 7.", "conversationId": id}))
        .await;
    assert_eq!(
        kinds(&second),
        [
            "MessageAdded",
            "RunStarted",
            "AgentSelected",
            "TokenDelta",
            "ToolCallUpdated",
            "HandedOff",
            "AgentSelected",
            "TokenDelta",
            "RunSucceeded"
        ]
    );
    let whole = "One moment.\n\nRestart it.";
    assert_eq!(text(&second), whole);
    let last = second.last().unwrap();
    assert_eq!(last["message"]["text"], whole);
    assert_eq!(last["message"]["agent"]["slug"], "support");
    let handed = second
        .iter()
        .position(|event| event["__typename"] == "HandedOff")
        .unwrap();
    assert_eq!(second[handed]["handoff"]["reason"], "an error message");
    assert_eq!(
        second[handed + 1]["route"],
        json!({"reason": "HANDOFF", "agent": {"slug": "support"}})
    );
    // sales hands over everything: support sees the earlier exchange, but not what sales wrote before the handoff
    let request = office.last_request();
    assert_eq!(
        messages(&request),
        [
            pair("user", "What does it cost?"),
            pair("assistant", "The plan costs 10 dollars."),
            pair("user", "It shows error 7."),
        ]
    );
    assert!(system(&request).contains("handed over to you by Sales"));
    assert!(system(&request).contains("Reason: an error message"));

    // support hands over a summary, which a model makes
    office.model_hands_off("sales", "a purchase");
    office.model_says("They want the plan; error 7 is solved.");
    office.model_says("Here is your order.");
    let third = office
        .chat(json!({"message": "Now I buy it.", "conversationId": id}))
        .await;
    assert_eq!(text(&third), "Here is your order.");
    let asked = office.app.upstream.asked();
    let summary = &asked[asked.len() - 2];
    assert!(system(summary).starts_with("Summarize this conversation"));
    let request = office.last_request();
    // sales sees its own words again, and those of support only in the summary
    assert_eq!(
        messages(&request),
        [
            pair("user", "What does it cost?"),
            pair("assistant", "The plan costs 10 dollars."),
            pair("user", "It shows error 7."),
            pair("assistant", "One moment."),
            pair("user", "Now I buy it."),
        ]
    );
    assert!(system(&request).contains("error 7 is solved"));
    // the summary's tokens are counted
    let usage = "query($id: ID!) { run(id: $id) { agent { slug } usage { inputTokens } } }";
    let usage = office
        .app
        .home
        .reader
        .ok(usage, json!({"id": third[0]["runId"]}))
        .await;
    assert_eq!(
        usage["run"],
        json!({"agent": {"slug": "sales"}, "usage": {"inputTokens": 33}})
    );
    assert_eq!(
        usage_by_agent(&office).await,
        [
            // its answers to two messages and its own first words of another one
            ("sales".to_owned(), 3, 33),
            // its answer, its handoff and the summary that was made for it
            ("support".to_owned(), 2, 33),
        ]
    );

    let conversation = office.conversation(&id).await;
    assert_eq!(
        story(&conversation),
        [
            "sales → support: AGENT FULL RETURNED",
            "support → sales: AGENT SUMMARY RESOLVED",
        ]
    );
    let handoffs = &conversation["handoffs"];
    assert_eq!(items(&handoffs[0]["carried"], "MESSAGE").len(), 3);
    assert_eq!(items(&handoffs[1]["carried"], "SUMMARY").len(), 1);
    assert_eq!(items(&handoffs[1]["dropped"], "MESSAGE").len(), 4);
    assert_eq!(conversation["agent"]["slug"], "sales");
    audited(&office, handoffs).await;
}

/// The slug, the runs and the input tokens of each agent in the usage report.
async fn usage_by_agent(office: &Office) -> Vec<(String, i64, i64)> {
    let report = report(&office.app.home.reader, "AGENT").await;
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.map(|row| {
        (
            row["agent"]["slug"].as_str().unwrap().to_owned(),
            row["runs"].as_i64().unwrap(),
            row["usage"]["inputTokens"].as_i64().unwrap(),
        )
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    let of_rows: i64 = rows.iter().map(|(.., tokens)| tokens).sum();
    assert_eq!(report["total"]["inputTokens"], of_rows);
    rows
}

/// Checks that each handoff is an object of its own, and in the audit log.
async fn audited(office: &Office, handoffs: &Value) {
    let home = &office.app.home;
    let id = &handoffs[0]["id"];
    let node = "query($id: ID!) { node(id: $id) { id ... on Handoff { reason } } }";
    let node = home.reader.ok(node, json!({"id": id})).await;
    assert_eq!(
        node["node"],
        json!({"id": id, "reason": "an error message"})
    );
    let query = "query($action: String) { auditLog(filter: {action: $action}) { nodes { actor subject detail } } }";
    let log = home.admin.ok(query, json!({"action": "handOff"})).await;
    let entries = log["auditLog"]["nodes"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["subject"], *id);
    assert_eq!(entries[1]["actor"], office.sales.as_str());
    assert!(!entries[1]["detail"].to_string().contains("error message"));
    // another account does not see them
    let query = "query($id: ID!) { node(id: $id) { id } }";
    let other = office
        .app
        .stranger
        .reader
        .ok(query, json!({"id": id}))
        .await;
    assert_eq!(other["node"], Value::Null);
}

#[tokio::test]
async fn an_isolated_handoff_carries_the_question_only() {
    let office = Office::open().await;
    let alone = create(
        &office.app.home.admin,
        json!({"template": "sales_agent", "tier": "enterprise", "name": "Alone",
            "configuration": {"handoff": {"policy": "ISOLATED", "switching": "visible"}}}),
    )
    .await;
    office.model_says("Ten.");
    let first = office
        .chat(json!({"message": "How much?", "agentId": alone["id"],
            "context": {"customerName": "Ann", "page": "/pricing"}}))
        .await;
    let id = conversation_of(&first);
    office.model_hands_off("support", "an error");
    office.model_says("Done.");
    office
        .chat(json!({"message": "An error.", "conversationId": id}))
        .await;
    assert_eq!(
        messages(&office.last_request()),
        [pair("user", "An error.")]
    );
    let conversation = office.conversation(&id).await;
    assert_eq!(conversation["context"], json!({}));
    let handoff = &conversation["handoffs"][0];
    assert_eq!(handoff["carried"].as_array().unwrap().len(), 1);
    assert_eq!(
        items(&handoff["dropped"], "CONTEXT_FIELD"),
        [
            ("customerName", "the policy is ISOLATED"),
            ("page", "the policy is ISOLATED")
        ]
    );
}

#[tokio::test]
async fn targets_are_the_other_active_agents_that_the_settings_allow() {
    let office = Office::open().await;
    let admin = &office.app.home.admin;
    let choosy = create(
        admin,
        json!({"template": "sales_agent", "tier": "enterprise", "name": "Choosy",
            "configuration": {"handoff": {"targets": ["support", "nowhere"]}}}),
    )
    .await;
    create(
        admin,
        json!({"template": "sales_agent", "tier": "enterprise", "name": "Asleep", "activate": false}),
    )
    .await;
    let query = "query($id: ID!) { node(id: $id) { ... on Agent { capabilities { handoffTargets { slug } } } } }";
    let targets = async |id: &Value| {
        let found = admin.ok(query, json!({"id": id})).await;
        found["node"]["capabilities"]["handoffTargets"].clone()
    };
    assert_eq!(targets(&choosy["id"]).await, json!([{"slug": "support"}]));
    assert_eq!(
        targets(&json!(office.sales)).await,
        json!([{"slug": "support"}, {"slug": "choosy"}])
    );
    office.model_says("Hello.");
    office
        .chat(json!({"message": "Hi", "agentId": choosy["id"]}))
        .await;
    let request = office.last_request();
    let tool = request["tools"].as_array().unwrap().last().unwrap();
    assert_eq!(tool["function"]["name"], "hand_off");
    let to = &tool["function"]["parameters"]["properties"]["to"];
    assert_eq!(to["enum"], json!(["support"]));
    // a message's list of tools narrows this one too
    office.model_says("Hello.");
    office
        .chat(json!({"message": "Hi", "agentId": choosy["id"], "allowTools": ["find_leads"]}))
        .await;
    let offered = office.last_request()["tools"].to_string();
    assert!(!offered.contains("hand_off"), "{offered}");
}

#[tokio::test]
async fn results_of_tools_are_carried_with_everything_else() {
    let office = Office::open().await;
    office.app.upstream.will(Script::calls(&[(
        "crm__create_contact",
        json!({"name": "Ann Smith", "email": "ann@example.com"}),
    )]));
    office.model_hands_off("support", "an error");
    office.model_says("I see.");
    let events = office
        .chat(json!({"message": "I am Ann, and there is an error.", "agentId": office.sales}))
        .await;
    let id = conversation_of(&events);
    let request = office.last_request();
    assert!(
        system(&request).contains("result of create_contact"),
        "{}",
        system(&request)
    );
    assert!(system(&request).contains("ann@example.com"));
    assert_eq!(
        messages(&request),
        [pair("user", "I am Ann, and there is an error.")]
    );
    let found = office.app.home.reader.ok(HANDOFFS, json!({"id": id})).await;
    let carried = &found["conversation"]["handoffs"][0]["carried"];
    assert_eq!(
        items(carried, "TOOL_RESULT"),
        [("result of create_contact", "the policy is FULL")]
    );
}
