//! `graphql-transport-ws`: the conversation, and every way in which it ends.

use futures::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::support::{KEY, SHORT_KEY, Server, counting, until};

#[tokio::test]
async fn a_subscription_runs_to_its_end() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &counting(Some(2), 0, 0)).await;
    for number in ["1", "2"] {
        let next = json!({ "id": "1", "type": "next", "payload": { "data": { "count": number } } });
        assert_eq!(socket.next().await, next);
    }
    assert_eq!(
        socket.next().await,
        json!({ "id": "1", "type": "complete" })
    );
    // The id is free again.
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(
        socket.next().await["payload"]["data"],
        json!({ "__typename": "Query" })
    );
    assert_eq!(
        socket.next().await,
        json!({ "id": "1", "type": "complete" })
    );
    socket.subscribe("2", "mutation { add(to: 1) }").await;
    assert_eq!(socket.next().await["payload"]["data"], json!({ "add": 2 }));
    assert_eq!(
        socket.next().await,
        json!({ "id": "2", "type": "complete" })
    );
}

#[tokio::test]
async fn a_fragment_at_the_root_of_a_subscription_is_followed() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    let query = "subscription { ...A } fragment A on Subscription { ... on Subscription { ...B } } \
        fragment B on Subscription { count(to: 1) }";
    socket.subscribe("1", query).await;
    assert_eq!(
        socket.next().await["payload"]["data"],
        json!({ "count": "1" })
    );
    assert_eq!(socket.next().await["type"], "complete");
}

#[tokio::test]
async fn what_never_ran_is_an_error_and_the_end_of_it() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { count(to: 1) b: count(to: 1) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { count(to: 1) @skip(if: true) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription($to: Int!) { count(to: $to) }",
            "BAD_USER_INPUT",
        ),
    ] {
        socket.subscribe("1", query).await;
        let error = socket.next().await;
        assert_eq!(
            (&error["type"], &error["id"]),
            (&json!("error"), &json!("1")),
            "{query}: {error}"
        );
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    socket.subscribe("1", "{ mistake }").await;
    let next = socket.next().await;
    assert_eq!(
        next["payload"]["errors"][0]["extensions"]["code"],
        "INTERNAL"
    );
    assert_eq!(socket.next().await["type"], "complete");
}

#[tokio::test]
async fn pings_are_answered_before_and_after_the_acknowledgement() {
    let server = Server::start().await;
    let mut socket = server.socket().await;
    socket
        .send(json!({ "type": "ping", "payload": { "n": 1 } }))
        .await;
    assert_eq!(
        socket.next().await,
        json!({ "type": "pong", "payload": { "n": 1 } })
    );
    socket.init(KEY).await;
    socket.send(json!({ "type": "pong" })).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn the_upgrade_is_refused_for_other_protocols_and_origins() {
    let server = Server::with(|config| {
        config.browser.allowed_origins = vec!["https://app.example.com".to_owned()];
    })
    .await;
    let ours = ("sec-websocket-protocol", "graphql-transport-ws");
    let refused = async |headers: &[(&'static str, &str)]| server.try_socket(headers).await.err();
    assert_eq!(refused(&[]).await, Some(400));
    assert_eq!(
        refused(&[("sec-websocket-protocol", "graphql-ws")]).await,
        Some(400)
    );
    assert_eq!(
        refused(&[ours, ("origin", "https://evil.example.com")]).await,
        Some(403)
    );
    assert_eq!(
        refused(&[ours, ("origin", "https://app.example.com")]).await,
        None
    );
    assert_eq!(
        refused(&[ours, ("origin", &format!("http://{}", server.address))]).await,
        None
    );
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_how() {
    let server = Server::start().await;
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": counting(None, 60_000, 0) } });
    let init = json!({ "type": "connection_init" });
    for (ready, said, code) in [
        (false, json!("?"), 4400),
        (false, json!({ "type": "hello" }), 4400),
        (
            false,
            json!({ "type": "connection_init", "payload": 1 }),
            4400,
        ),
        (false, subscribe.clone(), 4401),
        (
            true,
            json!({ "type": "subscribe", "payload": { "query": "{ __typename }" } }),
            4400,
        ),
        (
            true,
            json!({ "id": "", "type": "subscribe", "payload": { "query": "{ __typename }" } }),
            4400,
        ),
        (
            true,
            json!({ "id": "1", "type": "subscribe", "payload": { "query": 1 } }),
            4400,
        ),
        (true, init, 4429),
    ] {
        let mut socket = server.socket().await;
        if ready {
            socket.init(KEY).await;
        }
        socket.send(said.clone()).await;
        assert_eq!(socket.closed().await.0, code, "{said}");
    }
    let mut socket = server.ready_socket().await;
    socket.send(subscribe.clone()).await;
    socket.send(subscribe).await;
    assert_eq!(
        socket.closed().await,
        (4409, "Subscriber for 1 already exists".to_owned())
    );
    until("both are gone", || server.streaming() == 0).await;
}

#[tokio::test]
async fn a_client_that_never_says_who_it_is_is_closed() {
    let server = Server::with(|config| config.socket.init_timeout_ms = 50).await;
    let mut socket = server.socket().await;
    assert_eq!(socket.closed().await.0, 4408);
    let mut chatty = server.socket().await;
    chatty.send(json!({ "type": "ping" })).await;
    assert_eq!(chatty.next().await["type"], "pong");
    assert_eq!(chatty.closed().await.0, 4408);
}

#[tokio::test]
async fn bad_credentials_read_the_same_whatever_is_wrong() {
    let server = Server::start().await;
    for payload in [
        json!({ "authorization": "Bearer wrong" }),
        json!({ "authorization": "nonsense" }),
        json!({ "authorization": 1 }),
    ] {
        let mut socket = server.socket().await;
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
    }
    // The headers of the upgrade count when the payload says nothing.
    let ours = ("sec-websocket-protocol", "graphql-transport-ws");
    let mut socket = server
        .try_socket(&[ours, ("authorization", "Bearer wrong")])
        .await
        .ok()
        .unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn revoked_and_expired_keys_lose_their_sockets() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &counting(None, 60_000, 0)).await;
    until("it runs", || server.streaming() == 1).await;
    server.sessions.close_key(server.key);
    assert_eq!(socket.closed().await, (4403, "key revoked".to_owned()));
    until("it ends", || server.streaming() == 0).await;
    let mut again = server.socket().await;
    again
        .send(json!({ "type": "connection_init", "payload": { "authorization": KEY } }))
        .await;
    assert_eq!(again.closed().await.0, 4403);
    let fresh = Server::start().await;
    let mut short = fresh.socket().await;
    short.init(SHORT_KEY).await;
    assert_eq!(short.closed().await, (4403, "key expired".to_owned()));
}

#[tokio::test]
async fn messages_of_the_wrong_kind_or_size_end_the_socket_with_the_right_code() {
    let server = Server::start().await;
    let mut binary = server.socket().await;
    binary.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(binary.closed().await.0, 4400);
    let mut large = server.ready_socket().await;
    large
        .send_raw(Message::text("x".repeat(256 * 1024 + 1)))
        .await;
    assert_eq!(large.closed().await.0, 1009);
    let mut garbled = server.socket().await;
    let frame = Frame::message(vec![0xC3, 0x28], OpCode::Data(Data::Text), true);
    garbled.0.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(garbled.closed().await.0, 1007);
    assert_eq!(server.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn one_operation_too_many_is_refused_by_itself() {
    let server = Server::with(|config| config.socket.operations = 2).await;
    let mut socket = server.ready_socket().await;
    for id in ["1", "2", "3"] {
        socket.subscribe(id, &counting(None, 60_000, 0)).await;
    }
    let error = socket.next().await;
    assert_eq!(
        (&error["id"], &error["type"]),
        (&json!("3"), &json!("error"))
    );
    assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    until("two run", || server.streaming() == 2).await;
    socket.send(json!({ "id": "1", "type": "complete" })).await;
    until("one runs", || server.streaming() == 1).await;
    socket.subscribe("3", &counting(Some(1), 0, 0)).await;
    assert_eq!(socket.next().await["type"], "next");
}

#[tokio::test]
async fn sockets_are_counted_per_key_and_without_one_per_address() {
    let server = Server::with(|config| config.socket.per_key = 1).await;
    let _mine = server.ready_socket().await;
    let mut second = server.socket().await;
    second
        .send(json!({ "type": "connection_init", "payload": { "authorization": KEY } }))
        .await;
    let (code, reason) = second.closed().await;
    assert_eq!(code, 4429);
    assert!(reason.contains("at most 1"), "{reason}");
    let mut nobody = server.socket().await;
    nobody.send(json!({ "type": "connection_init" })).await;
    assert_eq!(nobody.next().await["type"], "connection_ack");
    let mut nobody_else = server.socket().await;
    nobody_else.send(json!({ "type": "connection_init" })).await;
    assert_eq!(nobody_else.closed().await.0, 4429);
}

#[tokio::test]
async fn a_flood_of_messages_ends_the_socket() {
    let server = Server::with(|config| config.socket.messages_per_second = 5).await;
    let mut socket = server.ready_socket().await;
    for _ in 0..20 {
        // The server may be gone before the last one.
        let _ = socket.0.send(Message::text("{\"type\":\"pong\"}")).await;
    }
    assert_eq!(
        socket.closed().await,
        (4429, "too many messages per second".to_owned())
    );
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_operations_along() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    for id in 0..10 {
        socket
            .subscribe(&id.to_string(), &counting(None, 60_000, 0))
            .await;
    }
    until("they run", || server.streaming() == 10).await;
    drop(socket);
    until("they end", || server.streaming() == 0).await;
    until("it is counted out", || server.sessions.open_now() == 0).await;
}

#[tokio::test]
async fn a_slow_reader_makes_its_subscription_wait_and_loses_nothing() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    socket
        .subscribe("1", &counting(Some(200), 0, 200_000))
        .await;
    // Other sockets are served meanwhile.
    let mut other = server.ready_socket().await;
    let mut before = 0;
    while before == 0 || server.events() != before {
        before = server.events();
        for _ in 0..50 {
            other.subscribe("1", "{ __typename }").await;
            assert_eq!(other.next().await["type"], "next");
            assert_eq!(other.next().await["type"], "complete");
        }
    }
    assert!(before < 150, "{before} events of 200 KB are waiting");
    for number in 1..=200 {
        let next = socket.next().await;
        let count = next["payload"]["data"]["count"].as_str().unwrap();
        assert_eq!(count.trim_end(), number.to_string());
    }
    assert_eq!(socket.next().await["type"], "complete");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up_and_a_slow_one_is_not() {
    let server = Server::with(|config| config.keep_alive_ms = 100).await;
    let mut dead = server.ready_socket().await;
    dead.subscribe("1", &counting(None, 0, 100_000)).await;
    until("it runs", || server.streaming() == 1).await;
    until("it is given up", || server.streaming() == 0).await;
    let mut slow = server.ready_socket().await;
    slow.subscribe("1", &counting(None, 30, 0)).await;
    let started = std::time::Instant::now();
    while started.elapsed().as_millis() < 500 {
        assert_eq!(slow.next().await["type"], "next");
    }
}
