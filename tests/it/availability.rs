//! The availability of agents by workers and budgets, through the public API.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::{
    agent::create,
    conversation::Exchange,
    support::{Client, TestApp, until},
};

const SEND: &str =
    "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id status } } }";
/// A worker counts as dead after five seconds, so that a busy machine can report in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];

/// The state of an agent with the codes of its reasons.
async fn state(client: &Client, agent: &Value) -> (String, Vec<String>) {
    let query =
        "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code text } } } }";
    let found = client.ok(query, json!({"id": agent})).await;
    let availability = &found["agent"]["availability"];
    let codes = availability["reasons"].as_array().unwrap().iter();
    let codes = codes.map(|reason| {
        assert!(reason["text"].as_str().unwrap().contains(' '), "{reason}");
        reason["code"].as_str().unwrap().to_owned()
    });
    let state = availability["state"].as_str().unwrap().to_owned();
    (state, codes.collect())
}

fn available() -> (String, Vec<String>) {
    ("AVAILABLE".to_owned(), Vec::new())
}

fn without_worker() -> (String, Vec<String>) {
    ("DEGRADED".to_owned(), vec!["NO_WORKER".to_owned()])
}

/// The agent that a message of a new conversation would be routed to.
async fn routed(client: &Client) -> Value {
    let query = "{ previewRoute(message: \"Hello there\") { agent { id } } }";
    client.ok(query, json!({})).await["previewRoute"]["agent"]["id"].clone()
}

/// A `troupe worker` over the app's database, which is killed when it is dropped.
fn worker(app: &TestApp) -> Child {
    Command::new(env!("CARGO_BIN_EXE_troupe"))
        .arg("worker")
        .current_dir(app.folder())
        .env_clear()
        .envs(app.of_processes())
        .env("TROUPE_OPENAI_BASE_URL", &app.upstream.url)
        .envs(SHORT_LEASE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_deep_agent_needs_a_worker_and_a_killed_one_is_noticed() {
    let app = TestApp::with(&SHORT_LEASE).await;
    let reader = &app.home.reader;
    let deep = create(
        &app.home.admin,
        json!({"template": "research_agent", "tier": "standard", "name": "Research"}),
    )
    .await["id"]
        .clone();
    assert_eq!(state(reader, &deep).await, without_worker());
    assert_eq!(
        state(reader, &json!(app.home.agent)).await,
        available(),
        "the process that receives a message answers for an interactive agent"
    );
    // the message is accepted, and waits
    let input = json!({"input": {"message": "Hello", "agentId": deep}});
    let sent = app.home.member.ok(SEND, input).await;
    assert_eq!(sent["sendMessage"]["run"]["status"], "QUEUED");

    let mut process = worker(&app);
    until("a worker is seen", async || {
        state(reader, &deep).await == available()
    })
    .await;
    process.kill().await.unwrap();
    until("the killed worker is noticed", async || {
        state(reader, &deep).await == without_worker()
    })
    .await;

    let worker = app.worker(&SHORT_LEASE).await;
    until("the next worker is seen", async || {
        state(reader, &deep).await == available()
    })
    .await;
    worker.stop().await;
    until("a worker that ends in order is noticed", async || {
        state(reader, &deep).await == without_worker()
    })
    .await;
}

#[tokio::test]
async fn a_message_for_any_agent_goes_to_one_that_needs_no_worker() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let deep = create(
        admin,
        json!({"template": "research_agent", "tier": "standard", "name": "Research"}),
    )
    .await["id"]
        .clone();
    let prompt = create(
        admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Second"}),
    )
    .await["id"]
        .clone();
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }";
    admin.ok(suspend, json!({"id": app.home.agent})).await;
    // the older agent would have to wait
    assert_eq!(routed(&app.home.reader).await, prompt);
    // the deadline is longer than the test waits: a worker without work ends at once
    let worker = app
        .worker(&[("TROUPE_SHUTDOWN_DEADLINE_SECONDS", "600")])
        .await;
    until("the older agent can answer", async || {
        routed(&app.home.reader).await == deep
    })
    .await;
    worker.stop().await;
}

#[tokio::test]
async fn a_spent_budget_makes_the_agents_of_its_account_unavailable() {
    let app = TestApp::start().await;
    let (home, agent) = (&app.home, json!(app.home.agent));
    let spent = ("UNAVAILABLE".to_owned(), vec!["BUDGET_SPENT".to_owned()]);
    let update = async |client: &Client, mut input: Value| {
        input["id"] = json!(home.id);
        let update = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { id } } }";
        client.ok(update, json!({"input": input})).await;
    };
    let budget = json!({"monthlyTokenBudget": 18, "enforcement": "BLOCK"});
    let before = routed(&home.reader).await;
    Exchange::of(&home.member, json!({"message": "Hello"})).await;
    assert_eq!(state(&home.reader, &agent).await, available());
    update(&home.owner, budget).await;
    assert_eq!(state(&home.reader, &agent).await, spent);
    // the budget concerns every agent of the account: routing keeps its choice, and the message is refused
    assert_eq!(routed(&home.reader).await, before);
    let input = json!({"input": {"message": "Hello"}});
    let refused = home.member.ask(SEND, input).await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED");
    assert_eq!(
        state(&app.stranger.reader, &json!(app.stranger.agent)).await,
        available()
    );

    update(&home.owner, json!({"enforcement": "WARN"})).await;
    assert_eq!(state(&home.reader, &agent).await, available());
    update(&app.operator, json!({"ceilingTokens": 18})).await;
    assert_eq!(state(&home.reader, &agent).await, spent);
    update(&app.operator, json!({"ceilingTokens": 1_000_000})).await;
    assert_eq!(state(&home.reader, &agent).await, available());
    // of an agent that is not active, every reason is reported
    update(&app.operator, json!({"ceilingTokens": 18})).await;
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }";
    home.admin.ok(suspend, json!({"id": agent})).await;
    let (_, codes) = state(&home.reader, &agent).await;
    assert_eq!(codes, ["SUSPENDED", "BUDGET_SPENT"]);
}
