//! Valid and refused registrations, with their messages.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{KEYS, at, problem, registered, try_register};
use crate::{
    support::{SHAPES, TestApp, ToolServer},
    tools::LOCAL,
};

fn with(mut input: Value, name: &str, value: Value) -> Value {
    input[name] = value;
    input
}

#[tokio::test]
async fn registering_a_server_discovers_and_approves_its_tools() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let server = registered(&app.home.admin, at("Workshop", &tools.url)).await;
    assert_eq!(
        [
            &server["name"],
            &server["type"],
            &server["transport"],
            &server["status"]
        ],
        ["Workshop", "demo", "STREAMABLE_HTTP", "AVAILABLE"]
    );
    assert_eq!(server["endpointUrl"], tools.url);
    assert_eq!(
        [
            &server["stateless"],
            &server["global"],
            &server["hasToken"],
            &server["toolsChangedSinceApproval"],
            &server["problem"]
        ],
        [
            &json!(true),
            &json!(false),
            &json!(false),
            &json!(false),
            &Value::Null
        ]
    );
    let names: Vec<_> = server["supportedTools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["count", "fail", "find", "put", "say", "wait", "write"]
    );
    let find = super::tool(&server["supportedTools"], "find");
    assert_eq!(find["description"], "Does find.");
    assert_eq!(find["inputSchema"]["type"], "object");
    assert_eq!(find["annotations"], json!({"readOnlyHint": true}));
    assert_eq!(
        [
            &find["policy"],
            &find["available"],
            &find["unavailableReason"]
        ],
        [&json!("AUTO"), &json!(true), &Value::Null]
    );
    assert_eq!(find["server"]["id"], server["id"]);
}

#[tokio::test]
async fn an_action_http_server_lists_its_tools() {
    let app = TestApp::with(&[LOCAL]).await;
    let action = json!({
        "name": "Orders", "type": "orders", "endpointUrl": "http://127.0.0.1:9/actions", "transport": "ACTION_HTTP", "stateless": true,
        "tools": [
            {"name": "find_order", "description": "Finds an order.", "inputSchema": {"type": "object"}, "readOnly": true},
            {"name": "cancel_order", "description": "Cancels an order.", "inputSchema": {"type": "object"}},
        ],
    });
    let server = registered(&app.home.admin, action).await;
    assert_eq!(
        [&server["transport"], &server["status"]],
        ["ACTION_HTTP", "AVAILABLE"]
    );
    let annotations = |name| &super::tool(&server["supportedTools"], name)["annotations"];
    assert_eq!(annotations("find_order"), &json!({"readOnlyHint": true}));
    assert_eq!(annotations("cancel_order"), &Value::Null);
}

/// A change that makes a valid server invalid, the path of the problem, and a part of its message.
const WRONG: &[(&str, &str, &str)] = &[
    (r#"{"name": " "}"#, "input.name", "blank"),
    (r#"{"name": "a\u202eb"}"#, "input.name", "U+202E"),
    (r#"{"type": ""}"#, "input.type", "lowercase"),
    (r#"{"type": "CRM"}"#, "input.type", "lowercase"),
    (r#"{"type": "a-b"}"#, "input.type", "lowercase"),
    (r#"{"token": ""}"#, "input.token", "empty"),
    (r#"{"token": "two words"}"#, "input.token", "space"),
    (r#"{"token": "line\nbreak"}"#, "input.token", "character"),
    (r#"{"tools": []}"#, "input.tools", "leave it out"),
    (
        r#"{"accountIds": ["account_01h455vb4pex5vsknk084sn02q"]}"#,
        "input.accountIds",
        "operator",
    ),
    (
        r#"{"endpointUrl": "https://a:b@example.com/"}"#,
        "input.endpointUrl",
        "user name",
    ),
    (
        r#"{"endpointUrl": "stdio:///bin/sh"}"#,
        "input.endpointUrl",
        "scheme",
    ),
    (r#"{"transport": "ACTION_HTTP"}"#, "input.tools", "missing"),
];

/// A change that makes the tools of a server over plain HTTP invalid, with the problem.
const WRONG_TOOLS: &[(&str, &str, &str)] = &[
    ("[]", "input.tools", "0 tools"),
    (
        r#"[{"name": "", "description": "", "inputSchema": {"type": "object"}}]"#,
        "input.tools[0]",
        "name",
    ),
    (
        r#"[{"name": "..", "description": "", "inputSchema": {"type": "object"}}]"#,
        "input.tools[0]",
        "name",
    ),
    (
        r#"[{"name": "a/b", "description": "", "inputSchema": {"type": "object"}}]"#,
        "input.tools[0].name",
        "path",
    ),
    (
        r#"[{"name": "a", "description": "", "inputSchema": {"type": "object"}},
            {"name": "a", "description": "", "inputSchema": {"type": "object"}}]"#,
        "input.tools[1].name",
        "another tool",
    ),
    (
        r#"[{"name": "a", "description": "", "inputSchema": {"type": "array"}}]"#,
        "input.tools[0]",
        "object",
    ),
    (
        r#"[{"name": "a", "description": "", "inputSchema": {"type": "object", "properties": {"b": {"type": "numbre"}}}}]"#,
        "input.tools[0]",
        "schema",
    ),
];

async fn assert_refused(app: &TestApp, input: Value, path: &str, said: &str) {
    let reply = try_register(&app.home.admin, input.clone()).await;
    let (at, message) = problem(&reply);
    assert_eq!(at, path, "{input}: {message}");
    assert!(message.contains(said), "{input}: {message}");
    // A problem of a token never contains it.
    assert!(!message.contains("two words"), "{message}");
}

#[tokio::test]
async fn problems_of_a_server_are_reported_by_field() {
    let app = TestApp::with(&[KEYS]).await;
    let right = || at("Workshop", "https://tools.example.com/mcp");
    for (wrong, path, said) in WRONG {
        let mut input = right();
        let wrong: Value = serde_json::from_str(wrong).unwrap();
        for (name, value) in wrong.as_object().unwrap() {
            input[name] = value.clone();
        }
        assert_refused(&app, input, path, said).await;
    }
    for (name, longest) in [("name", 120), ("type", 63), ("token", 4_000)] {
        let long = with(right(), name, json!("n".repeat(longest + 1)));
        let said = format!("at most {longest}");
        assert_refused(&app, long, &format!("input.{name}"), &said).await;
    }
    let action = |tools: &str| {
        let input = with(right(), "transport", json!("ACTION_HTTP"));
        with(input, "tools", serde_json::from_str(tools).unwrap())
    };
    for (tools, path, said) in WRONG_TOOLS {
        assert_refused(&app, action(tools), path, said).await;
    }
    let tool = r#"[{"name": "a", "description": "", "inputSchema": {"type": "object"}}]"#;
    let query = with(
        action(tool),
        "endpointUrl",
        json!("https://example.com/a?b=c"),
    );
    assert_refused(&app, query, "input.endpointUrl", "query").await;
    assert!(super::names(&app.home.reader).await.is_empty());
}

#[tokio::test]
async fn no_spelling_of_an_address_reaches_a_private_network() {
    let app = TestApp::with(&[KEYS]).await;
    let (port, reached) = canary().await;
    assert!(SHAPES.len() >= 60);
    let mut unresolved = 0;
    for (number, shape) in SHAPES.iter().enumerate() {
        let url = shape.replace(":P", &format!(":{port}"));
        let mut input = at(&format!("Spy {number}"), &url);
        input["token"] = "secret-of-the-tenant".into();
        let reply = try_register(&app.home.admin, input).await;
        assert!(
            !reply.0.to_string().contains("secret-of-the-tenant"),
            "{url}"
        );
        if reply.0.get("errors").is_some() {
            let (path, _) = problem(&reply);
            assert_eq!(path, "input.endpointUrl", "{url}");
            continue;
        }
        // A name that does not resolve here: the server is registered, and unavailable.
        let server = &reply.data()["registerMcpServer"]["mcpServer"];
        assert_eq!(server["status"], "UNAVAILABLE", "{url}");
        assert_eq!(server["supportedTools"], json!([]), "{url}");
        unresolved += 1;
    }
    assert!(unresolved <= 5, "{unresolved}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// A server that must not be reached: its port, and the number of its connections.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    // Ends with the test's runtime.
    drop(tokio::runtime::Handle::current().spawn(async move {
        loop {
            drop(listener.accept().await);
            count.fetch_add(1, Ordering::SeqCst);
        }
    }));
    (port, reached)
}

#[tokio::test]
async fn a_server_name_is_unique_per_owner() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    registered(&app.home.admin, at("Workshop", &tools.url)).await;
    let again = try_register(&app.home.admin, at("Workshop", &tools.url)).await;
    assert_eq!(again.code(), "CONFLICT");
    assert!(again.message().contains("input.name"), "{again:?}");
    registered(&app.stranger.admin, at("Workshop", &tools.url)).await;
    let two = futures::join!(
        try_register(&app.home.admin, at("Twin", &tools.url)),
        try_register(&app.home.admin, at("Twin", &tools.url))
    );
    let codes = [two.0.code(), two.1.code()];
    assert!(
        codes.contains(&"CONFLICT") && codes.contains(&""),
        "{codes:?}"
    );
}

#[tokio::test]
async fn the_number_of_servers_of_an_account_is_bounded() {
    let app = TestApp::with(&[LOCAL, ("TROUPE_QUOTAS_STANDARD_MCP_SERVERS", "100")]).await;
    let action = |number: usize| {
        json!({
            "name": format!("Server {number}"), "type": "many", "endpointUrl": "http://127.0.0.1:9/", "transport": "ACTION_HTTP", "stateless": true,
            "tools": [{"name": "do", "description": "", "inputSchema": {"type": "object"}}],
        })
    };
    for number in 0..100 {
        registered(&app.home.admin, action(number)).await;
    }
    let more = try_register(&app.home.admin, action(100)).await;
    assert_eq!(more.code(), "QUOTA_EXCEEDED");
    assert_eq!(
        more.message(),
        "MCP servers: 100 of 100 used; remove some, or ask for a larger tier"
    );
    registered(&app.stranger.admin, action(100)).await;

    // All pages, with each item once.
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query($after: String) { mcpServers(first: 30, after: $after) { totalCount nodes { name type } pageInfo { hasNextPage endCursor } } }";
        let page = app.home.reader.ok(query, json!({"after": after})).await["mcpServers"].clone();
        let nodes = page["nodes"].as_array().unwrap();
        seen.extend(
            nodes
                .iter()
                .filter(|node| node["type"] == "many")
                .map(|node| node["name"].clone()),
        );
        assert!(page["totalCount"].as_u64().unwrap() >= 100);
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let expected: Vec<_> = (0..100)
        .map(|number| json!(format!("Server {number}")))
        .collect();
    assert_eq!(seen, expected);
}
