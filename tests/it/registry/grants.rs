//! Grants: what a tier permits, and how grants change.

use serde_json::{Value, json};

use super::{KEYS, at, built_in, grants_of, problem, registered, try_grant, try_revoke};
use crate::{
    support::{Client, TestApp, ToolServer},
    tools::LOCAL,
};

async fn agent_grants(client: &Client, agent: &str, server: &Value) -> Vec<Value> {
    let query = "query($id: ID!) { agent(by: {id: $id}) { toolGrants { server { id } tools policy hasToken } } }";
    let found = client.ok(query, json!({"id": agent})).await;
    grants_of(&found["agent"], server)
}

/// An agent with this tier of a template.
async fn an_agent(client: &Client, template: &str, tier: &str) -> String {
    let create =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let input = json!({"template": template, "tier": tier, "name": "New"});
    let made = client.ok(create, json!({"input": input})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn tools_are_granted_regranted_and_revoked() {
    let app = TestApp::with(&[LOCAL, KEYS]).await;
    let tools = ToolServer::start().await;
    let (admin, agent) = (&app.home.admin, &app.home.agent);
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let grant = |tools: Value, policy: &str| json!({"agentId": agent, "serverId": server, "tools": tools, "policy": policy});
    try_grant(admin, grant(json!(["find", "write"]), "AUTO"))
        .await
        .data();
    try_grant(admin, grant(json!(["write", "put"]), "APPROVE"))
        .await
        .data();
    let denied = try_grant(admin, grant(json!(["say"]), "DENY")).await;
    let expected = vec![
        json!({"tools": ["find"], "policy": "AUTO"}),
        json!({"tools": ["put", "write"], "policy": "APPROVE"}),
        json!({"tools": ["say"], "policy": "DENY"}),
    ];
    assert_eq!(
        grants_of(&denied.data()["grantTools"]["agent"], &server),
        expected
    );
    assert_eq!(
        agent_grants(&app.home.reader, agent, &server).await,
        expected
    );

    let revoke = |tools: Value| json!({"agentId": agent, "serverId": server, "tools": tools});
    let unknown = try_revoke(admin, revoke(json!(["find", "fnid", "count"]))).await;
    let problems = unknown.problem_paths();
    assert_eq!(problems, ["input.tools[1]", "input.tools[2]"]);
    try_revoke(admin, revoke(json!(["find", "say"])))
        .await
        .data();
    assert_eq!(
        agent_grants(admin, agent, &server).await,
        [json!({"tools": ["put", "write"], "policy": "APPROVE"})]
    );
    try_revoke(admin, revoke(Value::Null)).await.data();
    assert!(agent_grants(admin, agent, &server).await.is_empty());
    // Revoking twice is harmless.
    try_revoke(admin, revoke(Value::Null)).await.data();
}

#[tokio::test]
async fn two_concurrent_grants_are_both_kept() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let (admin, agent) = (&app.home.admin, &app.home.agent);
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let grant = |tool: &str| json!({"agentId": agent, "serverId": server, "tools": [tool]});
    let names = ["count", "fail", "find", "put", "say", "wait", "write"];
    let all = names.map(|name| try_grant(admin, grant(name)));
    for granted in futures::future::join_all(all).await {
        granted.data();
    }
    assert_eq!(
        agent_grants(admin, agent, &server).await,
        [json!({"tools": names, "policy": "AUTO"})]
    );
}

#[tokio::test]
async fn each_tool_that_cannot_be_granted_is_reported() {
    let app = TestApp::with(&[LOCAL, KEYS]).await;
    let tools = ToolServer::start().await;
    let (admin, agent) = (&app.home.admin, &app.home.agent);
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let many: Vec<_> = (0..201).map(|number| format!("tool_{number}")).collect();
    for (tools, path, said) in [
        (json!([]), "input.tools", "expected 1 to 200"),
        (json!(many), "input.tools", "201 tools"),
        (json!(["find", "find"]), "input.tools[1]", "twice"),
        (
            json!(["find", "fimd"]),
            "input.tools[1]",
            "did you mean \"find\"?",
        ),
        (
            json!(["", "find"]),
            "input.tools[0]",
            "no tool of this server",
        ),
        (
            json!(["find\u{0}"]),
            "input.tools[0]",
            "the character U+0000",
        ),
    ] {
        let reply = try_grant(
            admin,
            json!({"agentId": agent, "serverId": server, "tools": tools}),
        )
        .await;
        let (at, message) = problem(&reply);
        assert_eq!(at, path, "{message}");
        assert!(message.contains(said), "{message}");
    }
    let token = json!({"agentId": agent, "serverId": server, "tools": ["find"], "token": "a b"});
    assert_eq!(problem(&try_grant(admin, token).await).0, "input.token");
    assert!(agent_grants(admin, agent, &server).await.is_empty());
}

#[tokio::test]
async fn a_tier_limits_the_tools_of_each_server() {
    let app = TestApp::start().await;
    let (admin, agent) = (&app.home.admin, &app.home.agent);
    // The standard tier of support: basic_tickets.
    let tickets = built_in(admin, "tickets").await;
    let grant = |server: &Value, tools: Value| json!({"agentId": agent, "serverId": server["id"], "tools": tools});
    let refused = try_grant(
        admin,
        grant(&tickets, json!(["get_ticket", "update_ticket"])),
    )
    .await;
    let (path, message) = problem(&refused);
    assert_eq!(path, "input.tools[1]");
    assert!(
        message.contains("the pricing tier \"standard\" does not include it"),
        "{message}"
    );
    assert!(message.contains("create_ticket"), "{message}");
    let crm = built_in(admin, "crm").await;
    let (_, message) = problem(&try_grant(admin, grant(&crm, json!(["find_contacts"]))).await);
    assert!(message.contains("none of this server"), "{message}");
    let token = json!({"agentId": agent, "serverId": tickets["id"], "tools": ["get_ticket"], "token": "token"});
    assert_eq!(problem(&try_grant(admin, token).await).0, "input.token");
}

#[tokio::test]
async fn a_new_agent_is_granted_the_built_in_tools_of_its_tier() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let (tickets, crm) = (
        built_in(admin, "tickets").await,
        built_in(admin, "crm").await,
    );
    assert_eq!(
        agent_grants(admin, &app.home.agent, &tickets["id"]).await,
        [
            json!({"tools": ["add_comment", "create_ticket", "find_tickets", "get_ticket"], "policy": "AUTO"})
        ]
    );
    assert!(
        agent_grants(admin, &app.home.agent, &crm["id"])
            .await
            .is_empty()
    );
    // A destructive tool needs an approval.
    let seller = an_agent(admin, "sales_agent", "enterprise").await;
    let grants = agent_grants(admin, &seller, &crm["id"]).await;
    assert_eq!(grants.len(), 2, "{grants:?}");
    assert_eq!(grants[0]["policy"], "AUTO");
    assert!(
        grants[0]["tools"]
            .as_array()
            .unwrap()
            .contains(&json!("find_contacts"))
    );
    assert_eq!(grants[1]["policy"], "APPROVE");
    assert!(
        grants[1]["tools"]
            .as_array()
            .unwrap()
            .contains(&json!("delete_contact"))
    );
}

#[tokio::test]
async fn agents_are_found_by_a_granted_tool() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let (admin, agent) = (&app.home.admin, &app.home.agent);
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let found = async |tool: &str| {
        let query =
            "query($tool: String!) { agents(filter: {tool: $tool}) { totalCount nodes { id } } }";
        let found = app.home.reader.ok(query, json!({"tool": tool})).await;
        found["agents"].clone()
    };
    assert_eq!(found("find").await["totalCount"], 0);
    let grant = |tool: &str, policy: &str| json!({"agentId": agent, "serverId": server, "tools": [tool], "policy": policy});
    try_grant(admin, grant("find", "APPROVE")).await.data();
    try_grant(admin, grant("write", "DENY")).await.data();
    assert_eq!(
        found("find").await,
        json!({"totalCount": 1, "nodes": [{"id": agent}]})
    );
    for tool in ["write", "FIND", "fin", "", "$.find", "find' OR 1=1 --"] {
        assert_eq!(found(tool).await["totalCount"], 0, "{tool}");
    }
    assert_eq!(found("get_ticket").await["totalCount"], 1);
}
