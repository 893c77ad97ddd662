//! Bodies: the size that each caller may send, the values counted before parsing, and refusals while a client is still
//! sending.

use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    raw::RawClient,
    support::{OURS, Reply, Server},
};

/// A head that announces a body, which is not sent.
fn head(target: &str, length: usize, headers: &str) -> String {
    format!("{target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n{headers}\r\n")
}

const JSON: &str = "Content-Type: application/json\r\n";

async fn post(server: &Server, key: Option<&str>, body: &Value) -> Reply {
    let request = server.post(body);
    let request = key
        .into_iter()
        .fold(request, |request, key| request.header(AUTHORIZATION, key));
    Reply::of(request.send().await.unwrap()).await
}

fn with_variables(value: &Value) -> Value {
    json!({ "query": "{ __typename }", "variables": { "v": value } })
}

#[tokio::test]
async fn a_key_is_checked_before_the_body_is_read() {
    let server = Server::start().await;
    for target in ["POST /graphql", "POST /mcp/crm", "PUT /graphql"] {
        let mut client = RawClient::connect(&server).await;
        let headers = format!("{JSON}Authorization: Bearer wrong\r\n");
        client
            .send(&head(target, 1_000_000, &headers))
            .await
            .unwrap();
        let answer = client.answer().await.unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "UNAUTHENTICATED"),
            "{target}"
        );
    }
    let mut client = RawClient::connect(&server).await;
    client
        .send(&head("POST /graphql", 1_000_000, JSON))
        .await
        .unwrap();
    assert_eq!(client.answer().await.unwrap().status, 413);
    let mut client = RawClient::connect(&server).await;
    client
        .send(&head("POST /mcp/crm", 1_000, JSON))
        .await
        .unwrap();
    assert_eq!(client.answer().await.unwrap().status, 401);
}

#[tokio::test]
async fn without_a_key_only_a_small_body_is_accepted() {
    let server = Server::start().await;
    let body = json!({ "query": "{ __typename }", "extensions": { "x": "x".repeat(66_000) } });
    let refused = post(&server, None, &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (413, "TOO_COMPLEX")
    );
    assert!(refused.message().contains("65536"), "{}", refused.text);
    assert_eq!(post(&server, Some(&server.key), &body).await.status, 200);
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": body });
    let mut anonymous = server.socket().await;
    anonymous.send(json!({ "type": "connection_init" })).await;
    anonymous.next().await;
    anonymous.send(subscribe.clone()).await;
    assert_eq!(anonymous.closed().await.0, 1009);
    let mut early = server.socket().await;
    early
        .send(json!({ "type": "connection_init", "payload": body }))
        .await;
    assert_eq!(early.closed().await.0, 1009);
    let mut keyed = server.ready_socket().await;
    keyed.send(subscribe).await;
    assert_eq!(keyed.next().await["type"], "next");
}

#[tokio::test]
async fn values_are_counted_before_parsing() {
    let server = Server::start().await;
    let key = Some(server.key.as_str());
    // Body, query, variables and the list itself are four values.
    let body = with_variables(&json!(vec![1; 19_996]));
    assert_eq!(post(&server, key, &body).await.status, 200);
    for value in [
        json!(vec![1; 20_000]),
        json!(vec![json!({ "a": 0 }); 10_000]),
        json!(vec![json!([]); 20_000]),
        json!(vec![json!("a"); 20_000]),
    ] {
        let body = with_variables(&value);
        let refused = post(&server, key, &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (400, "BAD_USER_INPUT")
        );
        assert!(
            refused.message().contains("at most 20000"),
            "{}",
            refused.text
        );
        let mut mcp = server.post(&body).build().unwrap();
        *mcp.url_mut() = server.url("/mcp/crm").parse().unwrap();
        mcp.headers_mut()
            .insert(AUTHORIZATION, server.key.parse().unwrap());
        let refused = Reply::of(server.send(mcp).await).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{}", refused.text);
    }
    let few = with_variables(&json!(vec![1; 1_900]));
    assert_eq!(post(&server, None, &few).await.status, 200);
    let many = with_variables(&json!(vec![1; 2_000]));
    assert_eq!(post(&server, None, &many).await.code(), "BAD_USER_INPUT");
    let variables = json!({ "v": vec![1; 2_000] }).to_string();
    for name in ["variables", "extensions"] {
        let pairs = [("query", "{ __typename }"), (name, variables.as_str())];
        let url = reqwest::Url::parse_with_params(&server.url("/graphql"), pairs).unwrap();
        let get = server.get(&format!("/graphql?{}", url.query().unwrap()));
        let refused = Reply::of(get.send().await.unwrap()).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{}", refused.text);
    }
}

#[tokio::test]
async fn nesting_is_bounded_before_parsing() {
    let server = Server::start().await;
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let body = |levels| {
        let variables = nested(levels);
        format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"v\":{variables}}}}}")
    };
    for (levels, code) in [(62, ""), (63, "BAD_USER_INPUT"), (10_000, "BAD_USER_INPUT")] {
        let mut request = server.post(&json!({})).build().unwrap();
        *request.body_mut() = Some(body(levels).into());
        let reply = Reply::of(server.send(request).await).await;
        assert_eq!(reply.code(), code, "{levels}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_operation_with_too_much_json_is_refused_and_the_others_continue() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    let body = with_variables(&json!(vec![1; 20_000]));
    socket
        .send(json!({ "id": "7", "type": "subscribe", "payload": body }))
        .await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!("7"))
    );
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "BAD_USER_INPUT"
    );
    socket.subscribe("7", "{ __typename }").await;
    assert_eq!(socket.next().await["type"], "next");
    let mut early = server.try_socket(&[OURS]).await.unwrap();
    early
        .send(json!({ "type": "connection_init", "payload": body }))
        .await;
    assert_eq!(early.closed().await.0, 4400);
}

#[tokio::test]
async fn a_body_with_a_content_encoding_is_refused() {
    let server = Server::start().await;
    let send = async |path: &str, coding: &str| {
        let mut request = server
            .post(&json!({ "query": "{ __typename }" }))
            .build()
            .unwrap();
        *request.url_mut() = server.url(path).parse().unwrap();
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, server.key.parse().unwrap());
        headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
        Reply::of(server.send(request).await).await
    };
    for coding in [
        "gzip",
        "GZIP",
        "br",
        "deflate",
        "zstd",
        "identity, gzip",
        "aws-chunked",
        "\"identity\"",
    ] {
        for path in ["/graphql", "/mcp/crm", "/mcp/agents"] {
            let reply = send(path, coding).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (415, "BAD_USER_INPUT"),
                "{path} {coding}"
            );
            assert_eq!(reply.header("accept-encoding"), "identity");
        }
    }
    for coding in ["identity", "Identity", ""] {
        assert_eq!(send("/graphql", coding).await.status, 200, "{coding}");
    }
}

#[tokio::test]
async fn a_client_that_is_still_sending_receives_the_refusal() {
    let server = Server::start().await;
    let form = "Content-Type: multipart/form-data; boundary=x\r\nAccept: application/graphql-response+json\r\n";
    let bad_key = format!("{JSON}Authorization: Bearer wrong\r\n");
    let foreign = format!("{JSON}Origin: https://evil.example\r\n");
    let keyed_form = format!("{form}Authorization: {}\r\n", server.key);
    for (target, headers, status) in [
        ("POST /graphql", form, 401),
        ("POST /documents", form, 401),
        ("POST /graphql", JSON, 413),
        ("POST /graphql", &bad_key, 401),
        ("POST /graphql", &foreign, 403),
        ("PUT /graphql", JSON, 405),
        ("POST /nothing", JSON, 404),
        ("POST /healthz", JSON, 405),
        ("POST /mcp/crm", JSON, 401),
        ("POST /mcp/crm", &keyed_form, 415),
        ("POST /mcp/nothing", &keyed_form, 404),
    ] {
        // A client that reads nothing before it has sent everything, in chunks.
        let (length, piece) = (4_000_000, "x".repeat(100_000));
        let mut client = RawClient::connect(&server).await;
        client.send(&head(target, length, headers)).await.unwrap();
        for sent in 0..length / piece.len() {
            let result = client.send(&piece).await;
            assert!(
                result.is_ok(),
                "{target} {status}: {result:?} after {sent} pieces"
            );
        }
        let answer = client.answer().await;
        let answer = answer.unwrap_or_else(|| panic!("{target} {status}: no answer"));
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
        client.closed().await;
    }
}

#[tokio::test]
async fn a_connection_that_drips_after_its_refusal_is_closed() {
    let server = Server::start().await;
    let mut client = RawClient::connect(&server).await;
    client
        .send(&head(
            "POST /graphql",
            1_000_000,
            "Content-Type: text/plain\r\n",
        ))
        .await
        .unwrap();
    assert_eq!(client.answer().await.unwrap().status, 415);
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
    crate::support::until("the connection is closed", async || {
        pace.tick().await;
        client.send("x").await.is_err()
    })
    .await;
}

#[tokio::test]
async fn no_response_is_cached_or_content_sniffed() {
    let server = Server::start().await;
    let key = Some(server.key.as_str());
    let create = json!({ "query": "mutation { createApiKey(input: { name: \"n\", role: MEMBER }) { secret } }" });
    let mut mcp = server
        .post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
        .build()
        .unwrap();
    *mcp.url_mut() = server.url("/mcp/crm").parse().unwrap();
    mcp.headers_mut()
        .insert(AUTHORIZATION, server.key.parse().unwrap());
    let mut wrong_type = server.post(&json!({})).build().unwrap();
    wrong_type
        .headers_mut()
        .insert(CONTENT_TYPE, "text/plain".parse().unwrap());
    let streamed = server.stream("text/event-stream", "{ __typename }").await;
    let parts = server.stream("multipart/mixed", "{ __typename }").await;
    let answers = [
        post(&server, key, &create).await,
        post(&server, Some("Bearer wrong"), &create).await,
        post(&server, None, &json!({ "query": "{" })).await,
        post(&server, None, &json!([])).await,
        Reply::of(server.get_query("{ __typename }").send().await.unwrap()).await,
        Reply::of(server.get("/readyz").send().await.unwrap()).await,
        Reply::of(server.get("/mcp/crm").send().await.unwrap()).await,
        Reply::of(server.get("/nothing").send().await.unwrap()).await,
        Reply::of(server.send(mcp).await).await,
        Reply::of(server.send(wrong_type).await).await,
        Reply::of(streamed).await,
        Reply::of(parts).await,
    ];
    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{answer:?}"
        );
    }
}
