//! An account's own keys for providers: sealed in storage, used for its runs only, never returned.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::metric;
use crate::{
    chat::{ask, kinds, text},
    registry::KEYS as RING,
    support::{Client, Reply, Script, TestApp, Upstream},
};

const ANSWER: &str = "Hello from the scripted model.";
const SECRET: &str = "sk-own-key-of-home-4711";
const SET: &str = "mutation($input: SetProviderKeyInput!) { setProviderKey(input: $input) {
    providerKey { id provider origin lastCharacters createdAt updatedAt } } }";
const REMOVE: &str = "mutation($id: ID!) { removeProviderKey(input: {id: $id}) { deletedId } }";
const KEYS: &str = "{ account { providerKeys { provider lastCharacters } } }";
/// A model with a price, at the operator's provider and with its key.
const PRICED: &str = "
models:
  default: mine
  breaker: { failures: 1, open_seconds: 3600 }
  chat:
    mine: { provider: openai, price_per_million_input_usd: 1000, price_per_million_output_usd: 1000 }
    other: { provider: openai, base_url: 'https://other.example/v1' }
    spread: { provider: openai, endpoints: { one: { base_url: 'https://one.example/v1' } } }
";

async fn app() -> TestApp {
    let key = ("TROUPE_OPENAI_API_KEY", "sk-of-the-operator");
    TestApp::configured(PRICED, &[RING, key]).await
}

async fn set(client: &Client, provider: &str, secret: &str) -> Reply {
    let input = json!({"provider": provider, "secret": secret});
    client.ask(SET, json!({"input": input})).await
}

/// The run of a message, with its cost.
async fn answered(client: &Client) -> Value {
    let seen = ask(client, json!({"message": "Hello?"})).await;
    assert_eq!(text(&seen), ANSWER, "{seen:?}");
    let query = "query($id: ID!) { run(id: $id) { usage { inputTokens outputTokens costUsd } } }";
    let found = client.ok(query, json!({"id": seen[0]["runId"]})).await;
    found["run"]["usage"].clone()
}

#[tokio::test]
async fn a_key_is_used_for_the_runs_of_its_account_until_it_is_removed() {
    let app = app().await;
    let usage = answered(&app.home.member).await;
    assert!(usage["costUsd"].as_f64().unwrap() > 0.0, "{usage}");
    let made = set(&app.home.admin, "openai", SECRET).await;
    let key = &made.data()["setProviderKey"]["providerKey"];
    assert_eq!(key["lastCharacters"], "4711", "{made:?}");
    assert_eq!(key["origin"], app.upstream.url.trim_end_matches("/v1"));

    let usage = answered(&app.home.member).await;
    assert_eq!(usage["costUsd"], 0.0, "{usage}");
    assert_eq!(
        (&usage["inputTokens"], &usage["outputTokens"]),
        (&json!(11), &json!(7))
    );
    answered(&app.stranger.member).await;
    // another key takes its place
    set(&app.home.admin, "openai", "sk-another-key-4712").await;
    answered(&app.home.member).await;
    let keys = app.home.admin.ok(KEYS, json!({})).await;
    let expected = json!([{"provider": "openai", "lastCharacters": "4712"}]);
    assert_eq!(keys["account"]["providerKeys"], expected);
    let none = app.stranger.admin.ok(KEYS, json!({})).await;
    assert_eq!(none["account"]["providerKeys"], json!([]));

    let foreign = json!({"id": key["id"]});
    let refused = app.stranger.admin.ask(REMOVE, foreign.clone()).await;
    assert_eq!(refused.code(), "NOT_FOUND", "{refused:?}");
    app.home.admin.ok(REMOVE, foreign).await;
    answered(&app.home.member).await;
    let operators = "Bearer sk-of-the-operator";
    assert_eq!(
        app.upstream.keys(),
        [
            operators,
            &format!("Bearer {SECRET}"),
            operators,
            "Bearer sk-another-key-4712",
            operators
        ]
    );
}

#[tokio::test]
async fn a_key_is_sealed_audited_and_never_returned() {
    let app = app().await;
    set(&app.home.admin, "openai", SECRET).await.data();
    let log = "{ auditLog(filter: {action: \"setProviderKey\"}) { totalCount nodes { subject detail } } }";
    let log = app.home.admin.ok(log, json!({})).await["auditLog"].clone();
    assert_eq!(log["totalCount"], 1);
    assert!(!log.to_string().contains("sk-own"), "{log}");
    let database = app.connect().await;
    let question = "SELECT secret FROM provider_keys";
    let statement = Statement::from_string(database.get_database_backend(), question);
    let rows = database.query_all_raw(statement).await.unwrap();
    let sealed: Vec<u8> = rows[0].try_get("", "secret").unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("sk-own"));
}

#[tokio::test]
async fn a_wrong_key_is_the_accounts_own_problem() {
    let app = app().await;
    set(&app.home.admin, "openai", SECRET).await.data();
    let words = format!("Incorrect API key provided: {SECRET}");
    let error = json!({"error": {"message": words, "code": "invalid_api_key"}});
    app.upstream.will(Script::refuses(401, None, error));
    let seen = ask(&app.home.member, json!({"message": "Hello?"})).await;
    assert_eq!(kinds(&seen).last(), Some(&"RunFailed"));
    let failure = &seen.last().unwrap()["error"];
    assert_eq!(failure["code"], "UNAVAILABLE");
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("the account's own key"), "{message}");
    let query = "query($id: ID!) { run(id: $id) { error { detail } } }";
    let id = json!({"id": seen[0]["runId"]});
    let detail = app.home.admin.ok(query, id).await["run"]["error"]["detail"].clone();
    assert_eq!(detail, "Incorrect API key provided: <key>");
    // a single failure of the operator's key would open the circuit
    let state = "troupe_model_circuit_state{model=\"mine\"}";
    assert_eq!(metric(&app.url, state).await, Some(0));
    answered(&app.stranger.member).await;
}

#[tokio::test]
async fn a_key_is_not_sent_to_another_address() {
    let mut app = app().await;
    set(&app.home.admin, "openai", SECRET).await.data();
    let elsewhere = Upstream::start().await;
    let address = ("TROUPE_OPENAI_BASE_URL", elsewhere.url.as_str());
    app.restart(&[RING, address]).await;
    let seen = ask(&app.home.member, json!({"message": "Hello?"})).await;
    let message = seen.last().unwrap()["error"]["message"].clone();
    let message = message.as_str().unwrap();
    assert!(message.contains("no longer its address"), "{message}");
    assert_eq!(elsewhere.keys(), [] as [&str; 0]);
    answered(&app.stranger.member).await;
    assert_eq!(elsewhere.keys().len(), 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_refused_when_it_is_set() {
    let app = app().await;
    for (provider, secret, path, message) in [
        (
            "claude",
            SECRET,
            "input.provider",
            "expected one of: openai, other",
        ),
        ("spread", SECRET, "input.provider", "is no provider"),
        ("mine", SECRET, "input.provider", "is no provider"),
        (
            "openai",
            "short",
            "input.secret",
            "5 characters, expected 12 to 4000",
        ),
        ("openai", "with a blank in it", "input.secret", "has blanks"),
    ] {
        let reply = set(&app.home.admin, provider, secret).await;
        assert_eq!(reply.problem_paths(), [path], "{reply:?}");
        assert!(reply.message().contains(message), "{reply:?}");
    }
    let set_other = set(&app.home.admin, "other", SECRET).await;
    let origin = &set_other.data()["setProviderKey"]["providerKey"]["origin"];
    assert_eq!(origin, "https://other.example");
}

#[tokio::test]
async fn without_a_key_ring_no_key_is_stored() {
    let app = TestApp::start().await;
    let reply = set(&app.home.admin, "openai", SECRET).await;
    assert_eq!(reply.code(), "UNAVAILABLE");
    assert!(reply.message().contains("ask its operator"));
}
