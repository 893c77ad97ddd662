//! The usage report of an account, through the public API.

use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use crate::{
    agent::create,
    conversation::Exchange,
    knowledge::known,
    support::{Client, EMBEDDINGS, Script, TestApp},
    tools::Workshop,
};

/// The tokens of each row.
const REPORT: &str = "query($by: UsageGroup!) { usage(range: {from: \"2020-01-01T00:00:00Z\", to: \"2021-01-01T00:00:00Z\"}, groupBy: $by) { rows { key } } }";

/// The report of the last day and the next one, by a property.
pub(crate) async fn report(client: &Client, by: &str) -> Value {
    let now = SystemClock.now();
    let day = chrono::TimeDelta::days(1);
    let range = json!({"from": now - day, "to": now + day});
    let query = "query($range: DateRange!, $by: UsageGroup!) { usage(range: $range, groupBy: $by) {
        total { inputTokens outputTokens costUsd firstTokenMs durationMs } toolCalls
        rows { key runs toolCalls agent { slug } usage { inputTokens outputTokens } }
    } }";
    let report = client.ok(query, json!({"range": range, "by": by})).await;
    report["usage"].clone()
}

#[tokio::test]
async fn usage_is_reported_by_agent_model_day_and_conversation() {
    let app = TestApp::start().await;
    let (member, reader) = (&app.home.member, &app.home.reader);
    let other = create(
        &app.home.admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Other", "configuration": {"keepCase": false}}),
    )
    .await;
    let mut conversations = Vec::new();
    for agent in [&json!(app.home.agent), &other["id"], &other["id"]] {
        let input = json!({"message": "Hello", "agentId": agent});
        conversations.push(Exchange::of(member, input).await.conversation);
    }
    let report_by = async |by: &str| report(reader, by).await;

    let by_agent = report_by("AGENT").await;
    assert_eq!(
        by_agent,
        json!({
            "total": {"inputTokens": 33, "outputTokens": 21, "costUsd": 0.0, "firstTokenMs": null, "durationMs": null},
            "toolCalls": 0,
            "rows": [
                {"key": other["id"], "runs": 2, "toolCalls": 0, "agent": {"slug": "other"}, "usage": {"inputTokens": 22, "outputTokens": 14}},
                {"key": app.home.agent, "runs": 1, "toolCalls": 0, "agent": {"slug": "support"}, "usage": {"inputTokens": 11, "outputTokens": 7}},
            ],
        })
    );
    for by in ["MODEL", "DAY"] {
        let rows = report_by(by).await["rows"].clone();
        assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
        assert_eq!(rows[0]["runs"], 3);
        assert_eq!(rows[0]["usage"]["inputTokens"], 33);
        assert_eq!(rows[0]["agent"], Value::Null);
    }
    let day = report_by("DAY").await["rows"][0]["key"].clone();
    let today = SystemClock.now().date_naive().to_string();
    assert_eq!(day, today.as_str());
    let by_conversation = report_by("CONVERSATION").await;
    let rows = by_conversation["rows"].as_array().unwrap();
    let mut keys: Vec<&str> = rows
        .iter()
        .map(|row| row["key"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    conversations.sort_unstable();
    assert_eq!(keys, conversations);

    // another account and another period have none of it
    let strange = report(&app.stranger.reader, "AGENT").await;
    assert_eq!(strange["rows"], json!([]));
    assert_eq!(strange["total"]["inputTokens"], 0);
    let earlier = reader.ok(REPORT, json!({"by": "AGENT"})).await;
    assert_eq!(earlier["usage"]["rows"], json!([]));
}

#[tokio::test]
async fn a_period_is_bounded_and_not_empty() {
    let app = TestApp::start().await;
    for (from, to, path) in [
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", "range.to"),
        ("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "range"),
    ] {
        let query = "query($range: DateRange!) { usage(range: $range) { rows { key } } }";
        let range = json!({"range": {"from": from, "to": to}});
        let refused = app.home.reader.ask(query, range).await;
        assert_eq!(refused.problem_paths(), [path]);
    }
}

#[tokio::test]
async fn embeddings_of_a_provider_are_usage_of_the_agent_that_needs_them() {
    let yaml = "models: {embedding_price_per_million_usd: 2.0}";
    let app = TestApp::configured(yaml, &[EMBEDDINGS]).await;
    let _worker = app.worker(&[EMBEDDINGS]).await;
    let admin = &app.home.admin;
    let document =
        json!({"agentId": app.home.agent, "title": "Bells", "text": "A bell costs nine euros."});
    known(admin, document).await;
    let of_words = async || {
        let by_model = report(&app.home.reader, "MODEL").await;
        let rows = by_model["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["key"] == "words").unwrap()
    };
    // the scripted provider counts one token for each request
    let of_ingestion = of_words().await["usage"]["inputTokens"].as_i64().unwrap();
    assert!(of_ingestion > 0);
    let search =
        "query($agent: ID!) { searchKnowledge(agentId: $agent, query: \"bell\") { score } }";
    admin.ok(search, json!({"agent": app.home.agent})).await;
    let row = of_words().await;
    assert_eq!(row["usage"]["inputTokens"], of_ingestion + 1);
    assert_eq!(row["usage"]["outputTokens"], 0);
    let by_agent = report(&app.home.reader, "AGENT").await;
    assert_eq!(by_agent["rows"][0]["key"], app.home.agent);
    let cost = by_agent["total"]["costUsd"].as_f64().unwrap();
    let tokens = by_agent["total"]["inputTokens"].as_f64().unwrap();
    assert!((cost - tokens * 2.0e-6).abs() < 1.0e-12, "{by_agent}");
    let stranger = report(&app.stranger.reader, "MODEL").await;
    assert_eq!(stranger["rows"], json!([]));
}

#[tokio::test]
async fn tool_calls_are_counted() {
    let workshop = Workshop::granting(&["find"], "AUTO").await;
    let call = ("workshop__find", json!({}));
    workshop
        .app
        .upstream
        .will(Script::calls(&[call.clone(), call]));
    workshop.chat().await;
    workshop.chat().await;
    let calls = report(&workshop.app.home.reader, "AGENT").await;
    assert_eq!(
        [&calls["toolCalls"], &calls["rows"][0]["toolCalls"]],
        [&json!(2), &json!(2)]
    );
}
