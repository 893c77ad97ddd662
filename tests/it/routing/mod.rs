//! Routing of messages by the skills of agents, with the embedded embedding model.

pub(crate) mod corrections;
mod evaluation;
mod model_choice;

use serde_json::{Value, json};

use crate::{
    chat::{ask, conversation_of},
    support::{Client, TestApp, models},
};

/// A preview with everything that explains it.
const PREVIEW: &str = "query($message: String!, $conversation: ID) {
    previewRoute(message: $message, conversationId: $conversation) {
        agent { id } skill { id } confidence threshold reason explanation
        candidates { agent { id } skill { id } score available }
    } }";

/// Starts an app whose home account has a support agent, its oldest one.
async fn app() -> TestApp {
    TestApp::with(&[("TROUPE_MODELS_DIR", models().as_str())]).await
}

async fn create(client: &Client, template: &str, tier: &str) -> String {
    let create =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let input = json!({"template": template, "tier": tier, "name": template});
    let made = client.ok(create, json!({"input": input})).await;
    let id = made["createAgent"]["agent"]["id"].as_str();
    id.unwrap().to_owned()
}

async fn preview(client: &Client, message: &str, conversation: Option<&str>) -> Value {
    let variables = json!({"message": message, "conversation": conversation});
    client.ok(PREVIEW, variables).await["previewRoute"].clone()
}

async fn suspend(client: &Client, agent: &str) {
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { status } } }";
    client.ok(suspend, json!({"id": agent})).await;
}

#[tokio::test]
async fn a_message_goes_to_the_agent_with_the_skill() {
    let app = app().await;
    let home = &app.home;
    let sales = create(&home.admin, "sales_agent", "startup").await;
    let route = preview(&home.reader, "Can I get a quote for eighty licences?", None).await;
    assert_eq!(route["agent"]["id"], sales);
    assert_eq!(route["reason"], "INTENT");
    assert_eq!(route["skill"]["id"], "pricing_quotes");
    assert!(route["confidence"].as_f64().unwrap() > 0.8, "{route}");
    let explanation = route["explanation"].as_str().unwrap();
    assert!(
        explanation
            .starts_with("The message fits the skill \"Prices and quotes\" of \"sales_agent\" ("),
        "{explanation}"
    );
    let candidates = route["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(candidates[0]["agent"]["id"], sales);
    let score = candidates[0]["score"].as_f64().unwrap();
    assert!(score > route["threshold"].as_f64().unwrap(), "{route}");
    // the run of the same message goes there too
    let message = json!({"message": "Can I get a quote for eighty licences?"});
    let events = ask(&home.member, message).await;
    assert_eq!(events[2]["route"]["agent"]["id"], sales);
    assert_eq!(events[2]["route"]["reason"], "INTENT");
    let other = preview(&home.reader, "The app crashes when I upload a file", None).await;
    assert_eq!(other["agent"]["id"], home.agent);
}

#[tokio::test]
async fn a_message_about_no_skill_goes_to_the_oldest_agent_and_says_why() {
    let app = app().await;
    create(&app.home.admin, "sales_agent", "startup").await;
    let route = preview(&app.home.reader, "How tall is Mount Everest?", None).await;
    assert_eq!(route["agent"]["id"], app.home.agent);
    assert_eq!(
        (&route["reason"], &route["skill"], &route["confidence"]),
        (&json!("FALLBACK"), &Value::Null, &json!(0.0))
    );
    let explanation = route["explanation"].as_str().unwrap();
    assert!(
        explanation.starts_with("No agent's skills are similar enough to the message ("),
        "{explanation}"
    );
    let best = route["candidates"].as_array().unwrap().iter();
    let best = best.map(|candidate| candidate["score"].as_f64().unwrap());
    let threshold = route["threshold"].as_f64().unwrap();
    assert!(best.fold(0.0, f64::max) < threshold, "{route}");
}

#[tokio::test]
async fn agents_that_are_suspended_or_of_another_account_are_no_candidates() {
    let app = app().await;
    let home = &app.home;
    let sales = create(&home.admin, "sales_agent", "startup").await;
    let expert = create(&home.admin, "digital_expert", "standard").await;
    let theirs = create(&app.stranger.admin, "research_agent", "standard").await;
    let quote = "Can I get a quote for eighty licences?";
    assert_eq!(
        preview(&home.reader, quote, None).await["agent"]["id"],
        sales
    );
    suspend(&home.admin, &sales).await;
    for message in [quote, "How large is the market for heat pumps in Europe?"] {
        let route = preview(&home.reader, message, None).await;
        let ids = route["candidates"].as_array().unwrap().iter();
        let mut ids: Vec<&str> = ids
            .map(|one| one["agent"]["id"].as_str().unwrap())
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, [home.agent.as_str(), &expert], "{route}");
    }
    let route = preview(
        &app.stranger.reader,
        "Compare our three biggest competitors",
        None,
    )
    .await;
    assert_eq!(route["agent"]["id"], theirs);
}

#[tokio::test]
async fn a_conversation_keeps_its_agent_until_the_topic_clearly_changes() {
    let app = app().await;
    let home = &app.home;
    let sales = create(&home.admin, "sales_agent", "startup").await;
    let first = ask(
        &home.member,
        json!({"message": "What does it cost for ten people?", "agentId": sales}),
    )
    .await;
    let conversation = conversation_of(&first);
    for follow_up in [
        "and then?",
        "what about twenty of them?",
        "thank you, that helps",
    ] {
        let route = preview(&home.reader, follow_up, Some(&conversation)).await;
        assert_eq!(
            (&route["reason"], &route["agent"]["id"]),
            (&json!("CONVERSATION"), &json!(sales)),
            "{follow_up}: {route}"
        );
    }
    let topic = "The app crashes every time I open the settings";
    let route = preview(&home.reader, topic, Some(&conversation)).await;
    assert_eq!(
        (&route["reason"], &route["agent"]["id"]),
        (&json!("INTENT"), &json!(home.agent)),
        "{route}"
    );
    let message = json!({"message": topic, "conversationId": conversation});
    let moved = ask(&home.member, message).await;
    assert_eq!(moved[2]["route"]["agent"]["id"], home.agent);
    // the conversation belongs to the new agent now
    let route = preview(&home.reader, "and then?", Some(&conversation)).await;
    assert_eq!(route["agent"]["id"], home.agent);
    let handoffs = "query($id: ID!) { conversation(id: $id) { handoffs { initiator from { id } to { id } } } }";
    let found = home.reader.ok(handoffs, json!({"id": conversation})).await;
    assert_eq!(
        found["conversation"]["handoffs"],
        json!([{"initiator": "ROUTER", "from": {"id": sales}, "to": {"id": home.agent}}])
    );
    // a private message reaches no other agent
    let prices = "How much would it cost per month for thirty people?";
    let message = json!({"message": prices, "conversationId": conversation, "private": true});
    let kept = ask(&home.member, message).await;
    assert_eq!(kept[2]["route"]["agent"]["id"], home.agent);
    // a suspended agent loses its conversation to the best of the others
    suspend(&home.admin, &home.agent).await;
    let route = preview(&home.reader, "and then?", Some(&conversation)).await;
    assert_eq!(route["agent"]["id"], sales);
}

#[tokio::test]
async fn without_an_embedding_model_messages_are_routed_without_skills() {
    let nowhere = std::env::temp_dir().join("troupe-no-models");
    let app = TestApp::with(&[("TROUPE_MODELS_DIR", nowhere.to_str().unwrap())]).await;
    let home = &app.home;
    let sales = create(&home.admin, "sales_agent", "startup").await;
    let route = preview(&home.reader, "Can I get a quote for eighty licences?", None).await;
    assert_eq!(
        (&route["reason"], &route["agent"]["id"], &route["threshold"]),
        (&json!("FALLBACK"), &json!(home.agent), &Value::Null)
    );
    let explanation = route["explanation"].as_str().unwrap();
    assert!(
        explanation.contains("could not be compared with the agents' skills"),
        "{explanation}"
    );
    let first = ask(&home.member, json!({"message": "Hello", "agentId": sales})).await;
    let conversation = conversation_of(&first);
    let route = preview(
        &home.reader,
        "The app crashes when I start it",
        Some(&conversation),
    )
    .await;
    assert_eq!(
        (&route["reason"], &route["agent"]["id"]),
        (&json!("CONVERSATION"), &json!(sales))
    );
}

#[tokio::test]
async fn a_preview_names_the_argument_that_is_wrong() {
    let app = app().await;
    let refused = app
        .home
        .reader
        .ask(PREVIEW, json!({"message": "", "conversation": null}))
        .await;
    assert_eq!(refused.problem_paths(), ["message"]);
    let wrong = json!({"message": "Hello", "conversation": app.home.agent});
    let refused = app.home.reader.ask(PREVIEW, wrong).await;
    assert_eq!(refused.problem_paths(), ["conversationId"]);
}
