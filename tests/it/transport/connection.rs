//! Connections that say nothing, bodies that never end, and the end of the server itself.

use std::time::Duration;

use futures::StreamExt;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{PATIENCE, Reply, Server, counting, until};

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text))
        .await
        .expect("still open");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn half_sent_heads_are_closed() {
    let server = Server::with(|config| config.connection.header_timeout_ms = 100).await;
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
async fn a_body_that_drips_is_given_up() {
    let server = Server::with(|config| config.body_timeout_ms = 100).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn an_endless_body_is_refused_while_it_comes() {
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
        .expect("still reading");
    assert!(sent.is_err());
    assert_eq!(std::str::from_utf8(&answer), Ok("HTTP/1.1 413"));
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_their_turn() {
    let server = Server::with(|config| config.connection.most = 1).await;
    let first = TcpStream::connect(&server.address).await.unwrap();
    let mut second = TcpStream::connect(&server.address).await.unwrap();
    second
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(100), second.peek(&mut answer)).await;
    assert!(early.is_err(), "served at once");
    drop(first);
    assert!(read_to_end(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn stopping_takes_leave_of_everyone() {
    let server = Server::with(|config| config.connection.drain_ms = 300).await;
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &counting(None, 60_000, 0)).await;
    let mut uninitialised = server.socket().await;
    let events = server
        .stream("text/event-stream", &counting(None, 60_000, 0))
        .await;
    let parts = server
        .stream("multipart/mixed", &counting(None, 60_000, 0))
        .await;
    until("all run", || server.streaming() == 3).await;

    server.shutdown.cancel();
    // Not ready at once, and still serving.
    let mut ready = Reply::of(server.get("/readyz").send().await.unwrap()).await;
    while ready.status == 200 {
        ready = Reply::of(server.get("/readyz").send().await.unwrap()).await;
    }
    assert_eq!(ready.json()["draining"], json!(true));
    assert_eq!(server.query("{ __typename }").await.status, 200);

    assert_eq!(socket.closed().await, (1012, "service restart".to_owned()));
    assert_eq!(uninitialised.closed().await.0, 1012);
    assert!(!events.text().await.unwrap().contains("complete"));
    assert!(!parts.text().await.unwrap().contains("--graphql--"));
    let end = tokio::time::timeout(PATIENCE, server.served)
        .await
        .expect("still serving");
    assert_eq!(end.unwrap(), Ok(()));
    assert!(TcpStream::connect(&server.address).await.is_err());
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let server = Server::with(|config| config.connection.shutdown_ms = 300).await;
    // Reads nothing, and so never says goodbye.
    let mut socket = server.ready_socket().await;
    socket.subscribe("1", &counting(None, 0, 100_000)).await;
    until("it runs", || server.streaming() == 1).await;
    server.shutdown.cancel();
    let end = tokio::time::timeout(PATIENCE, server.served)
        .await
        .expect("still serving");
    assert!(end.unwrap().is_err_and(|error| error.contains("cut off")));
    assert!(socket.0.next().await.is_some());
}
