//! Pages of other origins: which may call, what preflights allow, and how a page reads its refusal.

use reqwest::{
    Method,
    header::{ACCEPT, ACCESS_CONTROL_ALLOW_CREDENTIALS, AUTHORIZATION},
};
use serde_json::json;

use super::{
    event_stream::next_events,
    support::{OURS, Reply, Server},
};

const LISTED: &str = "{ allow_loopback_origins: false, \
    allowed_origins: [https://app.example.com, capacitor://localhost, tauri://localhost, ionic://localhost:8100] }";

async fn post_from(server: &Server, origin: &str) -> Reply {
    let request = server
        .post(&json!({ "query": "{ __typename }" }))
        .header("origin", origin);
    Reply::of(request.send().await.unwrap()).await
}

/// The preflight of a browser for a POST with these headers.
async fn preflight(server: &Server, origin: &str, headers: &str) -> Reply {
    let mut request = server.get("/graphql").build().unwrap();
    *request.method_mut() = Method::OPTIONS;
    for (name, value) in [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", headers),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    Reply::of(server.send(request).await).await
}

#[tokio::test]
async fn listed_origins_are_compared_byte_by_byte() {
    let server = Server::with(LISTED).await;
    for allowed in [
        "https://app.example.com",
        "capacitor://localhost",
        "tauri://localhost",
        "ionic://localhost:8100",
    ] {
        let reply = post_from(&server, allowed).await;
        assert_eq!(reply.status, 200, "{allowed}");
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
        assert!(
            reply
                .header("access-control-expose-headers")
                .contains("retry-after")
        );
    }
    let own = format!("http://{}", server.address);
    assert_eq!(post_from(&server, &own).await.status, 200);
    for foreign in [
        "https://evil.example.com",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
        "http://app.example.com",
        "capacitor://localhost:80",
        "capacitor://LOCALHOST",
        "ionic://localhost",
        "http://localhost:5173",
        "null",
    ] {
        let refused = post_from(&server, foreign).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "FORBIDDEN"),
            "{foreign}"
        );
    }
}

#[tokio::test]
async fn a_page_can_read_why_its_origin_is_refused_and_nothing_else() {
    let server = Server::with(LISTED).await;
    for origin in ["https://evil.example.com", "null"] {
        let reason = format!("does not allow pages of the origin {origin}");
        // a browser sends the request only after a preflight that succeeds
        let before = preflight(&server, origin, "authorization,content-type").await;
        assert_eq!(before.status, 204);
        assert_eq!(
            before.header("access-control-allow-headers"),
            "authorization,content-type"
        );
        let mutation =
            "mutation { createApiKey(input: { name: \"stolen\", role: OWNER }) { secret } }";
        for (accept, kind) in [
            ("application/json", "application/json; charset=utf-8"),
            (
                "application/graphql-response+json",
                "application/graphql-response+json; charset=utf-8",
            ),
            ("text/event-stream", "text/event-stream; charset=utf-8"),
            (
                "multipart/mixed",
                "multipart/mixed;boundary=graphql;subscriptionSpec=1.0",
            ),
        ] {
            let request = server
                .post(&json!({ "query": mutation }))
                .header("origin", origin)
                .header(AUTHORIZATION, &server.key);
            let mut request = request.build().unwrap();
            request
                .headers_mut()
                .insert(ACCEPT, accept.parse().unwrap());
            let refused = Reply::of(server.send(request).await).await;
            assert_eq!(refused.status, 403, "{accept}");
            assert_eq!(refused.header("content-type"), kind);
            assert_eq!(refused.header("access-control-allow-origin"), origin);
            assert!(
                !refused
                    .headers
                    .contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS)
            );
            assert!(
                refused.text.contains(&reason) && refused.text.contains("FORBIDDEN"),
                "{}",
                refused.text
            );
            assert!(!refused.text.contains("\"data\""), "{}", refused.text);
        }
    }
    let keys = "{ account { apiKeys { nodes { name } } } }";
    let keys = Reply::of(server.stream("application/json", keys).await).await;
    assert!(!keys.text.contains("stolen"), "{}", keys.text);
}

#[tokio::test]
async fn a_socket_of_a_foreign_origin_is_closed_with_the_reason() {
    let server = Server::with(LISTED).await;
    let foreign = [OURS, ("origin", "https://evil.example.com")];
    let mut socket = server.try_socket(&foreign).await.unwrap();
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4403);
    assert!(
        reason.contains("does not allow pages") && reason.ends_with("https://evil.example.com"),
        "{reason}"
    );
    let listed = [OURS, ("origin", "https://app.example.com")];
    let mut socket = server.try_socket(&listed).await.unwrap();
    socket.init(&server.key).await;
}

#[tokio::test]
async fn a_preflight_allows_the_headers_that_it_asks_for() {
    let server = Server::with(LISTED).await;
    for headers in [
        "apollographql-client-name,apollographql-client-version",
        "baggage,sentry-trace",
        "x-graphql-event-stream-token",
        "x-requested-with",
        "authorization,content-type,last-event-id",
    ] {
        let reply = preflight(&server, "https://app.example.com", headers).await;
        assert_eq!(reply.status, 204);
        assert_eq!(reply.header("access-control-allow-headers"), headers);
        assert_eq!(
            reply.header("access-control-allow-methods"),
            "GET, POST, PUT, DELETE"
        );
        assert_eq!(reply.header("access-control-max-age"), "7200");
    }
    let many = "x-a,".repeat(1000);
    let reply = preflight(&server, "https://app.example.com", &many).await;
    assert_eq!(reply.header("access-control-allow-headers"), "");
}

#[tokio::test]
async fn the_origin_null_is_allowed_by_its_own_setting() {
    let server = Server::with("{ allow_null_origin: true }").await;
    let reply = post_from(&server, "null").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), "null");
    assert_eq!(
        post_from(&server, "https://evil.example.com").await.status,
        403
    );
}

#[tokio::test]
async fn pages_of_this_machine_are_allowed_where_the_setting_says_so() {
    let server = Server::with("{ allow_loopback_origins: true }").await;
    for origin in [
        "http://localhost:5173",
        "https://localhost",
        "http://127.0.0.1:3000",
        "http://[::1]:4200",
    ] {
        let reply = post_from(&server, origin).await;
        assert_eq!(reply.status, 200, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), origin);
    }
    for origin in [
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example#localhost",
        "http://user@localhost",
        "http://localhost/",
        "http://10.0.0.1",
        "app://localhost",
        "null",
    ] {
        assert_eq!(post_from(&server, origin).await.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn early_refusals_have_the_media_type_that_the_client_accepts() {
    let server = Server::start().await;
    let send = async |method: Method, kind: &str, key: &str, accept: &str| {
        let mut request = server
            .post(&json!({ "query": "{ __typename }" }))
            .build()
            .unwrap();
        *request.method_mut() = method;
        let headers = request.headers_mut();
        headers.insert("content-type", kind.parse().unwrap());
        headers.insert(AUTHORIZATION, key.parse().unwrap());
        headers.insert(ACCEPT, accept.parse().unwrap());
        Reply::of(server.send(request).await).await
    };
    for (method, kind, key, status) in [
        (Method::POST, "application/json", "Bearer wrong", 401),
        (Method::POST, "text/plain", server.key.as_str(), 415),
        (Method::PUT, "application/json", server.key.as_str(), 405),
    ] {
        let json = send(method.clone(), kind, key, "application/json").await;
        let response = send(
            method.clone(),
            kind,
            key,
            "application/graphql-response+json",
        )
        .await;
        let events = send(method.clone(), kind, key, "text/event-stream").await;
        for (reply, start) in [
            (&json, "application/json"),
            (&response, "application/graphql-response+json"),
            (&events, "text/event-stream"),
        ] {
            assert_eq!(reply.status.as_u16(), status);
            assert!(reply.header("content-type").starts_with(start), "{reply:?}");
        }
        assert_eq!(response.json(), json.json());
        assert_eq!(next_events(&events.text)[0].json(), json.json());
        assert_eq!(events.headers.get("allow"), json.headers.get("allow"));
        assert_eq!(
            events.headers.get("www-authenticate"),
            json.headers.get("www-authenticate")
        );
    }
}
