//! Sessions of MCP clients: their owner, their number, and their end.

use serde_json::{Value, json};

use super::{Bare, post};
use crate::{
    access::create_key,
    support::{Client, TestApp, until},
};

async fn send(app: &TestApp, client: &Client, session: Option<&str>, message: Value) -> Bare {
    let key = format!("Bearer {}", client.key());
    let mut headers = vec![
        ("authorization", key.as_str()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    headers.extend(session.map(|session| ("mcp-session-id", session)));
    post(app, "crm", &headers, &message).await
}

async fn open(app: &TestApp, client: &Client) -> Bare {
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    send(app, client, None, hello).await
}

/// A session that is ready for calls.
async fn session(app: &TestApp, client: &Client) -> String {
    let opened = open(app, client).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let session = opened.headers["mcp-session-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(send(app, client, Some(&session), ready).await.status, 202);
    session
}

fn list() -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
}

#[tokio::test]
async fn a_session_of_another_key_is_not_found() {
    let app = TestApp::start().await;
    let home = &app.home;
    let session = session(&app, &home.member).await;
    assert_eq!(
        send(&app, &home.member, Some(&session), list())
            .await
            .status,
        200
    );
    // Neither for another account, nor for another key of the same one.
    for thief in [&app.stranger.owner, &home.owner, &app.operator] {
        let refused = send(&app, thief, Some(&session), list()).await;
        assert_eq!(refused.status, 404, "{refused:?}");
    }
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let knock = |method: reqwest::Method, client: &Client, server: &str| {
        http.request(method, format!("{}/mcp/{server}", app.url))
            .bearer_auth(client.key())
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", "2025-11-25")
            .send()
    };
    let listened = knock(reqwest::Method::GET, &app.stranger.owner, "crm")
        .await
        .unwrap();
    assert_eq!(listened.status().as_u16(), 404);
    knock(reqwest::Method::DELETE, &app.stranger.owner, "crm")
        .await
        .unwrap();
    // Nor at another server.
    let elsewhere = knock(reqwest::Method::GET, &home.member, "pricing")
        .await
        .unwrap();
    assert_eq!(elsewhere.status().as_u16(), 404);
    assert_eq!(
        send(&app, &home.member, Some(&session), list())
            .await
            .status,
        200
    );
    let closed = knock(reqwest::Method::DELETE, &home.member, "crm")
        .await
        .unwrap();
    assert!(closed.status().is_success(), "{closed:?}");
    until("the session is closed", || async {
        send(&app, &home.member, Some(&session), list())
            .await
            .status
            == 404
    })
    .await;
}

#[tokio::test]
async fn the_number_of_sessions_is_bounded_and_ended_ones_free_slots() {
    let app = TestApp::configured("http: {mcp: {sessions_per_key: 2, sessions: 3}}", &[]).await;
    let home = &app.home;
    let first = session(&app, &home.member).await;
    session(&app, &home.member).await;
    let refused = open(&app, &home.member).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    session(&app, &home.admin).await;
    let refused = open(&app, &home.owner).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let close = http
        .delete(format!("{}/mcp/crm", app.url))
        .bearer_auth(home.member.key())
        .header("mcp-session-id", first);
    assert!(close.send().await.unwrap().status().is_success());
    until("a place is free", || async {
        open(&app, &home.owner).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn sessions_are_counted_per_account_beside_per_key() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_STANDARD_MCP_SESSIONS", "2")]).await;
    let home = &app.home;
    session(&app, &home.member).await;
    session(&app, &home.admin).await;
    let refused = open(&app, &home.owner).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert!(
        refused.body.contains(
            "2 MCP sessions of this account are open, at most 2 are allowed; close one first"
        ),
        "{refused:?}"
    );
    session(&app, &app.stranger.owner).await;
}

#[tokio::test]
async fn an_idle_session_ends() {
    let settings = "http: {mcp: {session_idle_ms: 3000, sessions_per_key: 1}}";
    let app = TestApp::configured(settings, &[]).await;
    let session = session(&app, &app.home.member).await;
    assert_eq!(open(&app, &app.home.member).await.status, 429);
    until("its place is free again", || async {
        open(&app, &app.home.member).await.status == 200
    })
    .await;
    assert_eq!(
        send(&app, &app.home.member, Some(&session), list())
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_revoked_key_loses_its_sessions() {
    let app = TestApp::start().await;
    let (id, secret) = create_key(&app.home.owner, "MEMBER").await;
    let client = app.home.owner.with_key(&secret);
    let session = session(&app, &client).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let listening = http
        .get(format!("{}/mcp/crm", app.url))
        .bearer_auth(client.key())
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-11-25")
        .send()
        .await
        .unwrap();
    assert_eq!(listening.status().as_u16(), 200);
    let revoke = "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }";
    app.home.owner.ok(revoke, json!({"id": id})).await;
    // The stream ends on its own.
    let rest = tokio::time::timeout(crate::support::PATIENCE, listening.text()).await;
    assert!(rest.is_ok(), "the stream outlived its key");
    assert_eq!(
        send(&app, &client, Some(&session), list()).await.status,
        401
    );
}

#[tokio::test]
async fn sessions_and_streams_end_with_the_server() {
    let mut app = TestApp::start().await;
    let session = session(&app, &app.home.member).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let listening = http
        .get(format!("{}/mcp/crm", app.url))
        .bearer_auth(app.home.member.key())
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-11-25")
        .send()
        .await
        .unwrap();
    assert_eq!(listening.status().as_u16(), 200);
    // Fails when a task of the server is left.
    tokio::time::timeout(crate::support::PATIENCE, app.stop())
        .await
        .unwrap();
    let _ = listening.text().await;
}
