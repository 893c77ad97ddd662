//! Silent connections, endless bodies, and the shutdown of the server.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{Reply, Server, following};
use crate::support::PATIENCE;

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text))
        .await
        .unwrap_or_else(|_| panic!("still open"));
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn half_sent_heads_are_closed() {
    let server = Server::with("{ connection: { header_timeout_ms: 500 } }").await;
    for said in [
        "",
        "PRI * HT",
        "POST /graphql HTTP/1.1\r\nHost: a\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET",
    ] {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await;
    }
}

#[tokio::test]
async fn a_slowly_sent_body_times_out() {
    let server = Server::with("{ body_timeout_ms: 100 }").await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn an_endless_body_is_refused_while_it_arrives() {
    let server = Server::start().await;
    let stream = TcpStream::connect(&server.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let sending = async {
        write.write_all(head.as_bytes()).await?;
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        for _ in 0..8_000 {
            write.write_all(&chunk).await?;
        }
        panic!("500 MB were taken");
        #[expect(unreachable_code, reason = "gives the block its type")]
        std::io::Result::Ok(())
    };
    let mut answer = [0; 12];
    let receiving = async {
        let _ = read.read_exact(&mut answer).await;
    };
    let both = futures::future::join(sending, receiving);
    let (sent, ()) = tokio::time::timeout(PATIENCE, both)
        .await
        .unwrap_or_else(|_| panic!("still reading"));
    assert!(sent.is_err());
    assert_eq!(std::str::from_utf8(&answer), Ok("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_shutdown_closes_every_connection_cleanly() {
    let mut server = Server::configured(
        // A socket without any message must still be open at the shutdown.
        "{ socket: { init_timeout_ms: 120000 } }",
        &[("TROUPE_SHUTDOWN_DRAIN_SECONDS", "5")],
    )
    .await;
    let run = server.endless_run().await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &following(&run)).await;
    let mut silent = server.socket().await;
    let events = server.stream("text/event-stream", &following(&run)).await;
    let parts = server.stream("multipart/mixed", &following(&run)).await;
    let (ready, query) = (
        server.get("/readyz"),
        server.post(&json!({ "query": "{ __typename }" })),
    );
    let address = server.address.clone();
    let everyone = async {
        // Not ready at once, and still serving.
        loop {
            let ready = Reply::of(ready.try_clone().unwrap().send().await.unwrap()).await;
            if ready.status == 503 {
                assert_eq!(ready.json()["draining"], json!(true));
                break;
            }
        }
        assert_eq!(query.send().await.unwrap().status(), 200);
        assert_eq!(socket.closed().await, (1012, "service restart".to_owned()));
        assert_eq!(silent.closed().await.0, 1012);
        assert!(!events.text().await.unwrap().contains("complete"));
        assert!(!parts.text().await.unwrap().contains("--graphql--"));
    };
    let both = futures::future::join(server.app.stop(), everyone);
    tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn gone_and_unresponsive_clients_do_not_delay_shutdown() {
    let mut server = Server::start().await;
    let run = server.endless_run().await;
    for _ in 0..5 {
        let mut gone = server.ready_socket().await;
        gone.subscribe("1", &following(&run)).await;
        assert_eq!(gone.next().await["type"], "next");
    }
    let mut deaf = server.straw().await;
    for id in 0..100 {
        deaf.subscribe(
            &id.to_string(),
            "{ __schema { types { name description } } }",
        )
        .await;
    }
    let silent = TcpStream::connect(&server.address).await.unwrap();
    tokio::time::timeout(PATIENCE, server.app.stop())
        .await
        .unwrap();
    drop((deaf, silent));
}
