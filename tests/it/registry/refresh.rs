//! Discovery: tools are listed again and compared with the approved ones.

use serde_json::{Value, json};

use super::{at, registered, server, tool, try_refresh, try_register};
use crate::{
    support::{ReservedPort, TestApp, ToolServer},
    tools::LOCAL,
};

#[tokio::test]
async fn a_refresh_reports_and_approves_added_removed_and_changed_tools() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    let same = try_refresh(admin, &known["id"]).await.data()["refreshMcpServer"].clone();
    for part in ["added", "removed", "changed"] {
        assert_eq!(same[part], json!([]), "{part}");
    }
    tools.add("extra");
    tools.remove("say");
    tools.redefine("find", "description", json!("Finds it."));
    tools.redefine("put", "annotations", json!({}));
    // No discovery has taken place yet.
    let before = server(admin, &known["id"]).await;
    assert_eq!(before["toolsChangedSinceApproval"], false);
    let refreshed = try_refresh(admin, &known["id"]).await.data()["refreshMcpServer"].clone();
    assert_eq!(refreshed["added"], json!(["extra"]));
    assert_eq!(refreshed["removed"], json!(["say"]));
    assert_eq!(refreshed["changed"], json!(["find", "put"]));
    let now = &refreshed["mcpServer"];
    assert_eq!(now["toolsChangedSinceApproval"], false);
    assert_eq!(
        tool(&now["supportedTools"], "find")["description"],
        "Finds it."
    );
    assert_eq!(tool(&now["supportedTools"], "find")["available"], true);
}

#[tokio::test]
async fn an_unreachable_server_is_registered_and_unavailable_until_it_answers() {
    let app = TestApp::with(&[LOCAL]).await;
    let admin = &app.home.admin;
    // A port on which no process listens.
    let free = ReservedPort::new();
    let url = format!("http://{}/mcp", free.address());
    let silent = registered(admin, at("Silent", &url)).await;
    assert_eq!(silent["status"], "UNAVAILABLE");
    assert!(
        silent["problem"]
            .as_str()
            .is_some_and(|why| !why.is_empty()),
        "{silent}"
    );
    assert_eq!(
        (&silent["supportedTools"], &silent["discoveredAt"]),
        (&json!([]), &Value::Null)
    );
    let again = try_refresh(admin, &silent["id"]).await;
    assert_eq!(again.code(), "UNAVAILABLE");
    assert!(again.message().contains("could not be asked"), "{again:?}");

    let tools = ToolServer::start().await;
    let change = json!({"endpointUrl": tools.url});
    let answers = super::updated(admin, &silent["id"], change).await;
    assert_eq!(
        (&answers["status"], &answers["problem"]),
        (&json!("AVAILABLE"), &Value::Null)
    );
    assert_eq!(answers["supportedTools"].as_array().unwrap().len(), 7);
    assert_eq!(tool(&answers["supportedTools"], "find")["available"], true);
}

#[tokio::test]
async fn a_refresh_that_fails_keeps_the_approved_tools() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let known = registered(admin, at("Workshop", &tools.url)).await;
    drop(tools);
    let refused = try_refresh(admin, &known["id"]).await;
    assert_eq!(refused.code(), "UNAVAILABLE");
    let kept = server(admin, &known["id"]).await;
    for part in ["discoveredAt", "updatedAt"] {
        assert_eq!(kept[part], known[part], "{part}");
    }
    let names = |server: &Value| -> Vec<Value> {
        let tools = server["supportedTools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].clone()).collect()
    };
    assert_eq!(names(&kept), names(&known));
}

#[tokio::test]
async fn an_unusable_tool_is_listed_with_the_reason_and_the_others_are_approved() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    tools.redefine(
        "find",
        "inputSchema",
        json!({"type": "object", "properties": {"a": {"type": "numbre"}}}),
    );
    let reply = try_register(&app.home.admin, at("Broken", &tools.url)).await;
    let server = &reply.data()["registerMcpServer"]["mcpServer"];
    assert_eq!(
        (&server["status"], &server["problem"]),
        (&json!("AVAILABLE"), &Value::Null)
    );
    for tool in server["supportedTools"].as_array().unwrap() {
        let is_broken = tool["name"] == "find";
        assert_eq!(tool["available"], !is_broken, "{tool}");
    }
    let reason = &tool(&server["supportedTools"], "find")["unavailableReason"];
    let reason = reason.as_str().unwrap();
    assert!(
        reason.contains("the tool \"find\" has an input schema that cannot be used"),
        "{reason}"
    );
}
