//! A client that sends credentials of its own, and sees how a socket ends.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    mcp::modern,
    support::{Client, PATIENCE, Reply, TestApp, with_message_id},
};

/// A key, or none, and the account to act in.
#[derive(Clone)]
pub(crate) struct Caller {
    url: String,
    key: Option<String>,
    account: Option<String>,
    /// The origin of the page that the caller is.
    origin: Option<String>,
    http: reqwest::Client,
}

impl Caller {
    /// An anonymous caller.
    pub(crate) fn nobody(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            url: app.url.clone(),
            key: None,
            account: None,
            origin: None,
            http,
        }
    }

    /// The same caller at another process.
    pub(crate) fn at(self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self
        }
    }

    /// The caller of a client's key.
    pub(crate) fn of(app: &TestApp, client: &Client) -> Self {
        Self::nobody(app).with_key(client.key())
    }

    /// The operator, acting in an account.
    pub(crate) fn operator_in(app: &TestApp, account: &str) -> Self {
        Self::of(app, &app.operator).inside(account)
    }

    /// The same caller with another key.
    pub(crate) fn with_key(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }

    /// The same caller on a page of this origin.
    pub(crate) fn on_page_of(self, origin: &str) -> Self {
        Self {
            origin: Some(origin.to_owned()),
            ..self
        }
    }

    /// Whether the caller has credentials.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The same caller acting in another account.
    pub(crate) fn inside(self, account: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            ..self
        }
    }

    /// Calls an MCP server in a revision without sessions; returns the status and the message.
    pub(crate) async fn mcp(&self, server: &str, method: &str, params: Value) -> (u16, Value) {
        let (message, headers) = modern(method, params);
        let mut request = self
            .http
            .post(format!("{}/mcp/{server}", self.url))
            .header("accept", "application/json, text/event-stream")
            .json(&message);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(account) = &self.account {
            request = request.header("X-Account-ID", account);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Sends a request by POST.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Reply {
        let body = json!({"query": query, "variables": variables});
        Reply(self.post(&body).await.json().await.unwrap())
    }

    /// Sends a body by POST.
    pub(crate) async fn post(&self, body: &Value) -> reqwest::Response {
        self.post_for("*/*", body).await
    }

    /// Sends a body by POST, for a response of this type.
    pub(crate) async fn post_for(&self, accept: &str, body: &Value) -> reqwest::Response {
        let mut request = self.http.post(format!("{}/graphql", self.url)).json(body);
        request = request.header("accept", accept);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(account) = &self.account {
            request = request.header("X-Account-ID", account);
        }
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        request.send().await.unwrap()
    }

    /// Opens a socket and sends `connection_init`; the caller reads the replies.
    pub(crate) async fn connect(&self) -> Socket {
        let address = format!("{}/graphql", self.url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        if let Some(origin) = &self.origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let (inner, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut payload = json!({});
        if let Some(key) = &self.key {
            payload["authorization"] = format!("Bearer {key}").into();
        }
        if let Some(account) = &self.account {
            payload["accountId"] = account.as_str().into();
        }
        let mut socket = Socket { inner };
        socket
            .send(json!({"type": "connection_init", "payload": payload}))
            .await;
        socket
    }

    /// Subscribes on a socket of its own.
    pub(crate) async fn subscribe(&self, query: &str, variables: Value) -> Socket {
        let mut socket = self.connect().await;
        assert_eq!(socket.hear().await, Heard::Acknowledged);
        socket.subscribe(query, variables).await;
        socket
    }
}

pub(crate) struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A message of a socket.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// The connection is acknowledged.
    Acknowledged,
    /// A response, with or without errors.
    Answer(Value),
    /// The operation is complete.
    Complete,
    /// The socket was closed with this code.
    Closed(u16),
}

impl Socket {
    /// Starts a subscription.
    pub(crate) async fn subscribe(&mut self, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": with_message_id(variables)});
        self.send(json!({"id": "1", "type": "subscribe", "payload": payload}))
            .await;
    }

    /// The next message that is not a ping.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.inner.next()).await;
            let Ok(next) = next else {
                panic!("the server says nothing");
            };
            match next {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    match message["type"].as_str().unwrap() {
                        "connection_ack" => return Heard::Acknowledged,
                        "next" => return Heard::Answer(message["payload"].clone()),
                        "error" => return Heard::Answer(json!({"errors": message["payload"]})),
                        "complete" => return Heard::Complete,
                        "ping" => self.send(json!({"type": "pong"})).await,
                        other => panic!("the server says {other}"),
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(1006),
            }
        }
    }

    /// The next response; fails the test when there is none.
    pub(crate) async fn answer(&mut self) -> Reply {
        match self.hear().await {
            Heard::Answer(answer) => Reply(answer),
            other => panic!("expected an answer, heard {other:?}"),
        }
    }

    /// The next response, while `again` is repeated to cause it.
    pub(crate) async fn answer_while(&mut self, again: impl AsyncFn()) -> Reply {
        let doing = async {
            loop {
                again().await;
            }
        };
        tokio::select! {
            answer = self.answer() => answer,
            () = doing => unreachable!("it never ends"),
        }
    }

    async fn send(&mut self, message: Value) {
        self.inner
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }
}
