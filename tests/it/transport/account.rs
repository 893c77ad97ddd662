//! Sockets and streams are also counted per account, over all of its keys.

use futures::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use super::{
    event_stream::next_events,
    support::{Reply, Server, following},
};
use crate::support::until;

const EVENTS: &str = "text/event-stream";

#[tokio::test]
async fn sockets_are_counted_per_account_beside_per_key() {
    let settings = [("TROUPE_QUOTAS_STANDARD_SOCKETS", "2")];
    let server = Server::configured("{}", &settings).await;
    let first = server.ready_socket().await;
    let (other, _) = server.another_key().await;
    let mut second = server.socket().await;
    second.init(&other).await;
    let mut third = server.socket().await;
    third.try_init(&server.key).await;
    // Clients reconnect after this code.
    assert_eq!(
        third.closed().await,
        (
            1013,
            "2 sockets of this account are open, at most 2 are allowed; close one first".to_owned()
        )
    );
    let mut stranger = server.socket().await;
    let theirs = format!("Bearer {}", server.app.stranger.owner.key());
    stranger.init(&theirs).await;
    drop(first);
    until("a place is free", async || {
        let mut socket = server.socket().await;
        socket.try_init(&other).await;
        matches!(socket.0.next().await, Some(Ok(Message::Text(_))))
    })
    .await;
}

#[tokio::test]
async fn streams_are_counted_per_account_beside_per_key() {
    let settings = [("TROUPE_QUOTAS_STANDARD_STREAMS", "1")];
    let server = Server::configured("{}", &settings).await;
    let run = server.endless_run().await;
    let query = following(&run);
    let first = server.stream(EVENTS, &query).await;
    assert_eq!(first.status(), 200);
    let (other, _) = server.another_key().await;
    let refused = server.stream_of(&other, EVENTS, &query).await;
    assert_eq!(refused.headers()["retry-after"], "5");
    let refused = Reply::of(refused).await;
    assert_eq!(refused.status, 429);
    let error = next_events(&refused.text)[0].json()["errors"][0].clone();
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
    let message = "1 streams of this account are open, at most 1 are allowed; close one first";
    assert_eq!(error["message"], message);
    drop(first);
    until("a place is free", async || {
        server.stream_of(&other, EVENTS, &query).await.status() == 200
    })
    .await;
}
