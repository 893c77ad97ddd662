//! Clients that check the bytes: statuses, headers, frames, close codes.

use futures::{SinkExt, StreamExt};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, error::Error as SocketError},
};
use troupe::port::{Clock, SystemClock};

use crate::{
    chat,
    support::{PATIENCE, Script, TestApp},
};

/// The subprotocol, as a header of the upgrade.
pub(super) const OURS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// A server, and the key of a caller.
pub(super) struct Server {
    pub(super) app: TestApp,
    pub(super) address: String,
    /// `Bearer …` with an owner's key.
    pub(super) key: String,
    client: Client,
}

/// The streaming subscription; every test of a stream builds its document here.
pub(super) fn following(run: &str) -> String {
    format!("subscription {{ runEvents(runId: \"{run}\") {{ __typename }} }}")
}

/// `a0: id a1: id …`
pub(super) fn numbered(count: usize, before: &str, after: &str) -> String {
    let names: Vec<_> = (0..count)
        .map(|number| format!("{before}{number}{after}"))
        .collect();
    names.concat()
}

impl Server {
    /// Starts a server with the default limits.
    pub(super) async fn start() -> Self {
        Self::with("{}").await
    }

    /// Starts a server with this section `http` of `app.yaml`.
    pub(super) async fn with(http: &str) -> Self {
        Self::configured(http, &[]).await
    }

    /// Starts a server with other settings too.
    pub(super) async fn configured(http: &str, settings: &[(&str, &str)]) -> Self {
        let app = TestApp::configured(&format!("http: {http}\n"), settings).await;
        let address = app.url.trim_start_matches("http://").to_owned();
        let key = format!("Bearer {}", app.home.owner.key());
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            app,
            address,
            key,
            client,
        }
    }

    /// A run whose model never ends its answer: a subscriber receives events, and then waits.
    pub(super) async fn endless_run(&self) -> String {
        self.app.upstream.will(Script::default().hang());
        chat::send(&self.app.home.member, json!({ "message": "Wait." }))
            .await
            .0
    }

    /// A run that has ended.
    pub(super) async fn ended_run(&self) -> String {
        let (run, _) = chat::send(&self.app.home.member, json!({ "message": "Go." })).await;
        chat::ended(&self.app.home.member, &run).await;
        run
    }

    /// A member's key, and the id for its revocation.
    pub(super) async fn another_key(&self) -> (String, Value) {
        let query = "mutation { createApiKey(input: { name: \"n\", role: MEMBER }) { secret apiKey { id } } }";
        let made = self.app.home.owner.ok(query, json!({})).await;
        let secret = made["createApiKey"]["secret"].as_str().unwrap();
        (
            format!("Bearer {secret}"),
            made["createApiKey"]["apiKey"]["id"].clone(),
        )
    }

    pub(super) async fn revoke(&self, id: &Value) {
        let query = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }";
        self.app.home.owner.ok(query, json!({ "id": id })).await;
    }

    /// A key that is valid for this time.
    pub(super) async fn short_key(&self, milliseconds: i64) -> String {
        let query = "mutation($at: DateTime!) { createApiKey(input: { name: \"n\", role: MEMBER, expiresAt: $at }) { secret } }";
        let at = SystemClock.now() + chrono::TimeDelta::milliseconds(milliseconds);
        let made = self.app.home.owner.ok(query, json!({ "at": at })).await;
        format!(
            "Bearer {}",
            made["createApiKey"]["secret"].as_str().unwrap()
        )
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// A GET with a query.
    pub(super) fn get_query(&self, query: &str) -> reqwest::RequestBuilder {
        let url = Url::parse_with_params(&self.url("/graphql"), [("query", query)]);
        self.client.get(url.unwrap())
    }

    /// A POST of JSON without a key, which accepts `application/graphql-response+json`.
    pub(super) fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        self.client
            .post(self.url("/graphql"))
            .header(ACCEPT, "application/graphql-response+json")
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }

    pub(super) async fn send(&self, request: reqwest::Request) -> Response {
        self.client.execute(request).await.unwrap()
    }

    /// Sends a query without a key.
    pub(super) async fn query(&self, query: &str) -> Reply {
        Reply::of(self.post(&json!({ "query": query })).send().await.unwrap()).await
    }

    /// The response for the owner with this `Accept` header.
    pub(super) async fn stream(&self, accept: &str, query: &str) -> Response {
        self.stream_of(&self.key, accept, query).await
    }

    /// The response for a caller with this key and `Accept` header.
    pub(super) async fn stream_of(&self, key: &str, accept: &str, query: &str) -> Response {
        let body = json!({ "query": query });
        self.stream_of_body(key, accept, &body).await
    }

    /// The response for a caller with this key and body.
    pub(super) async fn stream_of_body(&self, key: &str, accept: &str, body: &Value) -> Response {
        let request = self
            .client
            .post(self.url("/graphql"))
            .header(ACCEPT, accept);
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, key);
        request.body(body.to_string()).send().await.unwrap()
    }

    /// A socket without any message.
    pub(super) async fn socket(&self) -> Socket {
        self.try_socket(&[OURS]).await.unwrap()
    }

    /// A socket whose upgrade has these headers, or the status of the refusal.
    pub(super) async fn try_socket(&self, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let tcp = TcpStream::connect(&self.address).await.unwrap();
        self.socket_over(tcp, headers).await
    }

    /// A socket with a minimal receive buffer, which fills while it is not read; ready for operations.
    pub(super) async fn straw(&self) -> Socket {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4096).unwrap();
        let tcp = tcp.connect(self.address.parse().unwrap()).await.unwrap();
        let mut socket = self.socket_over(tcp, &[OURS]).await.unwrap();
        socket.init(&self.key).await;
        socket
    }

    /// A socket that is ready for operations.
    pub(super) async fn ready_socket(&self) -> Socket {
        let mut socket = self.socket().await;
        socket.init(&self.key).await;
        socket
    }

    async fn socket_over(
        &self,
        tcp: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/graphql", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(tcp)).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(SocketError::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The response to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) async fn of(response: Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(super) fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(super) fn message(&self) -> String {
        self.json()["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// The client's end of a WebSocket.
pub(super) struct Socket(pub(super) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(super) async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub(super) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub(super) async fn try_init(&mut self, key: &str) {
        self.send(json!({ "type": "connection_init", "payload": { "authorization": key } }))
            .await;
    }

    pub(super) async fn init(&mut self, key: &str) {
        self.try_init(key).await;
        assert_eq!(self.next().await, json!({ "type": "connection_ack" }));
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    pub(super) async fn next(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// The messages of an operation to its end.
    pub(super) async fn rest(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await;
            let last = message["type"] != "next";
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// The code and the reason of the server's close frame; earlier messages are skipped.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.frame().await {
                Message::Close(Some(frame)) => {
                    return (frame.code.into(), frame.reason.as_str().to_owned());
                }
                Message::Close(None) => panic!("closed without a code"),
                _ => {}
            }
        }
    }

    async fn frame(&mut self) -> Message {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.0.next()).await.ok();
            match frame
                .unwrap_or_else(|| panic!("the server says nothing"))
                .unwrap()
                .unwrap()
            {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}
