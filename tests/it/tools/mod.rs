//! Tools in conversations: offered, called and approved, never beyond the grants.

mod approval;
mod crash;
mod hostile_schema;
mod obedient;
mod public;
mod rug_pull;
mod turn;

use serde_json::{Value, json};

use crate::{
    chat::events,
    support::{Client, Script, TestApp, ToolServer},
};

/// The setting that allows servers on this machine.
pub(crate) const LOCAL: (&str, &str) = ("TROUPE_EGRESS_ALLOW", "127.0.0.0/8");

/// The selected fields of the events of a run with tools.
pub(crate) const CHAT: &str =
    "subscription($input: ChatInput!, $after: String) { chat(input: $input, after: $after) {
    __typename runId cursor sequence
    ... on MessageAdded { run { id conversation { id } } }
    ... on RunStarted { attempt }
    ... on ToolCallUpdated { toolCall { id tool status error result durationMs } }
    ... on TokenDelta { text offset utf16Offset }
    ... on RunSucceeded { message { text } usage { inputTokens outputTokens } }
    ... on RunFailed { error { code message } }
} }";

/// The selected fields of a call.
pub(crate) const CALL: &str =
    "id tool status arguments argumentsDigest result error expiresAt resolvedBy run { id status }";

/// An account with an agent and a tool server.
pub(crate) struct Workshop {
    pub(crate) app: TestApp,
    pub(crate) tools: ToolServer,
    pub(crate) server: String,
}

impl Workshop {
    /// Opens a workshop whose agent has no grants yet.
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(&[&[LOCAL][..], settings].concat()).await;
        let tools = ToolServer::start().await;
        let server = register(&app.home.admin, "Workshop", &tools.url).await;
        Self { app, tools, server }
    }

    /// Opens a workshop whose agent may use these tools.
    pub(crate) async fn granting(tools: &[&str], policy: &str) -> Self {
        let workshop = Self::open().await;
        workshop.grant(tools, policy).await;
        workshop
    }

    pub(crate) async fn grant(&self, tools: &[&str], policy: &str) {
        grant(
            &self.app.home.admin,
            &self.app.home.agent,
            &self.server,
            tools,
            policy,
        )
        .await;
    }

    /// The next model request is answered with calls of these tools.
    pub(crate) fn model_calls(&self, calls: &[(&str, Value)]) {
        self.app.upstream.will(Script::calls(calls));
    }

    /// The next model request is answered with this text.
    pub(crate) fn model_says(&self, text: &str) {
        self.app.upstream.will(Script::says(&[text]));
    }

    /// A chat with the agent, to the end of its answer.
    pub(crate) async fn chat(&self) -> Vec<Value> {
        let home = &self.app.home;
        follow(
            &home.member,
            json!({"message": "Do it.", "agentId": home.agent}),
        )
        .await
    }

    /// The requests that the model received.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.app.upstream.asked()
    }
}

/// A chat from the message to the end of its answer.
pub(crate) async fn follow(client: &Client, input: Value) -> Vec<Value> {
    let stream = client.subscribe(CHAT, json!({"input": input})).await;
    events("chat", &stream.rest().await)
}

/// Registers a server; returns its id.
pub(crate) async fn register(client: &Client, name: &str, url: &str) -> String {
    let registered = client
        .ok(
            "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id status problem } } }",
            json!({"input": {"name": name, "type": "demo", "endpointUrl": url, "stateless": false}}),
        )
        .await;
    let server = &registered["registerMcpServer"]["mcpServer"];
    assert_eq!(server["status"], "AVAILABLE", "{server}");
    server["id"].as_str().unwrap().to_owned()
}

/// Grants an agent tools of a server.
pub(crate) async fn grant(
    client: &Client,
    agent: &str,
    server: &str,
    tools: &[&str],
    policy: &str,
) {
    client
        .ok(
            "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }",
            json!({"input": {"agentId": agent, "serverId": server, "tools": tools, "policy": policy}}),
        )
        .await;
}

/// Grants an agent tools of a server, whose calls the end users approve.
pub(crate) async fn grant_to_end_users(client: &Client, agent: &str, server: &str, tools: &[&str]) {
    let input = json!({"agentId": agent, "serverId": server, "tools": tools, "policy": "APPROVE", "approver": "END_USER"});
    let grant = "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }";
    client.ok(grant, json!({"input": input})).await;
}

/// The present state of a run's calls.
pub(crate) async fn calls_of(client: &Client, run: &str) -> Vec<Value> {
    let query = format!("query($id: ID!) {{ run(id: $id) {{ toolCalls {{ {CALL} }} }} }}");
    let found = client.ok(&query, json!({"id": run})).await;
    found["run"]["toolCalls"].as_array().unwrap().clone()
}

/// The tools and statuses in the events of a run, in order.
pub(crate) fn updates(events: &[Value]) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    events
        .iter()
        .filter(|event| event["__typename"] == "ToolCallUpdated")
        .map(|event| {
            (
                word(&event["toolCall"]["tool"]),
                word(&event["toolCall"]["status"]),
            )
        })
        .collect()
}

/// The last message of a model request.
pub(crate) fn told(request: &Value) -> &str {
    request["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap()
}

pub(crate) fn run_of(events: &[Value]) -> String {
    events[0]["runId"].as_str().unwrap().to_owned()
}
