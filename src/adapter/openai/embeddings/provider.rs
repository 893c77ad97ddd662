//! A test server that returns scripted responses on its own port.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A received request: the lines of its head, and its body.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) head: Vec<String>,
    pub(super) body: Value,
}

/// A scripted response.
pub(super) enum Reply {
    /// A complete response: status, headers and body.
    Full(u16, &'static str, String),
    /// The beginning of a response, after which the connection is closed.
    Cut,
    /// No response at all.
    Silence,
}

impl Reply {
    pub(super) fn of(body: &Value) -> Self {
        Self::Full(200, "", body.to_string())
    }

    /// One vector per requested text, in reverse order: `[length of the text, 1]`.
    pub(super) fn lengths(asked: &Asked) -> Self {
        let texts = asked.body["input"].as_array().unwrap();
        let items = texts.iter().enumerate().rev().map(|(index, text)| {
            json!({"index": index, "embedding": [text.as_str().unwrap().chars().count(), 1]})
        });
        Self::of(&json!({"data": items.collect::<Vec<_>>()}))
    }
}

/// The server; it stops when it is dropped.
pub(super) struct Provider {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Provider {
    /// Answers the first request with `answer(0, …)`, the next with `answer(1, …)`.
    pub(super) async fn start(answer: impl Fn(usize, &Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let serve = async move {
            let mut silent = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                let count = log.lock().unwrap().len();
                log.lock().unwrap().push(request.clone());
                let text = match answer(count, &request) {
                    Reply::Full(status, headers, body) => {
                        let length = body.len();
                        format!(
                            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
                        )
                    }
                    Reply::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_owned(),
                    Reply::Silence => {
                        silent.push(stream);
                        continue;
                    }
                };
                // the client may close the connection before it has read everything
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        };
        Self {
            url,
            asked,
            #[expect(clippy::disallowed_methods, reason = "it ends with its owner")]
            server: tokio::spawn(serve),
        }
    }

    /// All requests received so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap();
    Asked { head, body }
}
