//! Servers with scripted replies.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The reply of a server to a request.
#[derive(Clone)]
pub(in crate::adapter) enum Answer {
    /// Sends this text and closes.
    Text(String),
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends a head, then single bytes at intervals.
    Drip,
    /// Sends a head without a length and then an endless body.
    Endless,
}

/// A server on an address of this machine; it stops when it is dropped.
pub(in crate::adapter) struct Server {
    pub(in crate::adapter) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(in crate::adapter) async fn start(address: &str, answer: Answer) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        #[expect(clippy::disallowed_methods, reason = "it ends with its server")]
        let task = tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let head = answer_one(stream, &answer).await;
                seen.lock().unwrap().push(head);
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// The heads of the answered requests.
    pub(in crate::adapter) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The number of connections before this one: the server accepts them in order.
    pub(in crate::adapter) async fn connections(&self) -> usize {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        // A reply is sent before its request is recorded; all earlier requests are recorded already.
        self.requests()
            .iter()
            .filter(|head| !head.starts_with("GET / HTTP/1.1\r\n\r\n"))
            .count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer_one(mut stream: TcpStream, answer: &Answer) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    // An unread body would cause a connection reset.
    let mut body = vec![0; length(&head)];
    let _ = stream.read_exact(&mut body).await;
    match answer {
        Answer::Text(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Answer::Bytes(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Answer::Drip => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                .await;
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            while stream.write_all(b"x").await.is_ok() {
                pace.tick().await;
            }
        }
        Answer::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The length of the body after this head.
fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let digits = length.and_then(|rest| rest.split('\r').next());
    digits.map_or(0, |digits| digits.parse().unwrap())
}

/// A complete response.
pub(in crate::adapter) fn reply(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Text(format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    ))
}
