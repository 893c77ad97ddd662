//! Tool definitions that a server may not offer, and the messages of their refusals.

use rmcp::model::Tool;
use serde_json::json;

use super::{
    LIMITS, endpoint, host,
    tool_server::{BOTH, Generation, ToolServer, tool},
};
use crate::{
    adapter::mcp::McpLimits,
    domain::McpTransport::StreamableHttp,
    port::{ToolHealth, ToolHost},
};

/// The problem of the last tool that is listed, and the number of tools that can be used.
async fn last_problem(tools: Vec<Tool>, limits: McpLimits) -> (String, usize) {
    let server = ToolServer::offering(Generation::Newest, tools, 100).await;
    let endpoint = endpoint(&server.url, StreamableHttp);
    let host = host(limits);
    let listed = host.list(&endpoint).await.unwrap();
    assert_eq!(host.health(endpoint.server), ToolHealth::Available);
    let usable = listed.iter().filter(|tool| tool.problem.is_none());
    let problem = listed.last().unwrap().problem.clone();
    (problem.unwrap(), usable.count())
}

#[tokio::test]
async fn an_invalid_definition_excludes_only_its_tool() {
    let object = json!({"type": "object"});
    let large = json!({"type": "object", "description": "x".repeat(70_000)});
    for generation in BOTH {
        let tools = vec![
            tool("two words", &object),
            tool("a", &object),
            tool("a", &object),
            tool("large", &large),
            tool("b", &object),
        ];
        let server = ToolServer::offering(generation, tools, 100).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let listed = host(LIMITS).list(&endpoint).await.unwrap();
        let problems: Vec<(&str, &str)> = listed
            .iter()
            .map(|tool| {
                (
                    tool.name.as_str(),
                    tool.problem.as_deref().unwrap_or_default(),
                )
            })
            .collect();
        let [(_, named), a, (_, twice), (_, large), b] = problems[..] else {
            panic!("{problems:?}");
        };
        assert!(
            named.starts_with("the tool \"two words\" has a name that cannot be used"),
            "{named}"
        );
        assert_eq!((a, b), (("a", ""), ("b", "")));
        assert!(
            twice.starts_with("the server offers another tool of the name \"a\""),
            "{twice}"
        );
        assert!(large.ends_with("bytes, at most 65536"), "{large}");
    }
}

#[tokio::test]
async fn the_number_of_tools_of_a_server_is_bounded() {
    let object = json!({"type": "object", "description": "x".repeat(20_000)});
    let tools: Vec<Tool> = (0..60)
        .map(|number| tool(&format!("t{number}"), &object))
        .collect();
    let mut few = LIMITS;
    few.tools = 50;
    assert_eq!(
        last_problem(tools.clone(), few).await,
        (
            "the server offers over 50 tools; this one and those behind it cannot be used"
                .to_owned(),
            50
        )
    );
    let (problem, usable) = last_problem(tools, LIMITS).await;
    assert_eq!(
        problem,
        "the definitions of the server's tools have over 1048576 bytes with this one"
    );
    assert_eq!(usable, 52);
}

#[tokio::test]
async fn a_draft_7_schema_is_kept_unchanged() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "additionalProperties": false
    });
    let server = ToolServer::offering(Generation::Sessions, vec![tool("a", &schema)], 1).await;
    let tools = host(LIMITS)
        .list(&endpoint(&server.url, StreamableHttp))
        .await
        .unwrap();
    assert_eq!(tools[0].input_schema, schema);
}
