//! A client that is one TCP connection: it sends any bytes at any time, from any address of this machine.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::support::Server;
use crate::support::PATIENCE;

pub(super) struct RawClient(pub(super) TcpStream);

/// A response.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl RawAnswer {
    pub(super) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        let code = body["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_default().to_owned()
    }
}

impl RawClient {
    /// Connects from the usual address.
    pub(super) async fn connect(server: &Server) -> Self {
        Self::connect_from(server, "127.0.0.1").await
    }

    /// Connects from another address of this machine.
    pub(super) async fn connect_from(server: &Server, address: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(format!("{address}:0").parse().unwrap())
            .unwrap();
        let connected = socket.connect(server.address.parse().unwrap());
        Self(connected.await.unwrap())
    }

    pub(super) async fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.0.write_all(text.as_bytes()).await
    }

    /// Sends a GET request.
    pub(super) async fn get(&mut self, path: &str, headers: &str) -> Option<RawAnswer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        self.send(&request).await.ok()?;
        self.answer().await
    }

    /// The next response with a `Content-Length`; none when the connection ended before it.
    pub(super) async fn answer(&mut self) -> Option<RawAnswer> {
        tokio::time::timeout(PATIENCE, self.read_answer())
            .await
            .unwrap_or_else(|_| panic!("no answer"))
    }

    async fn read_answer(&mut self) -> Option<RawAnswer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(RawAnswer {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }

    /// Waits until the server has closed the connection.
    pub(super) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .unwrap_or_else(|_| panic!("still open"));
    }
}
