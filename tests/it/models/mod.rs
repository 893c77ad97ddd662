//! Several models of a tier: which one answers, when one is not asked, and with whose key.

mod breaker;
mod endpoints;
mod fallback;
mod own_keys;

use serde_json::{Value, json};

use crate::{
    chat::ask,
    support::{Client, TestApp, Upstream},
};

/// The settings of a tier whose first model, `a`, is at this address, and whose second, `b`, is the app's usual provider.
fn two_models(a: &str, breaker: &str) -> String {
    format!(
        "
models:
  default: a
  aliases: {{ fast: b }}
  breaker: {breaker}
  chat:
    a: {{ provider: openai, base_url: '{a}', first_byte_seconds: 3, idle_seconds: 3 }}
    b: {{ provider: openai }}
"
    )
}

/// An agent of a tier with two models.
async fn premium_agent(app: &TestApp) -> String {
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"premium\", name: \"Premium\", configuration: {keepCase: false}}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The events of a message to an agent, up to the end of the answer.
async fn chat(client: &Client, agent: &str) -> Vec<Value> {
    ask(client, json!({"message": "Hello?", "agentId": agent})).await
}

/// The number of requests to a provider.
fn count(upstream: &Upstream) -> usize {
    upstream.asked().len()
}

/// The value of a sample of `/metrics`.
async fn metric(url: &str, sample: &str) -> Option<u64> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = http.get(format!("{url}/metrics")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let text = reply.text().await.unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    value.map(|value| value.parse().unwrap())
}
