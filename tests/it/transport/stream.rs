//! Streams over HTTP: Server-Sent Events and Apollo's multipart, byte for byte.

use futures::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;

use super::support::{KEY, PATIENCE, Reply, SHORT_KEY, Server, counting, until};

const EVENTS: &str = "text/event-stream";
const APOLLO: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json";

#[tokio::test]
async fn events_are_next_and_then_complete() {
    let server = Server::start().await;
    let reply = Reply::of(server.stream(EVENTS, &counting(Some(2), 0, 0)).await).await;
    assert_eq!(
        reply.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(
        reply.text,
        "event: next\ndata: {\"data\":{\"count\":\"1\"}}\n\n\
         event: next\ndata: {\"data\":{\"count\":\"2\"}}\n\n\
         event: complete\ndata:\n\n"
    );
    let get = server
        .get_query(&counting(Some(1), 0, 0))
        .header(ACCEPT, EVENTS);
    assert!(
        get.send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .ends_with("event: complete\ndata:\n\n")
    );
}

#[tokio::test]
async fn queries_and_errors_travel_inside_an_accepted_stream() {
    let server = Server::start().await;
    let query = Reply::of(server.stream(EVENTS, "{ __typename }").await).await;
    assert_eq!(
        query.text,
        "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n"
    );
    let invalid = Reply::of(server.stream(EVENTS, "subscription { nothing }").await).await;
    assert_eq!(invalid.status, 200);
    assert!(
        invalid.text.contains("GRAPHQL_VALIDATION_FAILED"),
        "{}",
        invalid.text
    );
    assert!(invalid.text.ends_with("event: complete\ndata:\n\n"));
}

#[tokio::test]
async fn every_part_is_followed_by_its_delimiter() {
    let server = Server::start().await;
    for accept in [
        APOLLO,
        "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\", application/json",
        "multipart/mixed; subscriptionSpec=1.0; boundary=graphql",
        "multipart/mixed",
    ] {
        let reply = Reply::of(server.stream(accept, &counting(Some(2), 0, 0)).await).await;
        assert_eq!(
            reply.header("content-type"),
            "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"
        );
        assert_eq!(
            reply.text,
            "\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{\"payload\":{\"data\":{\"count\":\"1\"}}}\
             \r\n--graphql\r\ncontent-type: application/json\r\n\r\n{\"payload\":{\"data\":{\"count\":\"2\"}}}\
             \r\n--graphql--\r\n"
        );
    }
    // A client that reads JSON too gets a query as JSON.
    let query = Reply::of(server.stream(APOLLO, "{ __typename }").await).await;
    assert_eq!(query.json(), json!({ "data": { "__typename": "Query" } }));
}

#[tokio::test]
async fn server_sent_events_win_when_both_are_accepted() {
    let server = Server::start().await;
    for accept in [
        "text/event-stream, multipart/mixed",
        "multipart/mixed;subscriptionSpec=1.0, text/event-stream",
    ] {
        let response = server.stream(accept, &counting(Some(1), 0, 0)).await;
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "text/event-stream; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives() {
    let server = Server::with(|config| config.keep_alive_ms = 10).await;
    for (accept, sign) in [(EVENTS, ":\n\n"), (APOLLO, "\r\n\r\n{}\r\n--graphql")] {
        let mut body = server
            .stream(accept, &counting(None, 3_600_000, 0))
            .await
            .bytes_stream();
        let mut text = String::new();
        while !text.contains(sign) {
            let chunk = tokio::time::timeout(PATIENCE, body.next())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            text += std::str::from_utf8(&chunk).unwrap();
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_stream_along() {
    let server = Server::start().await;
    for accept in [EVENTS, APOLLO] {
        let response = server.stream(accept, &counting(None, 3_600_000, 0)).await;
        until("the subscription runs", || server.streaming() == 1).await;
        drop(response);
        until("the subscription ends", || server.streaming() == 0).await;
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_streams_with_a_word() {
    for (accept, end) in [
        (EVENTS, "event: complete\ndata:\n\n"),
        (APOLLO, "\r\n--graphql--\r\n"),
    ] {
        let server = Server::start().await;
        let request = server.post(&json!({ "query": counting(None, 3_600_000, 0) }));
        let mut request = request.header(AUTHORIZATION, KEY).build().unwrap();
        request
            .headers_mut()
            .insert(ACCEPT, accept.parse().unwrap());
        let response = server.send(request).await;
        until("the subscription runs", || server.streaming() == 1).await;
        server.sessions.close_key(server.key);
        let text = response.text().await.unwrap();
        assert!(
            text.contains("UNAUTHENTICATED") && text.ends_with(end),
            "{text}"
        );
        until("the subscription ends", || server.streaming() == 0).await;
    }
}

#[tokio::test]
async fn a_key_that_expires_ends_its_streams() {
    let server = Server::start().await;
    let mut request = server
        .post(&json!({ "query": counting(None, 3_600_000, 0) }))
        .header(AUTHORIZATION, SHORT_KEY)
        .build()
        .unwrap();
    request
        .headers_mut()
        .insert(ACCEPT, EVENTS.parse().unwrap());
    let text = server.send(request).await.text().await.unwrap();
    assert!(text.contains("key expired"), "{text}");
    let request = server
        .post(&json!({ "query": "{ __typename }" }))
        .header(AUTHORIZATION, SHORT_KEY);
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn streams_per_key_are_counted() {
    let server = Server::with(|config| config.streams_per_key = 1).await;
    let first = server.stream(EVENTS, &counting(None, 3_600_000, 0)).await;
    let second = Reply::of(server.stream(EVENTS, &counting(None, 3_600_000, 0)).await).await;
    assert_eq!(
        (second.status.as_u16(), second.code().as_str()),
        (429, "RATE_LIMITED")
    );
    drop(first);
    until("the first is counted out", || {
        server.sessions.open_now() == 0
    })
    .await;
    assert_eq!(
        server
            .stream(EVENTS, &counting(Some(1), 0, 0))
            .await
            .status(),
        200
    );
}
