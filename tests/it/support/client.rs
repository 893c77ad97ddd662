//! A GraphQL client: POST for queries and mutations, a WebSocket for each subscription.

use std::net::SocketAddr;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::PATIENCE;

/// A client with a key, or without one.
#[derive(Clone)]
pub(crate) struct Client {
    url: String,
    key: Option<String>,
    http: reqwest::Client,
}

/// A GraphQL response.
#[derive(Debug, Clone)]
pub(crate) struct Reply(pub(crate) Value);

impl Reply {
    /// The data of a response without errors.
    pub(crate) fn data(&self) -> &Value {
        assert!(self.0.get("errors").is_none(), "errors: {:#}", self.0);
        &self.0["data"]
    }

    /// The code of the first error; empty without one.
    pub(crate) fn code(&self) -> &str {
        self.0["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }

    /// The paths of the problems, in the given order.
    pub(crate) fn problem_paths(&self) -> Vec<&str> {
        let problems = self.0["errors"][0]["extensions"]["problems"].as_array();
        problems
            .into_iter()
            .flatten()
            .map(|problem| problem["path"].as_str().unwrap())
            .collect()
    }

    /// The message of the first error.
    pub(crate) fn message(&self) -> &str {
        self.0["errors"][0]["message"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// A client with this key, or without any.
    pub(crate) fn new(url: &str, key: Option<&str>) -> Self {
        Self {
            url: url.to_owned(),
            key: key.map(str::to_owned),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// The same client with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self.clone()
        }
    }

    pub(crate) fn key(&self) -> &str {
        self.key.as_deref().unwrap()
    }

    pub(crate) fn moves_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    /// Sends a request by POST.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Reply {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.url))
            .json(&json!({"query": query, "variables": variables}));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        Reply(request.send().await.unwrap().json().await.unwrap())
    }

    /// Sends a request by POST, which must succeed; returns `data`.
    pub(crate) async fn ok(&self, query: &str, variables: Value) -> Value {
        self.ask(query, variables).await.data().clone()
    }

    /// Sends a request by POST, which must succeed; returns `data` and the id of the request.
    pub(crate) async fn ok_in_request(&self, query: &str, variables: Value) -> (Value, String) {
        let request = self.http.post(format!("{}/graphql", self.url));
        let request = request.json(&json!({"query": query, "variables": variables}));
        let reply = request.bearer_auth(self.key()).send().await.unwrap();
        let id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
        let reply = Reply(reply.json().await.unwrap());
        (reply.data().clone(), id)
    }

    /// Subscribes on a WebSocket of its own.
    pub(crate) async fn subscribe(&self, query: &str, variables: Value) -> Stream {
        let tcp = TcpStream::connect(self.address()).await.unwrap();
        self.subscribe_over(tcp, query, variables).await
    }

    /// Subscribes on a WebSocket with a minimal receive buffer, which fills while it is not read.
    pub(crate) async fn subscribe_through_a_straw(&self, query: &str, variables: Value) -> Stream {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4096).unwrap();
        let tcp = tcp.connect(self.address()).await.unwrap();
        self.subscribe_over(tcp, query, variables).await
    }

    fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    async fn subscribe_over(&self, tcp: TcpStream, query: &str, variables: Value) -> Stream {
        let variables = with_message_id(variables);
        let address = format!("{}/graphql", self.url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        request.headers_mut().insert(
            "sec-websocket-protocol",
            "graphql-transport-ws".parse().unwrap(),
        );
        let (mut socket, _) = tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(tcp))
            .await
            .unwrap();
        let payload = match &self.key {
            Some(key) => json!({"authorization": format!("Bearer {key}")}),
            None => json!({}),
        };
        send(
            &mut socket,
            &json!({"type": "connection_init", "payload": payload}),
        )
        .await;
        let ack = receive(&mut socket).await.unwrap();
        assert_eq!(ack["type"], "connection_ack", "{ack}");
        send(&mut socket, &json!({"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}})).await;
        Stream {
            socket,
            ended: false,
        }
    }
}

/// The variables of a subscription; a message without an idempotency key gets one, as chat clients make it.
pub(crate) fn with_message_id(mut variables: Value) -> Value {
    if let Some(input) = variables.get_mut("input").and_then(Value::as_object_mut)
        && input.contains_key("message")
    {
        let key = || json!(uuid::Uuid::now_v7().to_string());
        input.entry("clientMessageId").or_insert_with(key);
    }
    variables
}

pub(crate) struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// An `error` is an operation's last message: no `complete` follows it.
    ended: bool,
}

impl Stream {
    /// The next response; none once the stream is complete, or the socket closed.
    pub(crate) async fn next(&mut self) -> Option<Reply> {
        if self.ended {
            return None;
        }
        let message = receive(&mut self.socket).await?;
        self.ended = message["type"] == "error";
        match message["type"].as_str() {
            Some("next") => Some(Reply(message["payload"].clone())),
            Some("error") => Some(Reply(json!({"errors": message["payload"]}))),
            _ => None,
        }
    }

    /// All remaining responses.
    pub(crate) async fn rest(mut self) -> Vec<Reply> {
        let mut replies = Vec::new();
        while let Some(reply) = self.next().await {
            replies.push(reply);
        }
        replies
    }
}

async fn send(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, message: &Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

/// The next message that is not a ping; none when the socket is closed.
async fn receive(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Option<Value> {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("the server says nothing");
        match message?.ok()? {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["type"] == "ping" {
                    send(socket, &json!({"type": "pong"})).await;
                    continue;
                }
                return Some(message);
            }
            Message::Close(_) => return None,
            _ => {}
        }
    }
}
