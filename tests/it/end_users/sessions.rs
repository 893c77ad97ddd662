//! Sessions: begun by the account's server, and limited.

use serde_json::{Value, json};

use super::{CREATE, RENEW, REVOKE, SEND, VIEWER, begin, browser, read, with_token};
use crate::support::{Client, Reply, Script, TestApp};

const END_USERS: &str = "query($filter: EndUserFilter, $first: Int, $after: String) {
    endUsers(filter: $filter, first: $first, after: $after) { totalCount nodes { externalId displayName lastSeenAt }
        pageInfo { hasNextPage endCursor } } }";

#[tokio::test]
async fn a_session_acts_as_its_end_user() {
    let app = TestApp::start().await;
    let input = json!({"endUser": "ada@example.com", "displayName": "Ada", "tokens": 5_000, "messagesPerMinute": 7});
    let made = begin(&app, input).await;
    let token = read(&made["token"]);
    assert!(token.starts_with("ts_") && token.len() == 46, "{token}");
    assert_eq!(
        made["session"]["limits"],
        json!({"messagesPerMinute": 7, "tokens": 5_000})
    );
    assert_eq!(made["session"]["endUser"]["displayName"], "Ada");
    let ada = with_token(&app, &made);
    let viewer = ada.ok(VIEWER, json!({})).await["viewer"].clone();
    assert_eq!(viewer["role"], "END_USER");
    assert_eq!(viewer["session"]["id"], made["session"]["id"]);
    assert_eq!(viewer["endUser"]["externalId"], "ada@example.com");

    let sent = ada.ok(SEND, json!({"input": {"message": "Hello"}})).await;
    let conversation = &sent["sendMessage"]["run"]["conversation"];
    assert_eq!(conversation["endUser"], "ada@example.com");

    // a second session of the same person, without a name, keeps the name
    let again = begin(&app, json!({"endUser": "ada@example.com"})).await;
    assert_eq!(again["session"]["endUser"], made["session"]["endUser"]);
    let again = with_token(&app, &again);
    let list = again
        .ok("{ conversations { nodes { id } } }", json!({}))
        .await;
    assert_eq!(
        list["conversations"]["nodes"],
        json!([{"id": conversation["id"]}])
    );
}

#[tokio::test]
async fn only_administrators_begin_and_revoke_sessions() {
    let app = TestApp::start().await;
    let ada = browser(&app, "ada").await;
    for client in [&app.home.member, &app.home.reader, &ada] {
        let input = json!({"input": {"endUser": "eve"}});
        assert_eq!(client.ask(CREATE, input).await.code(), "FORBIDDEN");
        let input = json!({"input": {"endUser": "ada"}});
        assert_eq!(client.ask(REVOKE, input).await.code(), "FORBIDDEN");
        assert_eq!(client.ask(END_USERS, json!({})).await.code(), "FORBIDDEN");
    }
    let renewed = app.home.admin.ask(RENEW, json!({"token": "ts_x"})).await;
    assert_eq!(renewed.code(), "FORBIDDEN");
    let role = "mutation { createApiKey(input: {name: \"x\", role: END_USER}) { secret } }";
    let refused = app.home.owner.ask(role, json!({})).await;
    assert_eq!(refused.problem_paths(), ["input.role"]);
}

#[tokio::test]
async fn the_input_of_a_session_is_validated() {
    let app = TestApp::start().await;
    let wrong = json!({
        "endUser": " ", "displayName": "a\nb", "agentIds": [], "expiresInSeconds": 9, "messagesPerMinute": 0, "tokens": 0,
        "origins": ["https://a.example/path", "example.com", "capacitor://localhost", "https://ok.example:8443"],
    });
    let refused = app.home.admin.ask(CREATE, json!({"input": wrong})).await;
    let mut paths = refused.problem_paths();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "input.agentIds",
            "input.displayName",
            "input.endUser",
            "input.expiresInSeconds",
            "input.messagesPerMinute",
            "input.origins[0]",
            "input.origins[1]",
            "input.tokens"
        ]
    );
    let input = json!({"endUser": "ada", "agentIds": [app.stranger.agent]});
    let refused = app.home.admin.ask(CREATE, json!({"input": input})).await;
    assert_eq!(refused.code(), "NOT_FOUND");
    let stranger = app
        .stranger
        .admin
        .ask(REVOKE, json!({"input": {"endUser": "nobody"}}))
        .await;
    assert_eq!(stranger.code(), "NOT_FOUND");
}

#[tokio::test]
async fn a_refused_token_says_why() {
    let app = TestApp::start().await;
    let why = async |made: &Value| -> String {
        let refused = with_token(&app, made).ask(VIEWER, json!({})).await;
        assert_eq!(refused.code(), "UNAUTHENTICATED", "{refused:?}");
        refused.message().to_owned()
    };
    let unknown = json!({"token": "ts_never"});
    assert_eq!(why(&unknown).await, "the session is unknown");

    let old = begin(&app, json!({"endUser": "ada"})).await;
    let new = begin(&app, json!({"endUser": "ada"})).await;
    let ada = with_token(&app, &old);
    let renewed = ada.ok(RENEW, json!({"token": new["token"]})).await;
    assert_eq!(
        renewed["renewSession"]["session"]["id"],
        new["session"]["id"]
    );
    assert!(why(&old).await.starts_with("the session was renewed"));

    let input = json!({"input": {"sessionId": new["session"]["id"]}});
    let revoked = app.home.admin.ok(REVOKE, input.clone()).await;
    assert_eq!(revoked["revokeSessions"]["revoked"], 1);
    assert_eq!(why(&new).await, "the session was revoked");
    let again = app.home.admin.ok(REVOKE, input).await;
    assert_eq!(again["revokeSessions"]["revoked"], 0);
    let log = "{ auditLog(first: 1) { nodes { action subject } } }";
    let entry = app.home.admin.ok(log, json!({})).await["auditLog"]["nodes"][0].clone();
    assert_eq!(
        entry,
        json!({"action": "revokeSessions", "subject": new["session"]["id"]})
    );

    let two = [browser(&app, "bob").await, browser(&app, "bob").await];
    let all = json!({"input": {"endUser": "bob"}});
    let revoked = app.home.admin.ok(REVOKE, all).await;
    assert_eq!(revoked["revokeSessions"]["revoked"], 2);
    for browser in two {
        let refused = browser.ask(VIEWER, json!({})).await;
        assert_eq!(refused.message(), "the session was revoked");
    }
}

#[tokio::test]
async fn a_session_is_renewed_by_one_of_the_same_end_user_only() {
    let app = TestApp::start().await;
    let ada = browser(&app, "ada").await;
    let bob = begin(&app, json!({"endUser": "bob"})).await;
    for token in [
        read(&bob["token"]),
        "ts_never".to_owned(),
        app.home.admin.key().to_owned(),
    ] {
        let refused = ada.ask(RENEW, json!({"token": token})).await;
        assert_eq!(refused.problem_paths(), ["input.token"], "{refused:?}");
        assert!(!refused.message().contains(&token));
    }
    ada.ok(VIEWER, json!({})).await;
    with_token(&app, &bob).ok(VIEWER, json!({})).await;
    // the token of the session itself changes nothing
    let own = ada.key().to_owned();
    ada.ok(RENEW, json!({"token": own})).await;
    ada.ok(VIEWER, json!({})).await;
}

#[tokio::test]
async fn a_session_with_origins_works_from_their_pages_only() {
    let app = TestApp::with(&[(
        "TROUPE_ALLOWED_ORIGINS",
        "https://shop.example,https://other.example",
    )])
    .await;
    let made = begin(
        &app,
        json!({"endUser": "ada", "origins": ["https://shop.example"]}),
    )
    .await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let from = async |origin: Option<&str>| {
        let mut request = http
            .post(format!("{}/graphql", app.url))
            .bearer_auth(made["token"].as_str().unwrap())
            .json(&json!({"query": "{ viewer { role } }"}));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        Reply(request.send().await.unwrap().json().await.unwrap())
    };
    from(Some("https://shop.example")).await.data();
    for origin in [None, Some("https://other.example")] {
        assert_eq!(from(origin).await.code(), "FORBIDDEN", "{origin:?}");
    }
}

#[tokio::test]
async fn a_session_with_agents_reaches_no_other() {
    let app = TestApp::start().await;
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let sales = read(&made["createAgent"]["agent"]["id"]);
    let made = begin(&app, json!({"endUser": "ada", "agentIds": [sales]})).await;
    assert_eq!(made["session"]["agents"], json!([{"id": sales}]));
    let ada = with_token(&app, &made);
    let listed = ada
        .ok("{ agents { totalCount nodes { id } } }", json!({}))
        .await;
    assert_eq!(
        listed["agents"],
        json!({"totalCount": 1, "nodes": [{"id": sales}]})
    );
    let other = json!({"input": {"message": "Hello", "agentId": app.home.agent}});
    assert_eq!(ada.ask(SEND, other).await.code(), "NOT_FOUND");
    let routed = json!({"input": {"message": "My invoice is broken, open a ticket"}});
    let sent = ada.ok(SEND, routed).await;
    assert_eq!(sent["sendMessage"]["run"]["agent"]["id"], sales.as_str());

    // a conversation with another agent, from an earlier session, goes on with an agent of this one
    let input = json!({"message": "Hello", "endUser": "ada", "agentId": app.home.agent});
    let earlier = app.home.member.ok(SEND, json!({"input": input})).await;
    let earlier = &earlier["sendMessage"]["run"]["conversation"]["id"];
    let input = json!({"message": "And then?", "conversationId": earlier});
    let sent = ada.ok(SEND, json!({"input": input})).await;
    assert_eq!(sent["sendMessage"]["run"]["agent"]["id"], sales.as_str());
}

#[tokio::test]
async fn an_end_user_sees_active_agents_only() {
    let app = TestApp::start().await;
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Draft\", activate: false}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let draft = read(&made["createAgent"]["agent"]["id"]);
    let ada = browser(&app, "ada").await;
    let listed = ada
        .ok(
            "{ agents(filter: {status: [CONFIGURING, SUSPENDED]}) { totalCount } all: agents { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(listed["agents"]["totalCount"], 0);
    assert_eq!(listed["all"]["totalCount"], 1);
    let one = "query($id: ID!) { agent(by: {id: $id}) { id } node(id: $id) { id } }";
    let found = ada.ok(one, json!({"id": draft})).await;
    assert_eq!(found, json!({"agent": null, "node": null}));
    let own = json!({"id": app.home.agent});
    let asked = "query($id: ID!) { agent(by: {id: $id}) { name availability { state reasons { code } } capabilities { skills { id } } } }";
    let found = ada.ok(asked, own).await;
    assert_eq!(found["agent"]["availability"]["state"], "AVAILABLE");
}

#[tokio::test]
async fn the_messages_and_tokens_of_a_session_are_limited() {
    let app = TestApp::start().await;
    let slow = json!({"endUser": "ada", "messagesPerMinute": 1});
    let first = with_token(&app, &begin(&app, slow.clone()).await);
    let second = with_token(&app, &begin(&app, slow).await);
    let hello = json!({"input": {"message": "Hello"}});
    let messages = async || left(&second).await["messages"].clone();
    assert_eq!(messages().await, json!({"limit": 1, "remaining": 1}));
    // to its end, because the next script is for another run
    first
        .subscribe(super::CHAT, hello.clone())
        .await
        .rest()
        .await;
    assert_eq!(messages().await, json!({"limit": 1, "remaining": 0}));
    let refused = second.ask(SEND, hello.clone()).await;
    assert_eq!(refused.code(), "RATE_LIMITED", "counted by end user");
    assert!(
        refused
            .message()
            .contains("an end user may have 1 a minute")
    );

    let made = begin(&app, json!({"endUser": "bob", "tokens": 9_000})).await;
    let bob = with_token(&app, &made);
    let budget = |left: i64| json!([{"scope": "END_USER", "tokens": 9_000, "tokensLeft": left, "costUsd": null, "enforcement": "BLOCK"}]);
    assert_eq!(left(&bob).await["budgets"], budget(9_000));
    app.upstream
        .will(Script::default().text("Hello").done_at(8_990, 10));
    let stream = bob.subscribe(super::CHAT, hello.clone()).await;
    let last = stream.rest().await.pop().unwrap();
    assert_eq!(last.data()["chat"]["__typename"], "RunSucceeded");
    let refused = bob.ask(SEND, hello.clone()).await;
    assert_eq!(refused.code(), "QUOTA_EXCEEDED", "{refused:?}");
    assert_eq!(left(&bob).await["budgets"], budget(0));
    let found = app.home.admin.ok(USED, json!({})).await;
    assert_eq!(
        found["endUser"]["usage"],
        json!({"inputTokens": 8_990, "outputTokens": 10})
    );
    browser(&app, "bob").await.ok(SEND, hello).await;
}

/// What bob's runs used.
const USED: &str = "{ endUser(externalId: \"bob\") {
    usage(range: {from: \"2026-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\"}) { inputTokens outputTokens } } }";

/// What is left for a caller.
async fn left(client: &Client) -> Value {
    let query = "{ rateLimit { messages { limit remaining } budgets { scope tokens tokensLeft costUsd enforcement } } }";
    client.ok(query, json!({})).await["rateLimit"].clone()
}

#[tokio::test]
async fn an_account_lists_and_finds_its_end_users() {
    let app = TestApp::start().await;
    for (id, name) in [("u-1", "Ada Lovelace"), ("u-2", "Böb"), ("ada-3", "Carol")] {
        begin(&app, json!({"endUser": id, "displayName": name})).await;
    }
    // a person who was only named in a message
    let input = json!({"message": "Hello", "endUser": "u-4"});
    app.home
        .member
        .ok(SEND, json!({"input": input.clone()}))
        .await;
    app.home.member.ok(SEND, json!({"input": input})).await;
    let ids = |list: &Value| -> Vec<String> {
        let nodes = list["endUsers"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| read(&node["externalId"])).collect()
    };
    let admin = &app.home.admin;
    let all = admin.ok(END_USERS, json!({})).await;
    assert_eq!(ids(&all), ["u-4", "ada-3", "u-2", "u-1"]);
    assert_eq!(all["endUsers"]["totalCount"], 4);
    assert_eq!(all["endUsers"]["nodes"][0]["lastSeenAt"], Value::Null);
    let found = admin
        .ok(END_USERS, json!({"filter": {"search": "ADA"}}))
        .await;
    assert_eq!(ids(&found), ["ada-3", "u-1"]);
    let found = admin
        .ok(END_USERS, json!({"filter": {"search": "bÖB"}}))
        .await;
    assert_eq!(ids(&found), ["u-2"]);
    let page = admin.ok(END_USERS, json!({"first": 3})).await;
    let after = page["endUsers"]["pageInfo"]["endCursor"].clone();
    let rest = admin
        .ok(END_USERS, json!({"first": 3, "after": after}))
        .await;
    assert_eq!(ids(&rest), ["u-1"]);
    let foreign = app.stranger.admin.ok(END_USERS, json!({})).await;
    assert_eq!(foreign["endUsers"]["totalCount"], 0);
    let one = "{ endUser(externalId: \"u-4\") { id conversations { totalCount } } nobody: endUser(externalId: \"x\") { id } }";
    let found = admin.ok(one, json!({})).await;
    assert_eq!(found["endUser"]["conversations"]["totalCount"], 2);
    assert_eq!(found["nobody"], Value::Null);
}
