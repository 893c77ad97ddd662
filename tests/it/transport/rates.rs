//! Requests of every kind are rate limited: per key, per MCP session, per address.

use reqwest::header::AUTHORIZATION;
use serde_json::json;

use super::support::{OURS, Reply, Server};

/// Checks a refusal over HTTP: its status, its code, and both forms of the delay.
fn assert_limited(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (429, "RATE_LIMITED")
    );
    let seconds = &reply.json()["errors"][0]["extensions"]["retryAfterSeconds"];
    assert_eq!(seconds.to_string(), reply.header("retry-after"));
    assert!(seconds.as_u64().unwrap() >= 1);
}

async fn healthz(server: &Server) -> Reply {
    Reply::of(server.get("/healthz").send().await.unwrap()).await
}

async fn keyed(server: &Server, key: &str) -> Reply {
    let request = server
        .post(&json!({ "query": "{ __typename }" }))
        .header(AUTHORIZATION, key);
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn responses_report_what_is_left_of_the_rate() {
    let rate = "{ rate: { key_per_minute: 1, key_burst: 60, anonymous_per_minute: 1, anonymous_burst: 50 } }";
    let server = Server::with(rate).await;
    let (other, _) = server.another_key().await;
    for (left, seconds) in [(59, 60), (58, 120), (57, 180)] {
        let reply = keyed(&server, &other).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-policy"), "\"key\";q=60;w=3600");
        assert_eq!(
            reply.header("ratelimit"),
            format!("\"key\";r={left};t={seconds}")
        );
    }
    let anonymous = server.query("{ __typename }").await;
    assert_eq!(
        anonymous.header("ratelimit-policy"),
        "\"anonymous\";q=50;w=3000"
    );
    assert!(
        anonymous
            .header("ratelimit")
            .starts_with("\"anonymous\";r=")
    );
    assert_eq!(healthz(&server).await.header("ratelimit"), "");
}

#[tokio::test]
async fn callers_without_a_valid_key_share_the_rate_of_their_address() {
    let server = Server::with("{ rate: { anonymous_per_minute: 1, anonymous_burst: 4 } }").await;
    assert_eq!(server.query("{ __typename }").await.status, 200);
    assert_eq!(keyed(&server, "Bearer wrong").await.status, 401);
    let get = server.get_query("{ __typename }").send().await.unwrap();
    assert_eq!(get.status(), 200);
    let mcp = server.get("/mcp/crm").send().await.unwrap();
    assert_eq!(mcp.status(), 401);
    assert_limited(&server.query("{ __typename }").await);
    assert_limited(&keyed(&server, "Bearer wrong").await);
    let mut socket = server.socket().await;
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 1013);
    // Neither callers with a key nor probes are affected.
    assert_eq!(keyed(&server, &server.key).await.status, 200);
    assert_eq!(healthz(&server).await.status, 200);
}

#[tokio::test]
async fn a_key_has_a_rate_over_every_transport() {
    let server = Server::with("{ rate: { key_per_minute: 1, key_burst: 60 } }").await;
    let (other, _) = server.another_key().await;
    let mut socket = server.ready_socket().await;
    let mut answered = 0;
    let limited = loop {
        let reply = keyed(&server, &server.key).await;
        if reply.status != 200 {
            break reply;
        }
        answered += 1;
        assert!(answered < 100, "no rate");
    };
    assert_limited(&limited);
    socket.subscribe("1", "{ __typename }").await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!("1"))
    );
    let extensions = &refused["payload"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert!(extensions["retryAfterSeconds"].as_u64().unwrap() >= 1);
    let mcp = server.get("/mcp/crm").header(AUTHORIZATION, &server.key);
    assert_limited(&Reply::of(mcp.send().await.unwrap()).await);
    assert_eq!(keyed(&server, &other).await.status, 200);
}

#[tokio::test]
async fn a_session_has_a_rate_below_that_of_its_key() {
    let server = Server::with("{ rate: { session_per_minute: 1, session_burst: 2 } }").await;
    let ask = async |session: &str| {
        let request = server
            .get("/mcp/crm")
            .header(AUTHORIZATION, &server.key)
            .header("mcp-session-id", session);
        Reply::of(request.send().await.unwrap()).await
    };
    assert_ne!(ask("one").await.status, 429);
    assert_ne!(ask("one").await.status, 429);
    assert_limited(&ask("one").await);
    assert_ne!(ask("other").await.status, 429);
}

#[tokio::test]
async fn an_address_has_a_rate_that_stops_neither_its_callers_with_keys_nor_probes() {
    let server = Server::with("{ rate: { address_per_minute: 1, address_burst: 100 } }").await;
    let (unused, _) = server.another_key().await;
    let (revoked, id) = server.another_key().await;
    assert_eq!(keyed(&server, &server.key).await.status, 200);
    assert_eq!(keyed(&server, &revoked).await.status, 200);
    let anything = async || server.get("/nothing").send().await.unwrap();
    let mut answered = 0;
    let limited = loop {
        let reply = anything().await;
        if reply.status() != 404 {
            break Reply::of(reply).await;
        }
        answered += 1;
        assert!(answered < 150, "no rate");
    };
    assert_limited(&limited);
    assert_limited(&server.query("{ __typename }").await);
    assert_limited(&keyed(&server, &unused).await);
    assert_eq!(server.try_socket(&[OURS]).await.err(), Some(429));
    let page = server.get("/nothing").header(AUTHORIZATION, &server.key);
    assert_eq!(page.send().await.unwrap().status(), 429);
    assert_eq!(keyed(&server, &server.key).await.status, 200);
    assert_eq!(healthz(&server).await.status, 200);
    server.revoke(&id).await;
    assert_eq!(keyed(&server, &revoked).await.status, 401);
    assert_limited(&keyed(&server, &revoked).await);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_clients_address_counts() {
    let rate = "rate: { anonymous_per_minute: 1, anonymous_burst: 2 }";
    let ask = async |server: &Server, forwarded: &str| {
        let request = server
            .post(&json!({ "query": "{ __typename }" }))
            .header("x-forwarded-for", forwarded);
        request.send().await.unwrap().status().as_u16()
    };
    let behind = Server::with(&format!(
        "{{ {rate}, connection: {{ trusted_proxies: 1 }} }}"
    ))
    .await;
    for client in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
        // Addresses that the client wrote itself precede those that the proxy added.
        assert_eq!(ask(&behind, &format!("203.0.113.1, {client}")).await, 200);
        assert_eq!(ask(&behind, &format!("203.0.113.2, {client}")).await, 200);
        assert_eq!(ask(&behind, &format!("203.0.113.3, {client}")).await, 429);
    }
    assert_eq!(
        ask(&behind, "2001:db8::ffff").await,
        429,
        "the same network"
    );
    let direct = Server::with(&format!("{{ {rate} }}")).await;
    assert_eq!(ask(&direct, "198.51.100.1").await, 200);
    assert_eq!(ask(&direct, "198.51.100.2").await, 200);
    assert_eq!(ask(&direct, "198.51.100.3").await, 429, "a forged header");
    let elsewhere =
        format!("{{ {rate}, connection: {{ trusted_proxies: 1, proxy_networks: [10.0.0.0/8] }} }}");
    let elsewhere = Server::with(&elsewhere).await;
    assert_eq!(ask(&elsewhere, "198.51.100.1").await, 200);
    assert_eq!(ask(&elsewhere, "198.51.100.2").await, 200);
    assert_eq!(
        ask(&elsewhere, "198.51.100.3").await,
        429,
        "not a proxy of ours"
    );
}
