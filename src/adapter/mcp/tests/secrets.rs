//! Tokens and addresses are absent from every error, `Debug` output and state.

use std::time::Duration;

use super::{
    LIMITS, endpoint, host, plain,
    scripted::{Say, Scripted},
};
use crate::{
    domain::{
        McpTransport::{ActionHttp, StreamableHttp},
        Secret,
    },
    port::{ToolEndpoint, ToolHost},
};

const JSON: &str = "application/json";

#[tokio::test]
async fn no_error_contains_the_token_the_address_or_the_servers_text() {
    let says = [
        Say::Status(401, "www-authenticate", "Bearer token-of-the-test"),
        Say::Status(
            302,
            "location",
            "http://127.0.0.1:1/?key=key-in-the-address",
        ),
        Say::Status(404, "x", "y"),
        Say::Status(429, "retry-after", "9"),
        Say::Status(500, "x", "y"),
        Say::Half(JSON),
        Say::Half("text/event-stream"),
        Say::Nothing,
        Say::Text(JSON, "\"secret words of the server\"".to_owned()),
        Say::Text("text/html", "secret words of the server".to_owned()),
    ];
    for transport in [StreamableHttp, ActionHttp] {
        for say in &says {
            let server = Scripted::start([say.clone()]).await;
            let url = match transport {
                StreamableHttp => &server.mcp,
                _ => &server.action,
            };
            check(url, transport).await;
        }
        check("http://127.0.0.1:1/mcp", transport).await;
    }
}

async fn check(url: &str, transport: crate::domain::McpTransport) {
    let mut limits = LIMITS;
    limits.call = Duration::from_millis(100);
    let host = host(limits);
    let endpoint = endpoint(&format!("{url}?key=key-in-the-address"), transport);
    let called = host.call(&endpoint, plain("a")).await;
    let Err(failure) = called else {
        // The text of an action's error body is its result.
        return;
    };
    let listed = host.list(&endpoint).await.err();
    let said = format!(
        "{failure:?} {:?} {listed:?} {:?} {:?}",
        failure.error.cause(),
        listed.as_ref().and_then(crate::error::Error::cause),
        host.health(endpoint.server),
    );
    for secret in ["token-of-the-test", "key-in-the-address", "secret words"] {
        assert!(!said.contains(secret), "{said}");
    }
    let told = format!(
        "{} {:?}",
        failure.error.message(),
        host.health(endpoint.server)
    );
    // the address that a redirect leads to is what the caller has to register
    let is_redirect = told.contains("redirects to another address");
    assert!(is_redirect || !told.contains("127.0.0.1"), "{told}");
}

#[tokio::test]
async fn a_token_that_is_no_valid_header_value_is_not_sent() {
    let server = Scripted::start([Say::Well]).await;
    let endpoint = ToolEndpoint {
        token: Some(Secret::new("one\r\nX-Account-ID: other")),
        ..endpoint(&server.mcp, StreamableHttp)
    };
    let failure = host(LIMITS).call(&endpoint, plain("a")).await.unwrap_err();
    assert!(!failure.may_have_happened);
    assert!(
        failure
            .error
            .message()
            .contains("characters that cannot be sent")
    );
    assert_eq!(server.calls(), 0);
}
