//! One subscription over graphql-transport-ws, and its possible ends.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::node::Node;

/// The timeout of the acknowledgement.
const HANDSHAKE: Duration = Duration::from_mins(1);

/// A message of a subscription.
#[derive(Debug)]
pub(crate) enum Came {
    Event(Value),
    /// An error with this code.
    Error(String),
    /// The end of the stream.
    Complete,
    /// The server closed the socket with this code.
    Closed(u16),
    /// The connection was lost without a close frame, or could not be opened.
    Lost(String),
}

/// A socket with one subscription.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects, authenticates, and subscribes.
    pub(crate) async fn subscribe(
        node: &Node,
        key: &str,
        query: &str,
        variables: &Value,
    ) -> Result<Self, Came> {
        let opening = Self::open(node, key, query, variables);
        let opened = tokio::time::timeout(HANDSHAKE, opening).await;
        opened.unwrap_or_else(|_| {
            Err(Came::Error(format!(
                "HUNG: no connection_ack within {HANDSHAKE:?}"
            )))
        })
    }

    async fn open(node: &Node, key: &str, query: &str, variables: &Value) -> Result<Self, Came> {
        let url = node
            .url
            .as_deref()
            .unwrap_or_default()
            .replacen("http", "ws", 1);
        let mut request = format!("{url}/graphql").into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let connected = tokio_tungstenite::connect_async(request).await;
        let (stream, _) = connected.map_err(|error| Came::Lost(format!("connecting: {error}")))?;
        let mut socket = Self { stream };
        let payload = json!({"authorization": format!("Bearer {key}")});
        socket
            .send(&json!({"type": "connection_init", "payload": payload}))
            .await?;
        let ack = socket.message().await?;
        if ack["type"] != "connection_ack" {
            return Err(Came::Error(format!("not an acknowledgement: {ack}")));
        }
        socket.start("1", query, variables).await?;
        Ok(socket)
    }

    /// Starts another operation on the socket.
    pub(crate) async fn start(
        &mut self,
        id: &str,
        query: &str,
        variables: &Value,
    ) -> Result<(), Came> {
        let payload = json!({"query": query, "variables": variables});
        self.send(&json!({"id": id, "type": "subscribe", "payload": payload}))
            .await
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Came {
        self.next_of_any().await.1
    }

    /// The next message of any operation, with the operation's id.
    pub(crate) async fn next_of_any(&mut self) -> (String, Came) {
        match self.message().await {
            Ok(message) => {
                let id = message["id"].as_str().unwrap_or_default().to_owned();
                (id, Self::came(&message))
            }
            Err(came) => (String::new(), came),
        }
    }

    fn came(message: &Value) -> Came {
        let errors = match message["type"].as_str() {
            Some("next") => &message["payload"]["errors"],
            Some("error") => &message["payload"],
            Some("complete") => return Came::Complete,
            _ => return Came::Error(format!("not of the protocol: {message}")),
        };
        if let Some(error) = errors.get(0) {
            let code = error["extensions"]["code"].as_str().unwrap_or("no code");
            return Came::Error(format!("{code}: {}", error["message"]));
        }
        let field = message["payload"]["data"]
            .as_object()
            .and_then(|data| data.values().next());
        Came::Event(field.cloned().unwrap_or_default())
    }

    async fn send(&mut self, message: &Value) -> Result<(), Came> {
        let sent = self.stream.send(Message::text(message.to_string())).await;
        sent.map_err(|error| Came::Lost(format!("sending: {error}")))
    }

    /// The next message that is not a ping.
    async fn message(&mut self) -> Result<Value, Came> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap_or_default();
                    if message["type"] != "ping" {
                        return Ok(message);
                    }
                    self.send(&json!({"type": "pong"})).await?;
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(Came::Closed(frame.map_or(1005, |frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Came::Lost(error.to_string())),
                None => {
                    return Err(Came::Lost(
                        "the connection ended without a close".to_owned(),
                    ));
                }
            }
        }
    }
}
