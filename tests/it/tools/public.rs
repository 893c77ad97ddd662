//! Public MCP servers in normal operation: registered, granted, and used in a chat.

use serde_json::json;

use super::{LOCAL, calls_of, follow, grant, register, run_of, told};
use crate::support::{PublicServer, RunningServer, Script, TestApp};

#[tokio::test]
async fn a_chat_uses_the_tools_of_the_public_everything_server() {
    let app = TestApp::with(&[LOCAL]).await;
    let home = &app.home;
    let running = RunningServer::start(PublicServer::Everything).await;
    let server = register(&home.admin, "Everything", &running.url).await;
    let found = home.reader.ok("query($id: ID!) { node(id: $id) { ... on McpServer { supportedTools { name inputSchema available } } } }", json!({"id": server})).await;
    let tools = found["node"]["supportedTools"].as_array().unwrap();
    assert!(
        tools
            .iter()
            .any(|tool| tool["name"] == "get-sum" && tool["available"] == true)
    );
    grant(
        &home.admin,
        &home.agent,
        &server,
        &["get-sum", "get-structured-content"],
        "AUTO",
    )
    .await;

    app.upstream.will(Script::calls(&[
        ("everything__get-sum", json!({"a": 2, "b": 3})),
        ("everything__get-sum", json!({"a": "two", "b": 3})),
        (
            "everything__get-structured-content",
            json!({"location": "Chicago"}),
        ),
    ]));
    app.upstream.will(Script::says(&["Five, and mild."]));
    let input = json!({"message": "Add, and look outside.", "agentId": home.agent});
    let seen = follow(&home.member, input).await;
    assert_eq!(
        seen.last().unwrap()["message"]["text"],
        "Five, and mild.",
        "{seen:?}"
    );
    let calls = calls_of(&home.reader, &run_of(&seen)).await;
    let statuses: Vec<_> = calls
        .iter()
        .map(|call| call["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["SUCCEEDED", "FAILED", "SUCCEEDED"], "{calls:?}");
    assert!(
        calls[1]["error"]
            .as_str()
            .unwrap()
            .starts_with("arguments.a: ")
    );
    assert!(
        calls[2]["result"]["temperature"].is_number(),
        "{}",
        calls[2]
    );
    let asked = app.upstream.asked();
    let messages = asked[1]["messages"].as_array().unwrap();
    let sum = messages
        .iter()
        .find(|message| message["tool_call_id"] == "call_0")
        .unwrap();
    assert_eq!(sum["content"], "The sum of 2 and 3 is 5.");
}

#[tokio::test]
async fn two_agents_have_separate_sessions_on_a_public_memory_server() {
    let app = TestApp::with(&[LOCAL]).await;
    let home = &app.home;
    let running = RunningServer::start(PublicServer::Memory).await;
    let server = register(&home.admin, "Memory", &running.url).await;
    let made = home.admin.ok("mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Other\"}) { agent { id } } }", json!({})).await;
    let other = made["createAgent"]["agent"]["id"].as_str().unwrap();
    let agents = [(home.agent.as_str(), "Ada"), (other, "Grace")];
    for (agent, name) in agents {
        grant(
            &home.admin,
            agent,
            &server,
            &["create_entities", "read_graph"],
            "AUTO",
        )
        .await;
        let entity = json!({"name": name, "entityType": "person", "observations": ["likes tea"]});
        app.upstream.will(Script::calls(&[(
            "memory__create_entities",
            json!({"entities": [entity]}),
        )]));
        app.upstream.will(Script::says(&["Noted."]));
        follow(
            &home.member,
            json!({"message": "Remember.", "agentId": agent}),
        )
        .await;
    }
    // In a later chat, the agent still has the same session.
    for ((agent, own), foreign) in agents.into_iter().zip(["Grace", "Ada"]) {
        app.upstream
            .will(Script::calls(&[("memory__read_graph", json!({}))]));
        app.upstream.will(Script::says(&["That is all."]));
        follow(
            &home.member,
            json!({"message": "Whom do you know?", "agentId": agent}),
        )
        .await;
        let asked = app.upstream.asked();
        let graph = told(asked.last().unwrap());
        assert!(graph.contains(own) && !graph.contains(foreign), "{graph}");
    }
}
