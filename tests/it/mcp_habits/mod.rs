//! Habits of MCP servers as they are in the world: each file of `tests/upstreams/mcp` is one habit, and adding a habit
//! is adding a file. Its keys are in `tests/upstreams/mcp/README.md`.

mod server;

use serde_json::{Map, Value, json};

use self::server::HabitServer;
use crate::{
    support::{Script, TestApp},
    tools::{LOCAL, calls_of, follow, run_of, told},
};

const REGISTER: &str = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id status problem supportedTools { name available unavailableReason } } } }";
const GRANT: &str =
    "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }";
const REMOVE: &str = "mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }";

/// The files and their names, in order.
fn habits() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upstreams/mcp");
    let mut habits: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let file = serde_json::from_str(&text);
            (
                name.clone(),
                file.unwrap_or_else(|error| panic!("{name}: {error}")),
            )
        })
        .collect();
    habits.sort_by(|a, b| a.0.cmp(&b.0));
    habits
}

#[tokio::test]
async fn every_habit_of_a_server_is_handled() {
    let app = TestApp::with(&[LOCAL]).await;
    let mut failed = Vec::new();
    let habits = habits();
    assert!(habits.len() >= 30);
    for (name, habit) in habits {
        for problem in problems(&app, &habit).await {
            failed.push(format!("{name}: {problem}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What differs from the expectations of the file.
async fn problems(app: &TestApp, habit: &Value) -> Vec<String> {
    let admin = &app.home.admin;
    let server = HabitServer::start(habit.clone()).await;
    let mut input =
        json!({"name": "Habit", "type": "demo", "endpointUrl": server.url, "stateless": false});
    for (key, value) in habit["register"].as_object().into_iter().flatten() {
        input[key] = value.clone();
    }
    let registered = admin.ok(REGISTER, json!({"input": input})).await;
    let registered = &registered["registerMcpServer"]["mcpServer"];
    let mut problems = registration_problems(registered, &habit["expect"]);
    if registered["problem"].is_null() {
        let called = call_problems(app, habit, &registered["id"]).await;
        problems.extend(called);
    }
    admin.ok(REMOVE, json!({"id": registered["id"]})).await;
    problems
}

fn registration_problems(registered: &Value, expected: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let problem = registered["problem"].as_str();
    match (problem, expected["problem"].as_str()) {
        (None, None) => {}
        (Some(problem), Some(words)) if problem.contains(words) => {}
        (problem, _) => problems.push(format!("problem {problem:?}")),
    }
    let none = Map::new();
    let unavailable = expected["unavailable"].as_object().unwrap_or(&none);
    let tools = registered["supportedTools"].as_array().unwrap();
    for tool in tools.iter().filter(|tool| tool["available"] == false) {
        let reason = tool["unavailableReason"].as_str().unwrap();
        let words = unavailable.get(tool["name"].as_str().unwrap());
        if problem.is_none() && !words.is_some_and(|words| reason.contains(words.as_str().unwrap()))
        {
            problems.push(format!("{} is not available: {reason}", tool["name"]));
        }
    }
    for name in unavailable.keys() {
        if !tools
            .iter()
            .any(|tool| tool["name"] == name.as_str() && tool["available"] == false)
        {
            problems.push(format!("{name} is available"));
        }
    }
    problems
}

async fn call_problems(app: &TestApp, habit: &Value, server: &Value) -> Vec<String> {
    let expected = &habit["expect"];
    let usual =
        json!([{"tool": "echo", "arguments": {"text": "hi"}, "status": "SUCCEEDED", "told": "hi"}]);
    let calls = expected["calls"].as_array().or(usual.as_array()).unwrap();
    let granted: Vec<&Value> = calls.iter().map(|call| &call["tool"]).collect();
    let mut granted: Vec<String> = granted
        .iter()
        .map(|tool| tool.as_str().unwrap().to_owned())
        .collect();
    granted.sort();
    granted.dedup();
    // every tool that can be used is offered, so that one that a provider refuses is noticed
    granted.extend(
        expected["alsoGranted"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|tool| tool.as_str().unwrap().to_owned()),
    );
    let input = json!({"agentId": app.home.agent, "serverId": server, "tools": granted});
    app.home.admin.ok(GRANT, json!({"input": input})).await;
    let mut problems = Vec::new();
    for call in calls {
        let name = format!("habit__{}", call["tool"].as_str().unwrap());
        app.upstream
            .will(Script::calls(&[(&name, call["arguments"].clone())]));
        app.upstream.will(Script::says(&["Done."]));
        let input = json!({"message": "Do it.", "agentId": app.home.agent});
        let events = follow(&app.home.member, input).await;
        let made = calls_of(&app.home.reader, &run_of(&events)).await;
        let asked = app.upstream.asked();
        let last = asked.last().unwrap();
        let words = call["told"].as_str().unwrap_or_default();
        if made.len() != 1 || made[0]["status"] != call["status"] || !told(last).contains(words) {
            problems.push(format!(
                "{} expected, {made:?} seen, told {:.300}",
                call["status"],
                told(last)
            ));
        }
        for tool in last["tools"].as_array().into_iter().flatten() {
            problems.extend(refusals(&tool["function"]["parameters"]));
        }
    }
    problems
}

/// The reasons why a provider refuses a tool's parameters, by the documented rules of OpenAI and Gemini.
fn refusals(root: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if root["type"] != "object" || !root["properties"].is_object() {
        found.push(format!("no object with properties: {root}"));
    }
    for keyword in ["oneOf", "anyOf", "allOf", "enum", "not"] {
        if root.get(keyword).is_some() {
            found.push(format!("{keyword} at the root: {root}"));
        }
    }
    let mut open = vec![root];
    while let Some(schema) = open.pop() {
        let Some(fields) = schema.as_object() else {
            continue;
        };
        if fields.get("type") == Some(&json!("array")) && !fields.contains_key("items") {
            found.push(format!("an array without items: {schema}"));
        }
        for keyword in [
            "$ref",
            "$defs",
            "const",
            "patternProperties",
            "exclusiveMinimum",
            "$schema",
            "additionalProperties",
        ] {
            if fields.contains_key(keyword) {
                found.push(format!("{keyword}: {schema}"));
            }
        }
        open.extend(
            fields
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::values),
        );
        open.extend(fields.get("items"));
        open.extend(
            fields
                .get("anyOf")
                .and_then(Value::as_array)
                .into_iter()
                .flatten(),
        );
    }
    found
}
