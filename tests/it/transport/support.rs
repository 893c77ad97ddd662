//! A server of its own for each test, and the clients that talk to it.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{SinkExt, StreamExt};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, error::Error as SocketError},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use troupe::{
    config::HttpConfig,
    domain::{Actor, Id, KeyId, Role},
    graphql::{Alive, Api},
    http::{Check, Health, HttpParts, HttpState, Sessions, serve},
    port::{Clock, SystemClock},
    service::Access,
};

/// Nothing here takes so long unless it is broken.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The key that every server knows.
pub(super) const KEY: &str = "Bearer troupe_good";
/// A key whose time runs out within a second or so.
pub(super) const SHORT_KEY: &str = "Bearer troupe_short";

/// A running server.
pub(super) struct Server {
    pub(super) address: String,
    pub(super) key: KeyId,
    pub(super) sessions: Sessions,
    pub(super) shutdown: CancellationToken,
    pub(super) served: tokio::task::JoinHandle<Result<(), String>>,
    client: Client,
    alive: Alive,
}

/// The subscription that streams here; every test of a stream asks for it through this function.
pub(super) fn counting(to: Option<u32>, pause_ms: u32, padding: usize) -> String {
    let to = to.map_or_else(String::new, |to| format!("to: {to}, "));
    format!("subscription {{ count({to}pause: {pause_ms}, padding: {padding}) }}")
}

/// `a0: id a1: id …`
pub(super) fn numbered(count: usize, before: &str, after: &str) -> String {
    let names: Vec<_> = (0..count)
        .map(|number| format!("{before}{number}{after}"))
        .collect();
    names.concat()
}

fn actor(expires_at: Option<DateTime<Utc>>) -> Actor {
    Actor {
        account: Id::new(&SystemClock),
        role: Role::Owner,
        key: Id::new(&SystemClock),
        expires_at,
    }
}

impl Server {
    /// With the default limits.
    pub(super) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other limits.
    pub(super) async fn with(change: impl FnOnce(&mut HttpConfig)) -> Self {
        let mut config = HttpConfig::default();
        config.connection.drain_ms = 1;
        change(&mut config);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (good, alive, sessions) = (actor(None), Alive::default(), Sessions::default());
        let key = good.key;
        let short = actor(Some(SystemClock.now() + Duration::from_millis(700)));
        let keys = HashMap::from([
            ("troupe_good".to_owned(), good),
            ("troupe_short".to_owned(), short),
        ]);
        let state = HttpState::new(HttpParts {
            api: Api::stand_in(alive.clone()),
            access: Arc::new(Access::new(keys)),
            sessions: sessions.clone(),
            config,
            clock: Arc::new(SystemClock),
            tasks: TaskTracker::new(),
            checks: vec![
                Check::required("database", || Box::pin(async { Health::Ready })),
                Check::optional("model", || {
                    Box::pin(async { Health::NotReady("run `troupe models fetch`".to_owned()) })
                }),
            ],
        });
        let state = state.map_err(|error| format!("{error:?}")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let serving = serve(listener, state, shutdown.clone());
        let served = TaskTracker::new()
            .spawn(async move { serving.await.map_err(|error| format!("{error:?}")) });
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            address,
            key,
            sessions,
            shutdown,
            served,
            client,
            alive,
        }
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

    /// A POST of JSON that accepts `application/graphql-response+json`.
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

    pub(super) async fn query(&self, query: &str) -> Reply {
        Reply::of(self.post(&json!({ "query": query })).send().await.unwrap()).await
    }

    /// A stream over HTTP.
    pub(super) async fn stream(&self, accept: &str, query: &str) -> Response {
        let body = json!({ "query": query });
        let request = self
            .client
            .post(self.url("/graphql"))
            .header(ACCEPT, accept);
        request
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap()
    }

    /// A socket on which nothing was said.
    pub(super) async fn socket(&self) -> Socket {
        self.try_socket(&[("sec-websocket-protocol", "graphql-transport-ws")])
            .await
            .unwrap()
    }

    /// A socket whose upgrade has these headers; the status of the answer if it is refused.
    pub(super) async fn try_socket(&self, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/graphql", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(SocketError::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket that is ready for operations.
    pub(super) async fn ready_socket(&self) -> Socket {
        let mut socket = self.socket().await;
        socket.init(KEY).await;
        socket
    }

    /// How many subscriptions are being executed.
    pub(super) fn streaming(&self) -> usize {
        self.alive.streams.load(Ordering::SeqCst)
    }

    /// How many events the subscriptions have made.
    pub(super) fn events(&self) -> usize {
        self.alive.events.load(Ordering::SeqCst)
    }
}

/// Waits until something is so.
pub(super) async fn until(what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, wait).await.is_ok(),
        "never: {what}"
    );
}

/// The answer to a request.
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

    pub(super) async fn init(&mut self, key: &str) {
        self.send(json!({ "type": "connection_init", "payload": { "authorization": key } }))
            .await;
        assert_eq!(self.next().await, json!({ "type": "connection_ack" }));
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// The code and the reason that the server closes with; messages before it are read over.
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
            let frame = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match frame
                .expect("the server says nothing")
                .expect("the socket is gone")
                .unwrap()
            {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}
