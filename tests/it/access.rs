//! API keys and credentials: which are accepted, and which no longer are.

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

use crate::{
    caller::{Caller, Heard},
    support::{Client, Reply, TestApp, until},
};

const VIEWER: &str = "{ viewer { role account { id } apiKey { id role prefix } } }";
const CREATE: &str = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id name prefix role expiresAt } secret } }";
const REVOKE: &str =
    "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id revokedAt } } }";
const KEYS: &str = "{ viewer { account { apiKeys { nodes { id name prefix role createdAt lastUsedAt expiresAt revokedAt } } } } }";
const AGENT_CHANGED: &str = "subscription { agentChanged { id } }";

/// Creates a key; returns the key and its secret.
pub(crate) async fn create_key(owner: &Client, role: &str) -> (String, String) {
    let made = owner
        .ok(CREATE, json!({"input": {"name": "test", "role": role}}))
        .await;
    let read = |value: &Value| value.as_str().unwrap().to_owned();
    (
        read(&made["createApiKey"]["apiKey"]["id"]),
        read(&made["createApiKey"]["secret"]),
    )
}

fn problem(reply: &Reply) -> &Value {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    &reply.0["errors"][0]["extensions"]["problems"][0]["path"]
}

#[tokio::test]
async fn the_viewer_is_the_principal_of_the_key() {
    let app = TestApp::start().await;
    for (client, role) in [
        (&app.home.owner, "OWNER"),
        (&app.home.admin, "ADMIN"),
        (&app.home.member, "MEMBER"),
        (&app.home.reader, "READER"),
    ] {
        let viewer = client.ok(VIEWER, json!({})).await["viewer"].clone();
        assert_eq!(viewer["role"], role);
        assert_eq!(viewer["account"]["id"], app.home.id);
        assert_eq!(viewer["apiKey"]["role"], role);
        assert!(
            client
                .key()
                .starts_with(viewer["apiKey"]["prefix"].as_str().unwrap())
        );
    }
}

#[tokio::test]
async fn a_secret_is_random_prefixed_and_shown_once() {
    let app = TestApp::start().await;
    let (id, secret) = create_key(&app.home.owner, "READER").await;
    let (_, other) = create_key(&app.home.owner, "READER").await;
    assert_ne!(secret, other);
    let body = secret.strip_prefix("troupe_").unwrap().to_ascii_uppercase();
    let bits = BASE32_NOPAD.decode(&body.as_bytes()[..52]).unwrap();
    let sum = BASE32_NOPAD.decode(&body.as_bytes()[52..]).unwrap();
    assert_eq!(bits.len(), 32, "256 random bits");
    assert_eq!(
        sum,
        crc32fast::hash(&bits).to_be_bytes(),
        "a checksum that secret scanners can tell it by"
    );
    let keys = app.home.owner.ok(KEYS, json!({})).await;
    let all = keys["viewer"]["account"]["apiKeys"]["nodes"]
        .as_array()
        .unwrap();
    let listed = all.iter().find(|key| key["id"] == id).unwrap();
    let prefix = listed["prefix"].as_str().unwrap();
    assert!(secret.starts_with(prefix) && prefix.len() < 20, "{prefix}");
    assert!(
        !keys.to_string().contains(&secret),
        "a secret is shown once"
    );
}

#[tokio::test]
async fn a_key_shows_when_it_was_last_used() {
    let app = TestApp::start().await;
    let (id, secret) = create_key(&app.home.owner, "READER").await;
    let query = "query($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }";
    let unused = app.home.owner.ok(query, json!({"id": id})).await;
    assert_eq!(unused["node"]["lastUsedAt"], Value::Null);
    app.home
        .reader
        .with_key(&secret)
        .ok(VIEWER, json!({}))
        .await;
    let used = app.home.owner.ok(query, json!({"id": id})).await;
    assert!(used["node"]["lastUsedAt"].is_string());
}

#[tokio::test]
async fn every_invalid_key_is_refused_in_the_same_way() {
    let app = TestApp::start().await;
    let mut texts = Vec::new();
    let long = "x".repeat(5_000);
    for key in [
        "troupe_",
        "nonsense",
        "'; DROP TABLE api_keys; --",
        long.as_str(),
    ] {
        let refused = app.anonymous.with_key(key).ask(VIEWER, json!({})).await;
        assert_eq!(refused.code(), "UNAUTHENTICATED", "{key}: {refused:?}");
        texts.push(refused.message().to_owned());
    }
    let (id, secret) = create_key(&app.home.owner, "READER").await;
    app.home.owner.ok(REVOKE, json!({"id": id})).await;
    let revoked = app.anonymous.with_key(&secret).ask(VIEWER, json!({})).await;
    texts.push(revoked.message().to_owned());
    texts.dedup();
    assert_eq!(
        texts.len(),
        1,
        "what is wrong with a key is nobody's business: {texts:?}"
    );
    let nobody = app.anonymous.ask(VIEWER, json!({})).await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_its_sockets_are_closed() {
    let app = TestApp::start().await;
    let (id, secret) = create_key(&app.home.owner, "READER").await;
    let caller = Caller::nobody(&app).with_key(&secret);
    caller.ask(VIEWER, json!({})).await.data();
    let mut idle = caller.connect().await;
    assert_eq!(idle.hear().await, Heard::Acknowledged);
    let mut busy = caller.subscribe(AGENT_CHANGED, json!({})).await;

    let revoked = app.home.owner.ok(REVOKE, json!({"id": id})).await;
    assert!(revoked["revokeApiKey"]["apiKey"]["revokedAt"].is_string());
    assert_eq!(
        caller.ask(VIEWER, json!({})).await.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(idle.hear().await, Heard::Closed(4403));
    let mut last = busy.hear().await;
    while matches!(last, Heard::Answer(_) | Heard::Complete) {
        last = busy.hear().await;
    }
    assert_eq!(last, Heard::Closed(4403));
    assert_eq!(caller.connect().await.hear().await, Heard::Closed(4401));

    let again = app.home.owner.ok(REVOKE, json!({"id": id})).await;
    assert_eq!(
        again["revokeApiKey"], revoked["revokeApiKey"],
        "the first date stays"
    );
    let keys = app.home.owner.ok(KEYS, json!({})).await;
    let all = keys["viewer"]["account"]["apiKeys"]["nodes"]
        .as_array()
        .unwrap();
    assert!(
        all.iter()
            .any(|key| key["id"] == id && key["revokedAt"].is_string()),
        "it stays in the list"
    );
    app.home.reader.ok(VIEWER, json!({})).await;
}

#[tokio::test]
async fn an_expired_key_is_refused_and_its_sockets_are_closed() {
    let app = TestApp::start().await;
    #[expect(clippy::disallowed_methods, reason = "the server's own clock decides")]
    let expires = chrono::Utc::now() + chrono::TimeDelta::seconds(10);
    let input = json!({"name": "short", "role": "READER", "expiresAt": expires.to_rfc3339()});
    let made = app.home.owner.ok(CREATE, json!({"input": input})).await;
    let caller = Caller::nobody(&app).with_key(made["createApiKey"]["secret"].as_str().unwrap());
    let mut socket = caller.connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);
    assert_eq!(socket.hear().await, Heard::Closed(4403));
    until("the key is refused", async || {
        caller.ask(VIEWER, json!({})).await.code() == "UNAUTHENTICATED"
    })
    .await;
}

#[tokio::test]
async fn the_input_of_a_new_key_is_validated() {
    let app = TestApp::start().await;
    let create = async |input: Value| app.home.owner.ask(CREATE, json!({"input": input})).await;
    assert_eq!(
        problem(
            &create(json!({"name": "past", "role": "READER", "expiresAt": "2020-01-01T00:00:00Z"}))
                .await
        ),
        "input.expiresAt"
    );
    assert_eq!(
        problem(&create(json!({"name": "above", "role": "OPERATOR"})).await),
        "input.role"
    );
    let both =
        create(json!({"name": "", "role": "OPERATOR", "expiresAt": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(
        both.0["errors"][0]["extensions"]["problems"]
            .as_array()
            .unwrap()
            .len(),
        3,
        "{both:?}"
    );
    // An operator that acts in an account cannot create an operator's key there.
    let inside = Caller::operator_in(&app, &app.home.id);
    assert_eq!(
        problem(
            &inside
                .ask(
                    CREATE,
                    json!({"input": {"name": "door", "role": "OPERATOR"}})
                )
                .await
        ),
        "input.role"
    );
    let owner = inside
        .ask(
            CREATE,
            json!({"input": {"name": "new owner", "role": "OWNER"}}),
        )
        .await;
    let secret = owner.data()["createApiKey"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let viewer = app.anonymous.with_key(&secret).ok(VIEWER, json!({})).await;
    assert_eq!(viewer["viewer"]["account"]["id"], app.home.id);
}

#[tokio::test]
async fn only_owners_list_keys_and_everyone_sees_their_own() {
    let app = TestApp::start().await;
    for client in [&app.home.reader, &app.home.member, &app.home.admin] {
        assert_eq!(client.ask(KEYS, json!({})).await.code(), "FORBIDDEN");
        let own = client.ok(VIEWER, json!({})).await["viewer"]["apiKey"]["id"].clone();
        let query = "query($id: ID!) { node(id: $id) { ... on ApiKey { name } } }";
        assert_eq!(
            client.ok(query, json!({"id": own})).await["node"]["name"],
            "test"
        );
    }
    let keys = app.home.owner.ok(KEYS, json!({})).await;
    assert_eq!(
        keys["viewer"]["account"]["apiKeys"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let listed = Caller::operator_in(&app, &app.home.id)
        .ask(KEYS, json!({}))
        .await;
    assert_eq!(
        listed.data()["viewer"]["account"]["apiKeys"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn an_owner_may_not_revoke_an_operators_key() {
    let app = TestApp::start().await;
    let operator = app.operator.ok(VIEWER, json!({})).await["viewer"]["apiKey"]["id"].clone();
    let foreign = app.home.owner.ask(REVOKE, json!({"id": operator})).await;
    assert_eq!(
        foreign.code(),
        "NOT_FOUND",
        "it is another account's: {foreign:?}"
    );
    app.operator.ok(VIEWER, json!({})).await;
}

#[tokio::test]
async fn only_operators_may_name_an_account() {
    let app = TestApp::start().await;
    let owner = Caller::of(&app, &app.home.owner);
    let own = owner
        .clone()
        .inside(&app.home.id)
        .ask(VIEWER, json!({}))
        .await;
    assert_eq!(
        own.data()["viewer"]["account"]["id"],
        app.home.id,
        "naming one's own changes nothing"
    );
    let foreign = owner.clone().inside(&app.stranger.id);
    let refused = foreign.ask(VIEWER, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(foreign.connect().await.hear().await, Heard::Closed(4403));
    let unknown = troupe::domain::AccountId::from_uuid(uuid::Uuid::now_v7()).to_string();
    let never = owner.clone().inside(&unknown).ask(VIEWER, json!({})).await;
    assert_eq!(
        (never.code(), never.message()),
        (refused.code(), refused.message()),
        "no account is given away"
    );
    let nobody = Caller::nobody(&app)
        .inside(&app.home.id)
        .ask(VIEWER, json!({}))
        .await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");

    let inside = Caller::operator_in(&app, &app.home.id)
        .ask(VIEWER, json!({}))
        .await;
    assert_eq!(
        inside.data()["viewer"],
        json!({"role": "OPERATOR", "account": {"id": app.home.id}, "apiKey": null})
    );
    let nowhere = Caller::operator_in(&app, &unknown)
        .ask(VIEWER, json!({}))
        .await;
    assert_eq!(nowhere.code(), "NOT_FOUND");
    let wrong = Caller::operator_in(&app, &app.home.agent)
        .ask(VIEWER, json!({}))
        .await;
    assert_eq!(problem(&wrong), "X-Account-ID");
}
