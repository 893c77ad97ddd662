//! Tokens of servers: sealed in storage, sent only to their server, never returned.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{KEYS, at, problem, registered, server, try_grant, try_register, try_update, updated};
use crate::{
    support::{TestApp, ToolServer},
    tools::LOCAL,
};

#[tokio::test]
async fn a_token_is_sealed_sent_and_never_returned() {
    let app = TestApp::with(&[LOCAL, KEYS]).await;
    let tools = ToolServer::start().await;
    let mut input = at("Workshop", &tools.url);
    input["token"] = "token-of-the-server".into();
    let registered = registered(&app.home.admin, input).await;
    assert_eq!(registered["hasToken"], true);
    let seen = [
        registered.to_string(),
        server(&app.home.owner, &registered["id"]).await.to_string(),
        app.home
            .owner
            .ok("{ auditLog { nodes { detail } } }", json!({}))
            .await
            .to_string(),
    ];
    for text in seen {
        assert!(!text.contains("token-of-the-server"), "{text}");
    }
    let database = app.connect().await;
    let question = "SELECT token FROM mcp_servers WHERE token IS NOT NULL";
    let rows = database
        .query_all_raw(Statement::from_string(
            database.get_database_backend(),
            question,
        ))
        .await
        .unwrap();
    let sealed: Vec<u8> = rows[0].try_get("", "token").unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("token-of"));
    let removed = updated(&app.home.admin, &registered["id"], json!({"token": null})).await;
    assert_eq!(removed["hasToken"], false);
}

#[tokio::test]
async fn without_a_key_ring_no_token_is_stored() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let mut input = at("Workshop", &tools.url);
    input["token"] = "token-of-the-server".into();
    let reply = try_register(&app.home.admin, input).await;
    assert_eq!(reply.code(), "UNAVAILABLE");
    assert!(reply.message().contains("ask its operator"), "{reply:?}");
}

#[tokio::test]
async fn a_changed_address_needs_a_new_token_and_drops_the_agents_tokens() {
    let app = TestApp::with(&[LOCAL, KEYS]).await;
    let (tools, elsewhere) = (ToolServer::start().await, ToolServer::start().await);
    let admin = &app.home.admin;
    let mut input = at("Workshop", &tools.url);
    input["token"] = "token-of-the-server".into();
    let known = registered(admin, input).await;
    let grant = json!({"agentId": app.home.agent, "serverId": known["id"], "tools": ["find"], "token": "token-of-the-agent"});
    let granted = try_grant(admin, grant).await;
    let grants = |reply: &serde_json::Value| reply["toolGrants"].clone();
    let own = |grants: &serde_json::Value| {
        let grants = grants.as_array().unwrap().iter();
        grants
            .filter(|grant| grant["server"]["id"] == known["id"])
            .map(|grant| grant["hasToken"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(own(&grants(&granted.data()["grantTools"]["agent"])), [true]);

    let moved = try_update(admin, &known["id"], json!({"endpointUrl": elsewhere.url})).await;
    let (path, message) = problem(&moved);
    assert_eq!(path, "input.token", "{message}");
    let moved = updated(
        admin,
        &known["id"],
        json!({"endpointUrl": elsewhere.url, "token": "token-of-the-other"}),
    )
    .await;
    assert_eq!(
        (&moved["endpointUrl"], &moved["hasToken"]),
        (&json!(elsewhere.url), &json!(true))
    );
    let agent = admin
        .ok(
            "query($id: ID!) { agent(by: {id: $id}) { toolGrants { server { id } hasToken } } }",
            json!({"id": app.home.agent}),
        )
        .await;
    assert_eq!(own(&grants(&agent["agent"])), [false]);
}
