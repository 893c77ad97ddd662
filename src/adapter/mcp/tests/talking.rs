//! Tools are listed and called, and their results arrive.

use std::time::Duration;

use serde_json::json;

use super::{
    HASTY, LIMITS, another_agent, endpoint, host, plain, request,
    tool_server::{BOTH, ToolServer},
};
use crate::{
    domain::McpTransport::StreamableHttp,
    port::{ToolHealth, ToolHost},
};

#[tokio::test]
async fn all_pages_are_listed_in_order() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let tools = host(LIMITS)
            .list(&endpoint(&server.url, StreamableHttp))
            .await
            .unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        let expected = ["echo", "fail", "refuse", "count", "slow", "wait", "large"];
        assert_eq!(names, expected, "{generation:?}");
        assert_eq!(tools[0].description, "Does echo.");
        assert_eq!(tools[0].input_schema, json!({"type": "object"}));
        assert_eq!(tools[0].annotations, Some(json!({"readOnlyHint": true})));
        assert!(tools[0].may_repeat() && !tools[1].may_repeat());
    }
}

#[tokio::test]
async fn a_call_returns_text_and_structured_content_and_sends_its_key() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let host = host(LIMITS);
        let answer = host
            .call(&endpoint, request("echo", json!({"a": [1, "ä"]})))
            .await
            .unwrap();
        assert_eq!(answer.text, "an echo");
        assert_eq!(
            answer.content,
            json!({"arguments": {"a": [1, "ä"]}, "key": "tcall_1", "agent": null})
        );
        assert!(!answer.is_error);
        assert_eq!(host.health(endpoint.server), ToolHealth::Available);
    }
}

#[tokio::test]
async fn an_error_reported_by_a_tool_is_a_result() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let host = host(LIMITS);
        for (tool, text) in [
            ("fail", "it does not work"),
            ("refuse", "wants a name"),
            ("unknown", "no tool unknown"),
        ] {
            let answer = host.call(&endpoint, plain(tool)).await.unwrap();
            assert_eq!(
                (answer.text.as_str(), answer.is_error),
                (text, true),
                "{generation:?}"
            );
        }
        // The server itself is healthy.
        assert_eq!(host.health(endpoint.server), ToolHealth::Available);
    }
}

#[tokio::test]
async fn progress_extends_a_long_call_up_to_a_limit() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let mut limits = LIMITS;
        limits.call = Duration::from_secs(3);
        let answer = host(limits).call(&endpoint, plain("slow")).await.unwrap();
        assert_eq!(answer.text, "at last", "{generation:?}");
        limits.call_total = Duration::from_secs(2);
        let failure = host(limits)
            .call(&endpoint, plain("slow"))
            .await
            .unwrap_err();
        assert!(failure.may_have_happened);
        assert_eq!(
            failure.error.message(),
            "the tool's server did not answer within 2 s"
        );
    }
}

#[tokio::test]
async fn a_server_is_notified_of_a_cancelled_call() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let host = host(LIMITS);
        tokio::select! {
            answer = host.call(&endpoint, plain("wait")) => panic!("{answer:?}"),
            () = server.seen.began.notified() => {}
        }
        server.seen.given_up.notified().await;
        // The connection is still usable.
        let answer = host
            .call(&another_agent(&endpoint), plain("count"))
            .await
            .unwrap();
        assert!(!answer.is_error, "{generation:?}");
    }
}

#[tokio::test]
async fn a_server_is_notified_of_a_timed_out_call() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let failure = host(HASTY)
            .call(&endpoint, plain("wait"))
            .await
            .unwrap_err();
        assert!(failure.may_have_happened);
        assert_eq!(
            failure.error.message(),
            "the tool's server did not answer within 2 s"
        );
        server.seen.given_up.notified().await;
    }
}

#[tokio::test]
async fn a_long_result_is_cut_with_a_mark() {
    for generation in BOTH {
        let server = ToolServer::start(generation).await;
        let endpoint = endpoint(&server.url, StreamableHttp);
        let host = host(LIMITS);
        let answer = host
            .call(&endpoint, request("large", json!({"bytes": 1_258_291})))
            .await
            .unwrap();
        assert!(answer.text.ends_with("x\n[… cut: 64 KiB of 1.2 MiB shown]"));
        assert!(answer.content.to_string().len() < 66_000);
        let answer = host
            .call(&endpoint, request("large", json!({"bytes": 5_000_000})))
            .await
            .unwrap();
        let end = "x\n[… cut: 64 KiB of 4.8 MiB shown]";
        assert!(answer.text.ends_with(end), "{generation:?}");
    }
}
