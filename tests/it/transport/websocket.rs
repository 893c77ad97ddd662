//! `graphql-transport-ws`: the protocol, and every way in which a socket ends.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::support::{OURS, Server, Socket, following};
use crate::support::until;

fn kind(message: &Value) -> &str {
    message["payload"]["data"]["runEvents"]["__typename"]
        .as_str()
        .unwrap_or_default()
}

/// Follows a run up to the point where it waits for its model.
async fn follow(socket: &mut Socket, id: &str, run: &str) {
    socket.subscribe(id, &following(run)).await;
    while kind(&socket.next().await) != "AgentSelected" {}
}

#[tokio::test]
async fn a_subscription_runs_to_its_end() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &following(&run)).await;
    let messages = socket.rest().await;
    assert!(messages.iter().all(|message| message["id"] == "1"));
    assert_eq!(kind(&messages[0]), "MessageAdded");
    assert_eq!(kind(&messages[messages.len() - 2]), "RunSucceeded");
    assert_eq!(
        messages.last(),
        Some(&json!({ "id": "1", "type": "complete" }))
    );
    // The id is free again.
    socket.subscribe("1", "{ __typename }").await;
    let next =
        json!({ "id": "1", "type": "next", "payload": { "data": { "__typename": "Query" } } });
    assert_eq!(
        socket.rest().await,
        [next, json!({ "id": "1", "type": "complete" })]
    );
    let mutation =
        "mutation { createApiKey(input: { name: \"n\", role: READER }) { apiKey { name } } }";
    socket.subscribe("2", mutation).await;
    let made = &socket.rest().await[0]["payload"]["data"]["createApiKey"]["apiKey"]["name"];
    assert_eq!(made, "n");
}

#[tokio::test]
async fn a_fragment_at_the_root_of_a_subscription_is_followed() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let mut socket = server.ready_socket().await;
    let query = format!(
        "subscription {{ ...A }} fragment A on Subscription {{ ... on Subscription {{ ...B }} }} \
         fragment B on Subscription {{ runEvents(runId: \"{run}\") {{ __typename }} }}"
    );
    socket.subscribe("1", &query).await;
    assert_eq!(kind(&socket.rest().await[0]), "MessageAdded");
}

#[tokio::test]
async fn a_rejected_operation_ends_with_one_error_message() {
    let server = Server::start().await;
    let mut socket = server.ready_socket().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { agentChanged { id } b: agentChanged { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { agentChanged @skip(if: true) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription($id: ID!) { runEvents(runId: $id) { __typename } }",
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
    socket.init(&server.key).await;
    socket.send(json!({ "type": "pong" })).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn the_upgrade_is_refused_for_other_protocols() {
    let server = Server::start().await;
    let refused = async |headers: &[(&'static str, &str)]| server.try_socket(headers).await.err();
    assert_eq!(refused(&[]).await, Some(400));
    assert_eq!(
        refused(&[("sec-websocket-protocol", "graphql-ws")]).await,
        Some(400)
    );
    assert_eq!(
        refused(&[OURS, ("origin", &format!("http://{}", server.address))]).await,
        None
    );
}

#[tokio::test]
async fn a_protocol_violation_closes_the_socket_with_its_reason() {
    let server = Server::start().await;
    let query = json!({ "query": "{ __typename }" });
    for (ready, said, code) in [
        (false, json!("?"), 4400),
        (false, json!({ "type": "hello" }), 4400),
        (
            false,
            json!({ "type": "connection_init", "payload": 1 }),
            4400,
        ),
        (
            false,
            json!({ "id": "1", "type": "subscribe", "payload": query }),
            4401,
        ),
        (true, json!({ "type": "subscribe", "payload": query }), 4400),
        (
            true,
            json!({ "id": "", "type": "subscribe", "payload": query }),
            4400,
        ),
        (
            true,
            json!({ "id": "1", "type": "subscribe", "payload": { "query": 1 } }),
            4400,
        ),
        (true, json!({ "type": "connection_init" }), 4429),
    ] {
        let mut socket = server.socket().await;
        if ready {
            socket.init(&server.key).await;
        }
        socket.send(said.clone()).await;
        assert_eq!(socket.closed().await.0, code, "{said}");
    }
    let run = server.endless_run().await;
    let mut socket = server.ready_socket().await;
    follow(&mut socket, "1", &run).await;
    socket.subscribe("1", &following(&run)).await;
    assert_eq!(
        socket.closed().await,
        (4409, "Subscriber for 1 already exists".to_owned())
    );
}

#[tokio::test]
async fn a_client_that_never_sends_connection_init_is_closed() {
    let server = Server::with("{ socket: { init_timeout_ms: 50 } }").await;
    let mut socket = server.socket().await;
    assert_eq!(socket.closed().await.0, 4408);
    let mut chatty = server.socket().await;
    // Whether the ping is answered before or after the timeout, it does not extend it.
    chatty.send(json!({ "type": "ping" })).await;
    assert_eq!(chatty.closed().await.0, 4408);
}

#[tokio::test]
async fn bad_credentials_close_the_socket_for_good_and_say_why() {
    let server = Server::start().await;
    let (revoked, id) = server.another_key().await;
    server.revoke(&id).await;
    let unknown = (4401, "the API key is unknown, revoked or expired");
    let malformed = (4401, "the authorization is not \"Bearer <API key>\"");
    for (payload, (code, why)) in [
        (json!({ "authorization": "Bearer wrong" }), unknown),
        (json!({ "authorization": "nonsense" }), malformed),
        (json!({ "authorization": 1 }), malformed),
        (json!({ "authorization": revoked }), unknown),
        (
            json!({ "authorization": "Bearer ts_wrong" }),
            (4401, "the session is unknown"),
        ),
        (
            json!({ "authorization": server.key, "accountId": server.app.stranger.id }),
            (4403, "Forbidden"),
        ),
    ] {
        let mut socket = server.socket().await;
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.closed().await, (code, why.to_owned()));
    }
    // The headers of the upgrade count when the payload says nothing.
    let mut socket = server
        .try_socket(&[OURS, ("authorization", "Bearer wrong")])
        .await
        .unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4401);
}

#[tokio::test]
async fn revoked_and_expired_keys_lose_their_sockets() {
    let server = Server::start().await;
    let run = server.endless_run().await;
    let (key, id) = server.another_key().await;
    let mut socket = server.socket().await;
    socket.init(&key).await;
    follow(&mut socket, "1", &run).await;
    server.revoke(&id).await;
    assert_eq!(socket.closed().await, (4403, "key revoked".to_owned()));
    let mut short = server.socket().await;
    short.init(&server.short_key(1_500).await).await;
    assert_eq!(short.closed().await, (4403, "key expired".to_owned()));
}

#[tokio::test]
async fn invalid_messages_close_the_socket_with_the_right_code() {
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
async fn one_operation_too_many_is_refused_and_the_others_continue() {
    let server = Server::with("{ socket: { operations: 2 } }").await;
    let run = server.endless_run().await;
    let mut socket = server.ready_socket().await;
    follow(&mut socket, "1", &run).await;
    follow(&mut socket, "2", &run).await;
    socket.subscribe("3", &following(&run)).await;
    let error = socket.next().await;
    assert_eq!(
        (&error["id"], &error["type"]),
        (&json!("3"), &json!("error"))
    );
    assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    socket.send(json!({ "id": "1", "type": "complete" })).await;
    follow(&mut socket, "3", &run).await;
}

#[tokio::test]
async fn sockets_are_counted_per_key_or_per_address_without_a_key() {
    let server = Server::with("{ socket: { per_key: 1 } }").await;
    let mine = server.ready_socket().await;
    let mut second = server.socket().await;
    second.try_init(&server.key).await;
    let (code, reason) = second.closed().await;
    // Clients reconnect after 1013, and never after 4429.
    assert_eq!(code, 1013);
    assert!(reason.contains("at most 1"), "{reason}");
    let mut nobody = server.socket().await;
    nobody.send(json!({ "type": "connection_init" })).await;
    assert_eq!(nobody.next().await["type"], "connection_ack");
    let mut nobody_else = server.socket().await;
    nobody_else.send(json!({ "type": "connection_init" })).await;
    assert_eq!(nobody_else.closed().await.0, 1013);
    drop(mine);
    until("the first is counted out", async || {
        let mut socket = server.socket().await;
        socket.try_init(&server.key).await;
        matches!(socket.0.next().await, Some(Ok(Message::Text(_))))
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_messages_ends_the_socket() {
    let server = Server::with("{ socket: { messages_per_second: 5 } }").await;
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

/// A large response that needs no data.
const LARGE: &str = "{ __schema { types { name description fields { name description args { name description } } } } }";

#[tokio::test]
async fn a_slow_reader_loses_nothing_and_delays_no_other() {
    let server = Server::start().await;
    let mut slow = server.straw().await;
    for id in 0..100 {
        slow.subscribe(&id.to_string(), LARGE).await;
    }
    let mut other = server.ready_socket().await;
    for _ in 0..50 {
        other.subscribe("1", "{ __typename }").await;
        assert_eq!(other.rest().await.len(), 2);
    }
    let mut completed = 0;
    let mut first: Option<Value> = None;
    while completed < 100 {
        let message = slow.next().await;
        match message["type"].as_str() {
            Some("next") => {
                let first = first.get_or_insert_with(|| message["payload"].clone());
                assert_eq!(message["payload"], *first);
            }
            _ => completed += 1,
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected() {
    let server = Server::with("{ keep_alive_ms: 100, socket: { per_key: 1 } }").await;
    let mut dead = server.straw().await;
    for id in 0..100 {
        dead.subscribe(&id.to_string(), LARGE).await;
    }
    until("it is given up", async || {
        let mut socket = server.socket().await;
        socket.try_init(&server.key).await;
        matches!(socket.0.next().await, Some(Ok(Message::Text(_))))
    })
    .await;
}
