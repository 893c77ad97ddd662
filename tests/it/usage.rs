//! The usage report of an account, through the public API.

use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use crate::{
    agent::create,
    conversation::Exchange,
    support::{Client, TestApp},
};

/// The tokens of each row.
const REPORT: &str = "query($by: UsageGroup!) { usage(range: {from: \"2020-01-01T00:00:00Z\", to: \"2021-01-01T00:00:00Z\"}, groupBy: $by) { rows { key } } }";

/// The report of the last day and the next one, by a property.
pub(crate) async fn report(client: &Client, by: &str) -> Value {
    let now = SystemClock.now();
    let day = chrono::TimeDelta::days(1);
    let range = json!({"from": now - day, "to": now + day});
    let query = "query($range: DateRange!, $by: UsageGroup!) { usage(range: $range, groupBy: $by) {
        total { inputTokens outputTokens costUsd firstTokenMs durationMs }
        rows { key runs agent { slug } usage { inputTokens outputTokens } }
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
            "rows": [
                {"key": other["id"], "runs": 2, "agent": {"slug": "other"}, "usage": {"inputTokens": 22, "outputTokens": 14}},
                {"key": app.home.agent, "runs": 1, "agent": {"slug": "support"}, "usage": {"inputTokens": 11, "outputTokens": 7}},
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
