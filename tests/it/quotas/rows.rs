//! Agents, API keys and MCP servers.

use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use super::{assert_refused, at, done_of};
use crate::support::{Client, Reply, TestApp, until};

const AGENT: &str = "mutation($name: String!) { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: $name}) { agent { id } } }";
const KEY: &str = "mutation($name: String!, $at: DateTime) { createApiKey(input: {name: $name, role: MEMBER, expiresAt: $at}) { apiKey { id } } }";
const COUNTS: &str =
    "{ account { apiKeys(first: 100) { nodes { revokedAt } } agents { totalCount } } }";

async fn agent(client: &Client, name: String) -> Reply {
    client.ask(AGENT, json!({"name": name})).await
}

async fn key(client: &Client, name: String) -> Reply {
    client.ask(KEY, json!({"name": name})).await
}

async fn counts(client: &Client) -> Value {
    client.ok(COUNTS, json!({})).await["account"].clone()
}

#[tokio::test]
async fn agents_over_the_quota_are_refused_with_the_numbers_and_deletion_frees_quota() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_STANDARD_AGENTS", "2")]).await;
    let home = &app.home;
    let second = agent(&home.admin, "Second".to_owned()).await;
    let refused = agent(&home.admin, "Third".to_owned()).await;
    assert_refused(
        &refused,
        "agents: 2 of 2 used; delete some, or ask for a larger tier",
    );
    // The quota is per account.
    agent(&app.stranger.admin, "Second".to_owned()).await.data();
    let delete = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
    let id = second.data()["createAgent"]["agent"]["id"].clone();
    home.admin.ok(delete, json!({"id": id})).await;
    agent(&home.admin, "Third".to_owned()).await.data();
}

#[tokio::test]
async fn a_larger_tier_raises_the_quota_and_a_smaller_one_removes_nothing() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_ENTRY_AGENTS", "1")]).await;
    let admin = &app.home.admin;
    let tier = async |tier: &str| {
        let update = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { tier } } }";
        let input = json!({"input": {"id": app.home.id, "tier": tier}});
        app.operator.ok(update, input).await;
    };
    tier("ENTRY").await;
    assert_eq!(agent(admin, "A".to_owned()).await.code(), "QUOTA_EXCEEDED");
    tier("STANDARD").await;
    agent(admin, "A".to_owned()).await.data();
    agent(admin, "B".to_owned()).await.data();
    tier("ENTRY").await;
    assert_refused(
        &agent(admin, "C".to_owned()).await,
        "agents: 3 of 1 used; delete some, or ask for a larger tier",
    );
    assert_eq!(counts(&app.home.owner).await["agents"]["totalCount"], 3);
    let id = app.home.agent.clone();
    let rename = "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Still mine\"}) { agent { id } } }";
    admin.ok(rename, json!({"id": id})).await;
}

#[tokio::test]
async fn only_live_keys_count_against_the_quota() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_STANDARD_API_KEYS", "6")]).await;
    let owner = &app.home.owner;
    let sentence = "live API keys: 6 of 6 used; revoke some, or ask for a larger tier";
    let soon = SystemClock.now() + chrono::TimeDelta::seconds(2);
    let expiring = owner
        .ask(KEY, json!({"name": "expiring", "at": soon}))
        .await;
    expiring.data();
    let sixth = key(owner, "sixth".to_owned()).await;
    assert_refused(&key(owner, "seventh".to_owned()).await, sentence);
    let revoke = "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }";
    let id = sixth.data()["createApiKey"]["apiKey"]["id"].clone();
    owner.ok(revoke, json!({"id": id})).await;
    key(owner, "in its place".to_owned()).await.data();
    // The other key expires after two seconds.
    until("the expired key makes room", async || {
        key(owner, "after it".to_owned()).await.code().is_empty()
    })
    .await;
    assert_refused(&key(owner, "one more".to_owned()).await, sentence);
}

#[tokio::test]
async fn of_150_concurrent_key_creations_100_succeed() {
    let app = TestApp::start().await;
    let sentence = "live API keys: 100 of 100 used; revoke some, or ask for a larger tier";
    let owner = app.home.owner.clone();
    let made = done_of(&[owner], 150, sentence, key).await;
    assert_eq!(made, 96, "four were there before");
    let keys = counts(&app.home.owner).await["apiKeys"]["nodes"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn the_last_quota_units_are_granted_once_across_two_processes() {
    let settings = [
        ("TROUPE_QUOTAS_STANDARD_AGENTS", "3"),
        ("TROUPE_QUOTAS_STANDARD_API_KEYS", "6"),
    ];
    let app = TestApp::with(&settings).await;
    let second = app.second(&settings).await;
    let owner = app.home.owner.clone();
    let both = [owner.clone(), at(&app, &second.url, &owner)];
    let agents = "agents: 3 of 3 used; delete some, or ask for a larger tier";
    assert_eq!(done_of(&both, 10, agents, agent).await, 2);
    let keys = "live API keys: 6 of 6 used; revoke some, or ask for a larger tier";
    assert_eq!(done_of(&both, 10, keys, key).await, 2);
    let counts = counts(&owner).await;
    assert_eq!(counts["agents"]["totalCount"], 3);
    assert_eq!(counts["apiKeys"]["nodes"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn servers_over_the_quota_are_refused_with_the_numbers() {
    let app = TestApp::with(&[
        ("TROUPE_QUOTAS_STANDARD_MCP_SERVERS", "1"),
        ("TROUPE_EGRESS_ALLOW", "127.0.0.1/32"),
    ])
    .await;
    let register = "mutation($name: String!) { registerMcpServer(input: {name: $name, type: \"t\", endpointUrl: \"http://127.0.0.1:9/\",
        transport: ACTION_HTTP, stateless: true, tools: [{name: \"do\", description: \"\", inputSchema: {type: \"object\"}}]}) { mcpServer { id } } }";
    let admin = app.home.admin.clone();
    let ask =
        async |client: &Client, name: String| client.ask(register, json!({"name": name})).await;
    let sentence = "MCP servers: 1 of 1 used; remove some, or ask for a larger tier";
    assert_eq!(done_of(&[admin], 8, sentence, ask).await, 1);
    app.stranger
        .admin
        .ok(register, json!({"name": "theirs"}))
        .await;
}
