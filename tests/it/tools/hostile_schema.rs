//! Expensive schemas: refused where a client gives them, and limited to one tool where a server sends them.

use serde_json::{Map, Value, json};

use super::{LOCAL, Workshop, calls_of, run_of};
use crate::{
    support::{Reply, TestApp},
    template::{publish, template},
};

const SERVER: &str =
    "query($id: ID!) { node(id: $id) { ... on McpServer { status problem toolsChangedSinceApproval
    supportedTools { name available unavailableReason } } } }";
const REFRESH: &str = "mutation($id: ID!) { refreshMcpServer(input: {id: $id}) { mcpServer { id } added removed changed } }";

/// Definitions that each combine the next one twice: a kilobyte that expands to 2^levels schemas.
fn doubling(keyword: &str, levels: usize) -> Map<String, Value> {
    let level = |level: usize| {
        let next = json!({"$ref": format!("#/$defs/a{}", level + 1)});
        (
            format!("a{level}"),
            json!({ keyword: [next.clone(), next] }),
        )
    };
    let mut definitions: Map<String, Value> = (0..levels).map(level).collect();
    definitions.insert(format!("a{levels}"), json!({}));
    definitions
}

/// A schema whose compilation would not end.
fn endless() -> Value {
    json!({
        "type": "object",
        "$ref": "#/$defs/a0",
        "$defs": doubling("allOf", 18),
        "unevaluatedProperties": false,
    })
}

/// Schemas that are refused, each with a part of the message.
fn hostile() -> Vec<(Value, &'static str)> {
    let with = |keyword: &str| json!({"type": "object", "$ref": "#/$defs/a0", "$defs": doubling(keyword, 25)});
    let chain: Map<String, Value> = (0..900)
        .map(|link| {
            (
                format!("a{link}"),
                json!({"$ref": format!("#/$defs/a{}", link + 1)}),
            )
        })
        .collect();
    let large = "stands for over 10000 schemas";
    vec![
        (endless(), large),
        (with("allOf"), large),
        (with("anyOf"), large),
        (with("oneOf"), large),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/a0"}}, "$defs": chain}),
            "nests over 64 levels deep",
        ),
        (
            json!({"type": "object", "allOf": [{"$ref": "#"}]}),
            "refers to itself for the same value",
        ),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "unevaluatedProperties": false}),
            "has unevaluatedProperties together with a reference to itself",
        ),
        (
            json!({"type": "object", "properties": {"a": {"pattern": "(\\w{900}){900}"}}}),
            "cannot be used",
        ),
    ]
}

async fn register(app: &TestApp, name: &str, schema: &Value) -> Reply {
    let tool = json!({"name": "act", "description": "Acts.", "inputSchema": schema});
    let input = json!({"name": name, "type": "demo", "endpointUrl": "http://127.0.0.1:9/act",
        "transport": "ACTION_HTTP", "stateless": true, "tools": [tool]});
    let query = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id } } }";
    app.home.admin.ask(query, json!({"input": input})).await
}

fn first_problem(reply: &Reply) -> (String, String) {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problem = &reply.0["errors"][0]["extensions"]["problems"][0];
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    (text("path"), text("message"))
}

#[tokio::test]
async fn a_hostile_schema_is_refused_at_registration_with_the_reason() {
    let app = TestApp::with(&[LOCAL]).await;
    for (schema, reason) in hostile() {
        let reply = register(&app, "Hostile", &schema).await;
        let (path, message) = first_problem(&reply);
        assert_eq!(path, "input.tools[0]");
        assert!(
            message.contains("the tool \"act\" has an input schema that")
                && message.contains(reason),
            "{message}"
        );
    }
    // A schema that refers to itself one level further down is harmless.
    let tree = json!({"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}});
    register(&app, "Tree", &tree).await.data();
}

#[tokio::test]
async fn a_hostile_schema_is_refused_in_a_template() {
    let app = TestApp::start().await;
    for field in ["configSchema", "contextSchema"] {
        for (mut schema, reason) in hostile() {
            schema["additionalProperties"] = false.into();
            let mut input = template("hostile", "1.0.0");
            input[field] = schema;
            let (path, message) = first_problem(&publish(&app.operator, input).await);
            assert!(path.starts_with(&format!("input.{field}")), "{path}");
            assert!(message.contains(reason), "{message}");
        }
    }
}

#[tokio::test]
async fn a_tool_that_becomes_hostile_disables_only_itself() {
    let workshop = Workshop::granting(&["find", "put"], "AUTO").await;
    let home = &workshop.app.home;
    workshop.tools.redefine("find", "inputSchema", endless());
    for _ in 0..2 {
        workshop.model_calls(&[("workshop__find", json!({})), ("workshop__put", json!({}))]);
        workshop.model_says("One of them.");
        let seen = workshop.chat().await;
        let calls = calls_of(&home.reader, &run_of(&seen)).await;
        let status = [&calls[0]["status"], &calls[1]["status"]];
        assert_eq!(status, [&json!("DENIED"), &json!("SUCCEEDED")], "{calls:?}");
    }
    assert_eq!(workshop.tools.count("find"), 0);
    assert_eq!(workshop.tools.count("put"), 2);

    // A refresh approves the other tools that the server offers now.
    let refreshed = home.admin.ok(REFRESH, json!({"id": workshop.server})).await;
    assert_eq!(refreshed["refreshMcpServer"]["removed"], json!(["find"]));
    let server = home.reader.ok(SERVER, json!({"id": workshop.server})).await["node"].clone();
    assert_eq!(server["status"], "AVAILABLE");
    assert_eq!(server["toolsChangedSinceApproval"], false);
    for tool in server["supportedTools"].as_array().unwrap() {
        let is_hostile = tool["name"] == "find";
        assert_eq!(tool["available"], !is_hostile, "{tool}");
        if is_hostile {
            let reason = tool["unavailableReason"].as_str().unwrap();
            assert!(reason.contains("stands for over 10000 schemas"), "{reason}");
        }
    }
}

#[tokio::test]
async fn arguments_too_expensive_to_validate_are_refused_unvalidated() {
    let workshop = Workshop::open().await;
    let alternatives: Vec<Value> = (0..900).map(|number| json!({"const": number})).collect();
    workshop.tools.redefine(
        "put",
        "inputSchema",
        json!({"type": "object", "properties": {"list": {"type": "array", "items": {"anyOf": alternatives}}}}),
    );
    let home = &workshop.app.home;
    home.admin.ok(REFRESH, json!({"id": workshop.server})).await;
    workshop.grant(&["put"], "AUTO").await;
    let many = json!({"list": vec![1; 3000]});
    workshop.model_calls(&[
        ("workshop__put", many),
        ("workshop__put", json!({"list": [1, 2]})),
    ]);
    workshop.model_says("Done.");
    let seen = workshop.chat().await;
    let calls = calls_of(&home.reader, &run_of(&seen)).await;
    assert_eq!(calls[0]["status"], "FAILED", "{calls:?}");
    let error = calls[0]["error"].as_str().unwrap();
    assert!(error.contains("takes too long to check"), "{error}");
    assert_eq!(calls[1]["status"], "SUCCEEDED", "{calls:?}");
}
