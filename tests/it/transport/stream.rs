//! Streams over HTTP: Server-Sent Events and Apollo's multipart protocol, byte for byte.

use futures::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    event_stream::{NextEvent, next_events},
    support::{Reply, Server, following},
};
use crate::support::PATIENCE;

const EVENTS: &str = "text/event-stream";
const APOLLO: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json";
const PART: &str = "\r\ncontent-type: application/json\r\n\r\n";

/// Reads until the text contains this.
async fn read_to(
    body: &mut (impl StreamExt<Item = reqwest::Result<impl AsRef<[u8]>>> + Unpin),
    sign: &str,
) -> String {
    let mut text = String::new();
    while !text.contains(sign) {
        let chunk = tokio::time::timeout(PATIENCE, body.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        text += std::str::from_utf8(chunk.as_ref()).unwrap();
    }
    text
}

/// The payloads of an event stream, which must consist of `next` events and a final `complete`.
fn payloads(text: &str) -> Vec<Value> {
    next_events(text).iter().map(NextEvent::json).collect()
}

/// The parts of a multipart stream that has ended.
fn parts(text: &str) -> Vec<Value> {
    let inside = text
        .strip_prefix("\r\n--graphql")
        .and_then(|text| text.strip_suffix("\r\n--graphql--\r\n"));
    let parts = inside
        .unwrap_or_else(|| panic!("no end: {text}"))
        .split("\r\n--graphql");
    parts
        .map(|part| serde_json::from_str(part.strip_prefix(PART).unwrap()).unwrap())
        .collect()
}

/// The event types in the payloads of a run's stream.
fn kinds(payloads: &[Value]) -> Vec<&str> {
    payloads
        .iter()
        .map(|payload| payload["data"]["runEvents"]["__typename"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn events_are_sent_as_next_and_then_complete() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let reply = Reply::of(server.stream(EVENTS, &following(&run)).await).await;
    assert_eq!(
        reply.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    let payloads = payloads(&reply.text);
    let kinds = kinds(&payloads);
    assert_eq!(
        (kinds.first(), kinds.last()),
        (Some(&"MessageAdded"), Some(&"RunSucceeded"))
    );
    let get = server
        .get_query(&following(&run))
        .header(ACCEPT, EVENTS)
        .header(AUTHORIZATION, &server.key);
    assert_eq!(get.send().await.unwrap().text().await.unwrap(), reply.text);
}

#[tokio::test]
async fn queries_and_errors_are_sent_inside_an_accepted_stream() {
    let server = Server::start().await;
    let query = Reply::of(server.stream(EVENTS, "{ __typename }").await).await;
    assert_eq!(
        payloads(&query.text),
        [json!({ "data": { "__typename": "Query" } })]
    );
    for (query, code) in [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
    ] {
        let invalid = Reply::of(server.stream(EVENTS, query).await).await;
        assert_eq!(invalid.status, 200);
        assert_eq!(
            payloads(&invalid.text)[0]["errors"][0]["extensions"]["code"],
            code
        );
    }
}

#[tokio::test]
async fn every_part_is_followed_by_its_delimiter() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    for accept in [
        APOLLO,
        "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\", application/json",
        "multipart/mixed; subscriptionSpec=1.0; boundary=graphql",
        "multipart/mixed",
    ] {
        let reply = Reply::of(server.stream(accept, &following(&run)).await).await;
        assert_eq!(
            reply.header("content-type"),
            "multipart/mixed;boundary=graphql;subscriptionSpec=1.0"
        );
        let parts = parts(&reply.text);
        assert_eq!(
            parts.last().unwrap()["payload"]["data"]["runEvents"]["__typename"],
            "RunSucceeded"
        );
    }
    // The delimiter after a part comes with it, not with the next one.
    let waiting = server.endless_run().await;
    let mut body = server
        .stream(APOLLO, &following(&waiting))
        .await
        .bytes_stream();
    read_to(&mut body, "\"AgentSelected\"}}}}\r\n--graphql").await;
    // A client that reads JSON too gets a query as JSON.
    let query = Reply::of(server.stream(APOLLO, "{ __typename }").await).await;
    assert_eq!(query.json(), json!({ "data": { "__typename": "Query" } }));
}

#[tokio::test]
async fn server_sent_events_win_when_both_are_accepted() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    for accept in [
        "text/event-stream, multipart/mixed",
        "multipart/mixed;subscriptionSpec=1.0, text/event-stream",
    ] {
        let response = server.stream(accept, &following(&run)).await;
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "text/event-stream; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn a_silent_stream_sends_keep_alives() {
    let server = Server::with("{ keep_alive_ms: 10 }").await;
    let run = server.endless_run().await;
    for (accept, sign) in [(EVENTS, "\n\n:\n\n"), (APOLLO, "\r\n\r\n{}\r\n--graphql")] {
        let mut body = server.stream(accept, &following(&run)).await.bytes_stream();
        read_to(&mut body, sign).await;
    }
}

#[tokio::test]
async fn streams_are_counted_per_key_until_their_clients_leave() {
    let server = Server::with("{ streams_per_key: 1 }").await;
    let run = server.endless_run().await;
    for accept in [EVENTS, APOLLO] {
        let room = async {
            loop {
                let response = server.stream(accept, &following(&run)).await;
                if response.status().is_success() {
                    return response;
                }
            }
        };
        let first = tokio::time::timeout(PATIENCE, room).await.unwrap();
        let second = Reply::of(server.stream(accept, &following(&run)).await).await;
        assert_eq!(second.status, 429);
        let error = if accept == EVENTS {
            payloads(&second.text).remove(0)
        } else {
            second.json()
        };
        assert_eq!(error["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        let other_key = format!("Bearer {}", server.app.home.member.key());
        assert_eq!(
            server
                .stream_of(&other_key, accept, &following(&run))
                .await
                .status(),
            200
        );
        drop(first);
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_streams_with_an_error() {
    let server = Server::start().await;
    let run = server.endless_run().await;
    for accept in [EVENTS, APOLLO] {
        let (key, id) = server.another_key().await;
        let response = server.stream_of(&key, accept, &following(&run)).await;
        assert_eq!(response.status(), 200);
        server.revoke(&id).await;
        let text = response.text().await.unwrap();
        let last = if accept == EVENTS {
            payloads(&text)
        } else {
            parts(&text)
        }
        .pop()
        .unwrap();
        assert_eq!(
            last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{last}"
        );
        assert_eq!(
            server
                .stream_of(&key, accept, &following(&run))
                .await
                .status(),
            401
        );
    }
}

#[tokio::test]
async fn a_key_that_expires_ends_its_streams() {
    let server = Server::start().await;
    let run = server.endless_run().await;
    let key = server.short_key(1_500).await;
    let text = server
        .stream_of(&key, EVENTS, &following(&run))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        payloads(&text).last().unwrap()["errors"][0]["message"],
        "key expired"
    );
    assert_eq!(
        server
            .stream_of(&key, EVENTS, &following(&run))
            .await
            .status(),
        401
    );
}
