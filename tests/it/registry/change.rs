//! Changes of servers: what stays, what is discovered again, and conflicts.

use serde_json::{Value, json};

use super::{at, problem, registered, server, tool, try_remove, try_update, updated};
use crate::{
    support::{TestApp, ToolServer},
    tools::LOCAL,
};

#[tokio::test]
async fn omitted_fields_stay_unchanged() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    let renamed = updated(admin, &known["id"], json!({"name": "Werkstatt"})).await;
    assert_eq!(renamed["name"], "Werkstatt");
    for part in [
        "type",
        "endpointUrl",
        "stateless",
        "supportedTools",
        "createdAt",
    ] {
        assert_eq!(renamed[part], known[part], "{part}");
    }
    assert_ne!(renamed["updatedAt"], known["updatedAt"]);
    let stateful = updated(admin, &known["id"], json!({"stateless": false})).await;
    assert_eq!(stateful["stateless"], false);
    for (change, path) in [
        (json!({"name": ""}), "input.name"),
        (
            json!({"endpointUrl": "http://10.0.0.1/"}),
            "input.endpointUrl",
        ),
        (json!({"token": "a b"}), "input.token"),
        (json!({"tools": []}), "input.tools"),
        (json!({"accountIds": null}), "input.accountIds"),
    ] {
        let reply = try_update(admin, &known["id"], change).await;
        assert_eq!(problem(&reply).0, path);
    }
}

#[tokio::test]
async fn a_new_address_triggers_discovery_and_approval() {
    let app = TestApp::with(&[LOCAL]).await;
    let (tools, other) = (ToolServer::start().await, ToolServer::start().await);
    other.redefine("find", "description", json!("Finds it elsewhere."));
    other.remove("say");
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    let moved = updated(admin, &known["id"], json!({"endpointUrl": other.url})).await;
    assert_eq!(moved["toolsChangedSinceApproval"], false);
    let find = tool(&moved["supportedTools"], "find");
    assert_eq!(
        (&find["description"], &find["available"]),
        (&json!("Finds it elsewhere."), &json!(true))
    );
    assert_eq!(moved["supportedTools"].as_array().unwrap().len(), 6);
    let nowhere = json!({"endpointUrl": "http://127.0.0.1:9/mcp"});
    let lost = updated(admin, &known["id"], nowhere).await;
    assert_eq!(lost["status"], "UNAVAILABLE");
    assert_eq!(lost["supportedTools"], json!([]));
}

#[tokio::test]
async fn of_two_concurrent_changes_one_is_a_conflict() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    let change = |name: &str| json!({"name": name, "expectedUpdatedAt": known["updatedAt"]});
    let (one, other) = futures::join!(
        try_update(admin, &known["id"], change("One")),
        try_update(admin, &known["id"], change("Other"))
    );
    let codes = [one.code(), other.code()];
    assert!(
        codes.contains(&"CONFLICT") && codes.contains(&""),
        "{codes:?}"
    );
    let late = try_update(admin, &known["id"], change("Late")).await;
    assert_eq!(late.code(), "CONFLICT");
}

#[tokio::test]
async fn removing_a_server_removes_its_grants() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    let grant = json!({"agentId": app.home.agent, "serverId": known["id"], "tools": ["find"]});
    super::try_grant(admin, grant).await.data();
    let removed = try_remove(admin, &known["id"]).await;
    assert_eq!(removed.data()["removeMcpServer"]["deletedId"], known["id"]);
    assert_eq!(server(admin, &known["id"]).await, Value::Null);
    assert_eq!(try_remove(admin, &known["id"]).await.code(), "NOT_FOUND");
    let agent = admin
        .ok(
            "query($id: ID!) { agent(by: {id: $id}) { toolGrants { server { id } tools policy } } }",
            json!({"id": app.home.agent}),
        )
        .await;
    assert!(super::grants_of(&agent["agent"], &known["id"]).is_empty());
    // The name is free again.
    registered(admin, at("Workshop", &tools.url)).await;
}
