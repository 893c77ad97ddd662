//! The tools that an agent can use now, and the reason for each that it cannot.

use serde_json::{Value, json};

use super::{at, registered, tool, try_grant, try_refresh, updated};
use crate::{
    support::{TestApp, ToolServer},
    tools::LOCAL,
};

async fn capabilities(app: &TestApp) -> Value {
    let query = "query($id: ID!) { agent(by: {id: $id}) { availability { state reasons { code text } } capabilities { tools { name description policy available unavailableReason server { name } } } } }";
    app.home
        .reader
        .ok(query, json!({"id": app.home.agent}))
        .await["agent"]
        .clone()
}

#[tokio::test]
async fn tools_show_their_policy_and_availability() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    for (name, policy) in [("find", "AUTO"), ("write", "APPROVE"), ("say", "DENY")] {
        let grant = json!({"agentId": app.home.agent, "serverId": server, "tools": [name], "policy": policy});
        try_grant(admin, grant).await.data();
    }
    let seen = capabilities(&app).await;
    assert_eq!(seen["availability"]["state"], "AVAILABLE");
    let known = &seen["capabilities"]["tools"];
    let state = |name: &str| {
        let tool = tool(known, name);
        json!([tool["policy"], tool["available"], tool["server"]["name"]])
    };
    assert_eq!(state("find"), json!(["AUTO", true, "Workshop"]));
    assert_eq!(state("write"), json!(["APPROVE", true, "Workshop"]));
    assert_eq!(state("say"), json!(["DENY", false, "Workshop"]));
    assert_eq!(state("get_ticket")[1], true);
    assert_eq!(
        tool(known, "say")["unavailableReason"],
        "its grant denies it"
    );

    // The tool was removed from its server.
    tools.remove("find");
    try_refresh(admin, &server).await.data();
    let seen = capabilities(&app).await;
    let find = tool(&seen["capabilities"]["tools"], "find");
    assert_eq!(find["available"], false);
    assert!(
        find["unavailableReason"]
            .as_str()
            .unwrap()
            .contains("does not offer it"),
        "{find}"
    );
}

#[tokio::test]
async fn a_silent_server_degrades_the_agents_that_use_it() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let grant = json!({"agentId": app.home.agent, "serverId": server, "tools": ["find"]});
    try_grant(admin, grant).await.data();
    updated(
        admin,
        &server,
        json!({"endpointUrl": "http://127.0.0.1:9/mcp"}),
    )
    .await;
    let seen = capabilities(&app).await;
    assert_eq!(seen["availability"]["state"], "DEGRADED");
    let reason = seen["availability"]["reasons"][0]["text"].as_str().unwrap();
    assert!(reason.contains("tools of \"Workshop\""), "{reason}");
    assert_eq!(
        tool(&seen["capabilities"]["tools"], "find")["available"],
        false
    );
    assert_eq!(
        tool(&seen["capabilities"]["tools"], "get_ticket")["available"],
        true
    );
}

#[tokio::test]
async fn a_tool_removed_from_a_tier_cannot_be_used() {
    let app = TestApp::start().await;
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"premium\", name: \"Premium\"}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let id = &made["createAgent"]["agent"]["id"];
    let change = "mutation($id: ID!) { updateAgent(input: {id: $id, tier: \"standard\"}) { agent { capabilities { tools { name available unavailableReason } } } } }";
    let changed = app.home.admin.ok(change, json!({"id": id})).await;
    let tools = &changed["updateAgent"]["agent"]["capabilities"]["tools"];
    assert_eq!(tool(tools, "get_ticket")["available"], true);
    let find = tool(tools, "find_contacts");
    assert_eq!(find["available"], false);
    assert!(
        find["unavailableReason"]
            .as_str()
            .unwrap()
            .contains("pricing tier \"standard\""),
        "{find}"
    );
}
