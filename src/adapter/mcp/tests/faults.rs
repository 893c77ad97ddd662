//! Misbehaving servers: the caller's error, whether the call may have been executed, and which calls are retried.

use std::time::Duration;

use serde_json::json;

use super::{
    HASTY, LIMITS, endpoint, host, plain,
    port::ReservedPort,
    repeatable, request,
    scripted::{Say, Scripted},
};
use crate::{
    adapter::mcp::McpLimits,
    domain::McpTransport::{self, ActionHttp, StreamableHttp},
    error::Kind,
    port::{ToolFailure, ToolHealth, ToolHost, ToolRequest},
};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

fn url(server: &Scripted, transport: McpTransport) -> &str {
    match transport {
        StreamableHttp => &server.mcp,
        ActionHttp | McpTransport::BuiltIn => &server.action,
    }
}

/// The failure of a call on a server that always replies with `say`, and the number of calls that the server received.
async fn fails(transport: McpTransport, say: Say, request: ToolRequest) -> (ToolFailure, usize) {
    let limits = match say {
        Say::Nothing => HASTY,
        // each byte is a sign of life, so only the total limit ends the call
        Say::Drip(_) => McpLimits {
            call_total: HASTY.call,
            ..HASTY
        },
        _ => LIMITS,
    };
    let server = Scripted::start([say]).await;
    let endpoint = endpoint(url(&server, transport), transport);
    let failure = host(limits).call(&endpoint, request).await.unwrap_err();
    (failure, server.calls())
}

#[tokio::test]
async fn a_safe_request_is_retried_on_a_recovered_server() {
    for transport in [StreamableHttp, ActionHttp] {
        let script = || [Say::Status(503, "x", "y"), Say::Half(JSON), Say::Well];
        let server = Scripted::start(script()).await;
        let well = endpoint(url(&server, transport), transport);
        host(LIMITS).call(&well, repeatable("a")).await.unwrap();
        assert_eq!(server.calls(), 3);

        let server = Scripted::start(script()).await;
        let endpoint = endpoint(url(&server, transport), transport);
        let failure = host(LIMITS).call(&endpoint, plain("a")).await.unwrap_err();
        assert_eq!(
            failure.error.message(),
            "the tool's server has a problem (503); try again later"
        );
        assert!(failure.may_have_happened);
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test]
async fn a_call_is_retried_at_most_twice() {
    for transport in [StreamableHttp, ActionHttp] {
        let (failure, calls) = fails(transport, Say::Status(500, "x", "y"), repeatable("a")).await;
        assert_eq!((failure.may_have_happened, calls), (true, 3));
    }
}

#[tokio::test]
async fn a_call_with_a_lost_reply_has_an_unknown_outcome() {
    for transport in [StreamableHttp, ActionHttp] {
        for say in [Say::Half(JSON), Say::Half(EVENTS)] {
            if transport == ActionHttp && matches!(say, Say::Half(EVENTS)) {
                continue;
            }
            let (failure, calls) = fails(transport, say, plain("a")).await;
            assert_eq!(
                failure.error.message(),
                "the tool's server broke off before it answered"
            );
            assert_eq!((failure.may_have_happened, calls), (true, 1));
            assert_eq!(failure.error.kind(), &Kind::Unavailable);
        }
    }
}

#[tokio::test]
async fn a_refused_connection_counts_as_not_executed() {
    let free = ReservedPort::new();
    let address = free.address();
    for transport in [StreamableHttp, ActionHttp] {
        let endpoint = endpoint(&format!("http://{address}/mcp"), transport);
        let host = host(LIMITS);
        let failure = host.call(&endpoint, plain("a")).await.unwrap_err();
        assert_eq!(
            failure.error.message(),
            "the tool's server cannot be reached; try again later"
        );
        assert!(!failure.may_have_happened);
        assert!(matches!(
            host.health(endpoint.server),
            ToolHealth::Degraded(_)
        ));
    }
    let endpoint = endpoint(&format!("http://{address}/mcp"), StreamableHttp);
    let error = host(LIMITS).list(&endpoint).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Unavailable);
}

#[tokio::test]
async fn silent_and_dripping_servers_hit_the_deadline() {
    for transport in [StreamableHttp, ActionHttp] {
        for say in [Say::Nothing, Say::Drip(JSON), Say::Drip(EVENTS)] {
            let (failure, calls) = fails(transport, say, repeatable("a")).await;
            assert_eq!(
                failure.error.message(),
                "the tool's server did not answer within 2 s"
            );
            assert_eq!((failure.may_have_happened, calls), (true, 1));
        }
    }
}

#[tokio::test]
async fn a_comment_prolongs_a_call_and_a_servers_own_limit_replaces_both() {
    let server = Scripted::start([Say::Pings(20)]).await;
    let mut pinging = endpoint(&server.mcp, StreamableHttp);
    let limits = McpLimits {
        call: Duration::from_millis(500),
        ..LIMITS
    };
    let answer = host(limits).call(&pinging, plain("a")).await.unwrap();
    assert_eq!(answer.text, "done");
    pinging.call_timeout = Some(Duration::from_millis(300));
    let failure = host(limits).call(&pinging, plain("a")).await.unwrap_err();
    let expected = "the tool's server did not answer within 0.3 s";
    assert_eq!(failure.error.message(), expected);
}

#[tokio::test]
async fn endless_and_too_large_replies_are_refused() {
    let bomb = format!("[{}[]]", "[],".repeat(200_000));
    let events = format!("data: {bomb}\n\n");
    for (transport, say) in [
        (StreamableHttp, Say::Endless(JSON)),
        (StreamableHttp, Say::Endless(EVENTS)),
        (StreamableHttp, Say::Text(JSON, bomb.clone())),
        (StreamableHttp, Say::Text(EVENTS, events)),
        (ActionHttp, Say::Endless(JSON)),
        (ActionHttp, Say::Endless("text/plain")),
        (ActionHttp, Say::Text(JSON, bomb)),
    ] {
        let server = Scripted::start([say.clone()]).await;
        let endpoint = endpoint(url(&server, transport), transport);
        let failure = host(LIMITS).call(&endpoint, plain("a")).await.unwrap_err();
        assert_eq!(
            failure.error.message(),
            "the tool's server answers more than can be taken; ask it for less",
            "{transport:?}"
        );
        assert!(failure.may_have_happened);
    }
}

#[tokio::test]
async fn a_malformed_reply_is_reported() {
    for say in [
        Say::Text("text/html", "<h1>Welcome".to_owned()),
        Say::Text(JSON, "{}".to_owned()),
        Say::Text(JSON, "no JSON".to_owned()),
    ] {
        let (failure, _) = fails(StreamableHttp, say, plain("a")).await;
        assert_eq!(
            failure.error.message(),
            "the tool's server answers something that is not what was asked for; check endpointUrl and transport"
        );
        assert!(failure.may_have_happened);
    }
}

#[tokio::test]
async fn a_refused_call_has_a_reason_and_counts_as_not_executed() {
    for transport in [StreamableHttp, ActionHttp] {
        for (say, words) in [
            (
                Say::Status(401, "www-authenticate", "Bearer"),
                "refuses the token",
            ),
            (Say::Status(403, "x", "y"), "refuses the token"),
            (
                Say::Status(307, "location", "http://127.0.0.1:1/"),
                "redirects to another address",
            ),
            (
                Say::Status(303, "location", "/elsewhere"),
                "redirects to another address, http://127.0.0.1",
            ),
            (Say::Status(429, "retry-after", "60"), "is asked too often"),
        ] {
            let (failure, calls) = fails(transport, say, repeatable("a")).await;
            let message = failure.error.message();
            assert!(message.contains(words), "{message}");
            assert_eq!((failure.may_have_happened, calls), (false, 1), "{message}");
        }
    }
}

#[tokio::test]
async fn a_rate_limited_call_reports_retry_after() {
    for transport in [StreamableHttp, ActionHttp] {
        let script = [Say::Status(429, "retry-after", "0.01"), Say::Well];
        let server = Scripted::start(script).await;
        let endpoint = endpoint(url(&server, transport), transport);
        // The server refused the call, so it was not executed and can be retried, idempotent or not.
        host(LIMITS).call(&endpoint, plain("a")).await.unwrap();
        assert_eq!(server.calls(), 2);
    }
}

#[tokio::test]
async fn an_action_is_posted_below_the_endpoint_and_its_reply_is_data() {
    let server = Scripted::start([Say::Well]).await;
    let mut endpoint = endpoint(&server.action, ActionHttp);
    endpoint.stateless = false;
    let host = host(LIMITS);
    let answer = host
        .call(&endpoint, request("a/b", json!({"x": 1})))
        .await
        .unwrap();
    assert_eq!(answer.content, json!({"done": true}));
    assert_eq!(
        (answer.text.as_str(), answer.is_error),
        ("{\"done\":true}", false)
    );
    let (path, headers, body) = server.last();
    assert_eq!((path.as_str(), body), ("/act/a%2Fb", json!({"x": 1})));
    assert_eq!(headers["idempotency-key"], "tcall_1");
    assert_eq!(headers["authorization"], "Bearer token-of-the-test");
    assert_eq!(headers["x-account-id"], endpoint.account.to_string());
    assert_eq!(
        headers["x-agent-instance-id"],
        endpoint.agent.unwrap().to_string()
    );
    let error = host.list(&endpoint).await.unwrap_err();
    assert!(error.message().contains("cannot be asked for its tools"));
}

#[tokio::test]
async fn an_action_error_body_is_a_result() {
    let says = [Say::Status(422, "content-type", "text/plain"), Say::Well];
    let server = Scripted::start(says).await;
    let endpoint = endpoint(&server.action, ActionHttp);
    let answer = host(LIMITS).call(&endpoint, repeatable("a")).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.is_error),
        ("secret words of the server", true)
    );
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_failing_server_is_paused_and_others_are_not() {
    let server = Scripted::start([Say::Status(500, "x", "y")]).await;
    let mut limits = LIMITS;
    limits.failures = 3;
    let host = host(limits);
    let broken = endpoint(&server.mcp, StreamableHttp);
    for _ in 0..3 {
        host.call(&broken, plain("a")).await.unwrap_err();
    }
    let failure = host.call(&broken, plain("a")).await.unwrap_err();
    assert!(!failure.may_have_happened);
    assert_eq!(server.calls(), 3);
    let message = failure.error.message();
    assert!(
        message.starts_with("the last 3 calls failed: the tool's server has a problem (500)"),
        "{message}"
    );
    assert!(matches!(
        host.health(broken.server),
        ToolHealth::Unavailable(_)
    ));
    let well = Scripted::start([Say::Well]).await;
    let other = endpoint(&well.mcp, StreamableHttp);
    host.call(&other, plain("a")).await.unwrap();
    // A changed server has a new state.
    host.forget(broken.server).await;
    assert_eq!(host.health(broken.server), ToolHealth::Available);
}
