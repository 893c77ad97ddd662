//! The host against two public servers from npm, behind a bridge to streamable HTTP.

#[path = "../../../../tests/it/support/mcp.rs"]
mod public_server;

use std::time::Duration;

use serde_json::{Value, json};

use self::public_server::{PublicServer, RunningServer};
use super::{LIMITS, another_agent, endpoint, host, plain, request};
use crate::{
    adapter::mcp::McpToolHost,
    domain::{McpTransport::StreamableHttp, check_against},
    port::{ToolEndpoint, ToolHealth, ToolHost},
};

/// Limits for servers that are started as processes, which is slow while many tests run.
fn patient() -> McpToolHost {
    let mut limits = LIMITS;
    limits.list = Duration::from_mins(1);
    host(limits)
}

fn stateful(server: &RunningServer) -> ToolEndpoint {
    ToolEndpoint {
        stateless: false,
        ..endpoint(&server.url, StreamableHttp)
    }
}

#[tokio::test]
async fn the_public_everything_server_is_listed_and_called() {
    let server = RunningServer::start(PublicServer::Everything).await;
    let (host, endpoint) = (patient(), stateful(&server));
    let tools = host.list(&endpoint).await.unwrap();
    let sum = tools.iter().find(|tool| tool.name == "get-sum").unwrap();
    // The tool's schema is of draft 7, and arguments are validated before the call.
    let wrong = |arguments| check_against(&sum.input_schema, &arguments, "arguments").unwrap();
    assert!(wrong(json!({"a": 2, "b": 3})).is_empty());
    assert_eq!(wrong(json!({"a": "two", "b": 3}))[0].path, "arguments.a");
    assert!(sum.may_repeat());

    let call = async |tool: &str, arguments: Value| {
        host.call(&endpoint, request(tool, arguments))
            .await
            .unwrap()
    };
    let answer = call("get-sum", json!({"a": 2, "b": 3})).await;
    assert_eq!(answer.text, "The sum of 2 and 3 is 5.");
    let answer = call("get-structured-content", json!({"location": "Chicago"})).await;
    assert!(answer.content["temperature"].is_number(), "{answer:?}");
    let answer = call("get-tiny-image", json!({})).await;
    assert!(
        answer.text.contains("[image, image/png, "),
        "{}",
        answer.text
    );
    let answer = call("get-resource-reference", json!({"resourceType": "Text"})).await;
    assert!(
        answer.text.contains("[resource demo://resource"),
        "{}",
        answer.text
    );
    let answer = call("get-sum", json!({"a": "two"})).await;
    assert!(
        answer.is_error && answer.text.contains("nput validation error"),
        "{answer:?}"
    );
    let answer = call("no-such-tool", json!({})).await;
    assert!(answer.is_error, "{answer:?}");
    assert_eq!(host.health(endpoint.server), ToolHealth::Available);
}

#[tokio::test]
async fn progress_of_a_public_server_keeps_its_call_alive() {
    let server = RunningServer::start(PublicServer::Everything).await;
    let endpoint = stateful(&server);
    let mut limits = LIMITS;
    limits.list = Duration::from_mins(1);
    limits.call = Duration::from_secs(5);
    // Each step takes half a second, and all steps together take longer than the silence that a call permits.
    let long = request(
        "trigger-long-running-operation",
        json!({"duration": 8, "steps": 16}),
    );
    let answer = host(limits).call(&endpoint, long).await.unwrap();
    assert!(answer.text.contains("completed"), "{}", answer.text);
}

#[tokio::test]
async fn the_memory_of_a_public_server_is_separate_for_each_agent() {
    let server = RunningServer::start(PublicServer::Memory).await;
    let (host, first) = (patient(), stateful(&server));
    let second = another_agent(&first);
    let entity = |name: &str| {
        let entity = json!({"name": name, "entityType": "person", "observations": ["likes tea"]});
        request("create_entities", json!({"entities": [entity]}))
    };
    host.call(&first, entity("Ada")).await.unwrap();
    host.call(&second, entity("Grace")).await.unwrap();
    for (agent, own, other) in [(&first, "Ada", "Grace"), (&second, "Grace", "Ada")] {
        let graph = host.call(agent, plain("read_graph")).await.unwrap();
        assert!(
            graph.text.contains(own) && !graph.text.contains(other),
            "{}",
            graph.text
        );
        assert_eq!(graph.content["entities"][0]["name"], own);
    }
}
