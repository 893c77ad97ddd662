//! Idle connections: one address has a share, and a caller with a key is always admitted.

use std::time::Duration;

use super::{
    raw::RawClient,
    support::{OURS, Server},
};

/// Limits for the simulated attack: 200 connections in all, 10 per address, 20 reserved for callers with a key.
const SMALL: &str = "{ connection: { most: 200 } }";

/// Holds this number of connections without a key, each of which was accepted or refused.
async fn hoard(server: &Server, address: &str, number: usize) -> (Vec<RawClient>, usize) {
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..number {
        let mut client = RawClient::connect_from(server, address).await;
        let answer = client.get("/healthz", "").await.expect("no answer");
        match answer.status {
            200 => held.push(client),
            503 => {
                refused += 1;
                assert!(answer.head.contains("retry-after: "), "{}", answer.head);
                assert!(answer.head.contains("connection: close"), "{}", answer.head);
                assert_eq!(answer.code(), "UNAVAILABLE");
            }
            _ => panic!("{answer:?}"),
        }
    }
    (held, refused)
}

#[tokio::test]
async fn one_address_cannot_use_the_connections_of_others() {
    let server = Server::with(SMALL).await;
    let (held, refused) = hoard(&server, "127.0.0.9", 200).await;
    assert_eq!((held.len(), refused), (10, 190));
    let mut other = RawClient::connect_from(&server, "127.0.0.2").await;
    assert_eq!(other.get("/healthz", "").await.unwrap().status, 200);
    // An address that closes its connections may connect again.
    drop(held);
    crate::support::until("a place is free again", async || {
        let mut again = RawClient::connect_from(&server, "127.0.0.9").await;
        again
            .get("/healthz", "")
            .await
            .is_some_and(|answer| answer.status == 200)
    })
    .await;
}

#[tokio::test]
async fn a_caller_with_a_key_is_admitted_when_an_address_or_the_server_is_full() {
    let server = Server::with(SMALL).await;
    let (_held, refused) = hoard(&server, "127.0.0.9", 12).await;
    assert_eq!(refused, 2);
    let query = "/graphql?query=%7B__typename%7D";
    let key = format!("Authorization: {}\r\n", server.key);
    let mut keyed = RawClient::connect_from(&server, "127.0.0.9").await;
    assert_eq!(keyed.get(query, &key).await.unwrap().status, 200);
    // An accepted connection stays open.
    assert_eq!(keyed.get("/healthz", "").await.unwrap().status, 200);
    let mut invalid = RawClient::connect_from(&server, "127.0.0.9").await;
    let answer = invalid
        .get(query, "Authorization: Bearer wrong\r\n")
        .await
        .unwrap();
    assert_eq!(answer.status, 503);
    invalid.closed().await;
    let mut others = Vec::new();
    for number in 20..40 {
        let (held, _) = hoard(&server, &format!("127.0.0.{number}"), 10).await;
        others.extend(held);
    }
    let mut anonymous = RawClient::connect_from(&server, "127.0.0.60").await;
    assert_eq!(anonymous.get("/healthz", "").await.unwrap().status, 503);
    let mut keyed = RawClient::connect_from(&server, "127.0.0.61").await;
    assert_eq!(keyed.get(query, &key).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_websocket_is_admitted_by_the_key_in_its_first_message() {
    let server =
        Server::with("{ connection: { most: 100, address_percent: 3, reserve_percent: 50 } }")
            .await;
    let (_held, _) = hoard(&server, "127.0.0.1", 10).await;
    let mut keyed = server.try_socket(&[OURS]).await.unwrap();
    keyed.init(&server.key).await;
    let mut anonymous = server.try_socket(&[OURS]).await.unwrap();
    anonymous
        .send(serde_json::json!({ "type": "connection_init" }))
        .await;
    assert_eq!(anonymous.closed().await.0, 1013);
}

#[tokio::test]
async fn silent_connections_do_not_block_other_clients() {
    let one = "{ connection: { most: 100, address_percent: 1, reserve_percent: 50, header_timeout_ms: 500 } }";
    let server = Server::with(one).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(RawClient::connect_from(&server, "127.0.0.9").await);
    }
    crate::support::until("silent connections are closed", async || {
        let mut next = RawClient::connect_from(&server, "127.0.0.9").await;
        next.get("/healthz", "")
            .await
            .is_some_and(|answer| answer.status == 200)
    })
    .await;
}

#[tokio::test]
async fn a_silent_connection_beyond_the_share_is_answered_too() {
    let server =
        Server::with("{ connection: { most: 100, address_percent: 1, reserve_percent: 50 } }")
            .await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(RawClient::connect_from(&server, "127.0.0.9").await);
    }
    for client in silent.iter_mut().skip(1) {
        let answer = client.answer().await.expect("closed unanswered");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (503, "UNAVAILABLE")
        );
        client.closed().await;
    }
}

#[tokio::test]
async fn only_a_request_with_a_key_keeps_an_idle_connection_open() {
    let server = Server::with("{ connection: { header_timeout_ms: 1000 } }").await;
    let key = format!("Authorization: {}\r\n", server.key);
    let pause = Duration::from_millis(100);
    let mut keyed = RawClient::connect_from(&server, "127.0.0.9").await;
    let mut anonymous = RawClient::connect_from(&server, "127.0.0.9").await;
    let mut answered = 0;
    let mut pace = tokio::time::interval(pause);
    while anonymous.get("/healthz", "").await.is_some() {
        answered += 1;
        assert!(answered < 200, "still open");
        let kept = keyed.get("/graphql?query=%7B__typename%7D", &key).await;
        assert_eq!(kept.expect("closed").status, 200);
        pace.tick().await;
    }
    assert!(answered > 1, "closed at once");
    let kept = keyed.get("/graphql?query=%7B__typename%7D", &key).await;
    assert_eq!(kept.expect("closed").status, 200);
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_have_no_address_limit() {
    let server = Server::with("{ connection: { most: 200, trusted_proxies: 1 } }").await;
    let (held, refused) = hoard(&server, "127.0.0.9", 100).await;
    assert_eq!((held.len(), refused), (100, 0));
    let elsewhere =
        "{ connection: { most: 200, trusted_proxies: 1, proxy_networks: [10.0.0.0/8] } }";
    let server = Server::with(elsewhere).await;
    let (held, _) = hoard(&server, "127.0.0.9", 20).await;
    assert_eq!(held.len(), 10);
}
