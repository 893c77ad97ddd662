//! Owners of servers: the operator, for all or some accounts, or one account.

use serde_json::{Value, json};

use super::{
    at, built_in, names, problem, registered, server, try_grant, try_refresh, try_register,
    try_remove, try_update, updated,
};
use crate::{
    caller::Caller,
    support::{TestApp, ToolServer},
    tools::LOCAL,
};

#[tokio::test]
async fn an_operators_server_is_usable_and_not_changeable_by_every_account() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let global = registered(&app.operator, at("Everybody's", &tools.url)).await;
    assert_eq!(global["global"], true);
    for account in [&app.home, &app.stranger] {
        assert_eq!(names(&account.reader).await, ["Everybody's"]);
        assert_eq!(server(&account.reader, &global["id"]).await["global"], true);
        let grant = json!({"agentId": account.agent, "serverId": global["id"], "tools": ["find"]});
        let tier = try_grant(&account.admin, grant).await;
        // The tier of this agent has tools of its own account's servers, and of some types.
        assert_eq!(problem(&tier).0, "input.tools[0]");
        for refused in [
            try_update(&account.owner, &global["id"], json!({"name": "Mine"})).await,
            try_refresh(&account.owner, &global["id"]).await,
            try_remove(&account.owner, &global["id"]).await,
        ] {
            assert_eq!(refused.code(), "FORBIDDEN", "{refused:?}");
        }
    }
    let renamed = updated(&app.operator, &global["id"], json!({"name": "All's"})).await;
    assert_eq!(renamed["name"], "All's");
    try_remove(&app.operator, &global["id"]).await.data();
    assert!(names(&app.home.reader).await.is_empty());
}

#[tokio::test]
async fn a_server_for_some_accounts_is_not_found_by_others() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let mut input = at("Some's", &tools.url);
    input["accountIds"] = json!([app.home.id]);
    let some = registered(&app.operator, input).await;
    assert_eq!(names(&app.home.reader).await, ["Some's"]);
    assert!(names(&app.stranger.reader).await.is_empty());
    assert_eq!(names(&app.operator).await, ["Some's"]);
    assert_eq!(server(&app.stranger.owner, &some["id"]).await, Value::Null);
    let refused = try_update(&app.stranger.owner, &some["id"], json!({"name": "Mine"})).await;
    assert_eq!(refused.code(), "NOT_FOUND");

    let other = json!({"accountIds": [app.stranger.id]});
    updated(&app.operator, &some["id"], other).await;
    assert!(names(&app.home.reader).await.is_empty());
    assert_eq!(names(&app.stranger.reader).await, ["Some's"]);
    updated(&app.operator, &some["id"], json!({"accountIds": null})).await;
    assert_eq!(names(&app.home.reader).await, ["Some's"]);
}

#[tokio::test]
async fn named_accounts_must_exist_and_be_distinct() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let never = troupe::domain::AccountId::from_uuid(uuid::Uuid::now_v7()).to_string();
    for (ids, path, said) in [
        (
            json!([app.home.id, never]),
            "input.accountIds[1]",
            "no such account",
        ),
        (
            json!([app.home.id, app.home.id]),
            "input.accountIds[1]",
            "twice",
        ),
        (json!([]), "input.accountIds", "empty"),
        (
            json!([app.home.agent]),
            "input.accountIds[0]",
            "expected an account id",
        ),
    ] {
        let mut input = at("Some's", &tools.url);
        input["accountIds"] = ids;
        let (at, message) = problem(&try_register(&app.operator, input).await);
        assert_eq!(at, path, "{message}");
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn an_operator_inside_an_account_registers_for_that_account() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let inside = Caller::operator_in(&app, &app.home.id);
    let register = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id global } } }";
    let mut input = at("Home's", &tools.url);
    input["accountIds"] = json!([app.home.id]);
    let refused = inside.ask(register, json!({"input": input})).await;
    assert_eq!(problem(&refused).0, "input.accountIds");
    let input = at("Home's", &tools.url);
    let made = inside.ask(register, json!({"input": input})).await;
    let made = &made.data()["registerMcpServer"]["mcpServer"];
    assert_eq!(made["global"], false);
    assert_eq!(names(&app.home.reader).await, ["Home's"]);
    assert!(names(&app.stranger.reader).await.is_empty());
    assert!(names(&app.operator).await.is_empty());
    // The account owns the server and may change it.
    updated(&app.home.admin, &made["id"], json!({"name": "Ours"})).await;
}

#[tokio::test]
async fn built_in_servers_cannot_be_changed() {
    let app = TestApp::start().await;
    let crm = built_in(&app.home.reader, "crm").await;
    assert_eq!(
        (&crm["transport"], &crm["global"], &crm["status"]),
        (&json!("STREAMABLE_HTTP"), &json!(true), &json!("AVAILABLE"))
    );
    for client in [&app.home.owner, &app.operator] {
        for refused in [
            try_update(
                client,
                &crm["id"],
                json!({"endpointUrl": "https://example.com/"}),
            )
            .await,
            try_refresh(client, &crm["id"]).await,
            try_remove(client, &crm["id"]).await,
        ] {
            assert_eq!(refused.code(), "FORBIDDEN", "{refused:?}");
        }
    }
    assert_eq!(built_in(&app.home.reader, "crm").await, crm);
}
