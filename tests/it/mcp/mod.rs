//! The MCP servers at `/mcp/…`, with clients of both versions of the protocol.

mod access;
pub(crate) mod agents;
mod content;
mod crm;
mod pricing;
mod protocol;
mod sessions;
mod tickets;

use rmcp::{
    ClientHandler, ClientLifecycleMode, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam, ProtocolVersion},
    serve_client_with_lifecycle,
    service::{NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::support::{Client, TestApp};

/// A revision with sessions, and one without.
pub(crate) const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// An MCP client from the protocol's own library.
pub(crate) struct Peer {
    client: RunningService<RoleClient, Listener>,
    /// The received progress notifications.
    pub(crate) progress: mpsc::UnboundedReceiver<ProgressNotificationParam>,
}

/// Collects progress notifications.
pub(crate) struct Listener(mpsc::UnboundedSender<ProgressNotificationParam>);

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let _ = self.0.send(params);
    }
}

/// The outcome of a call.
#[derive(Debug, Clone)]
pub(crate) struct Outcome(pub(crate) CallToolResult);

impl Outcome {
    /// The structured content of a successful call.
    pub(crate) fn ok(&self) -> Value {
        assert_ne!(self.0.is_error, Some(true), "{:?}", self.0);
        self.0.structured_content.clone().unwrap()
    }

    /// The text of a failed call: its code and message.
    pub(crate) fn failure(&self) -> String {
        assert_eq!(self.0.is_error, Some(true), "{:?}", self.0);
        assert!(self.0.structured_content.is_none(), "{:?}", self.0);
        self.text()
    }

    /// The text for the model.
    pub(crate) fn text(&self) -> String {
        self.0.content[0].as_text().unwrap().text.clone()
    }
}

impl Peer {
    /// Connects to a server with a key, in a revision.
    pub(crate) async fn connect(app: &TestApp, server: &str, key: &str, revision: &str) -> Self {
        Self::try_connect(&app.url, server, key, revision)
            .await
            .unwrap()
    }

    /// The same, when it may be refused.
    pub(crate) async fn try_connect(
        url: &str,
        server: &str,
        key: &str,
        revision: &str,
    ) -> Result<Self, String> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let config = StreamableHttpClientTransportConfig::with_uri(format!("{url}/mcp/{server}"))
            .auth_header(key);
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let (sender, progress) = mpsc::unbounded_channel();
        let lifecycle = if revision < "2026" {
            ClientLifecycleMode::Initialize
        } else {
            ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            }
        };
        let client = serve_client_with_lifecycle(Listener(sender), transport, lifecycle)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self { client, progress })
    }

    /// The names of the server's tools.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let tools = self.client.list_all_tools().await.unwrap();
        tools.iter().map(|tool| tool.name.to_string()).collect()
    }

    /// The server's tools as JSON.
    pub(crate) async fn definitions(&self) -> Vec<Value> {
        let tools = self.client.list_all_tools().await.unwrap();
        tools.iter().map(|tool| json!(tool)).collect()
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        self.try_call(tool, arguments).await.unwrap()
    }

    /// Calls a tool that may not exist.
    pub(crate) async fn try_call(&self, tool: &str, arguments: Value) -> Result<Outcome, String> {
        let result = self.client.call_tool(params(tool, arguments)).await;
        result.map(Outcome).map_err(|error| error.to_string())
    }

    /// Calls a tool; fails the test on an error.
    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Value {
        self.call(tool, arguments).await.ok()
    }

    /// Calls a tool that must fail; returns the error's text.
    pub(crate) async fn failure(&self, tool: &str, arguments: Value) -> String {
        self.call(tool, arguments).await.failure()
    }

    pub(crate) fn client(&self) -> &RunningService<RoleClient, Listener> {
        &self.client
    }
}

/// The parameters of a call in the library's type.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a call reads better with its arguments in it"
)]
pub(crate) fn params(tool: &str, arguments: Value) -> CallToolRequestParams {
    let mut params = CallToolRequestParams::new(tool.to_owned());
    params.arguments = arguments.as_object().cloned();
    params
}

/// A response to a plain HTTP request.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Bare {
    /// The message of the response, from JSON or from the last event of a stream.
    pub(crate) fn message(&self) -> Value {
        let events = self.body.lines().rev();
        let event = events
            .filter_map(|line| line.strip_prefix("data:"))
            .find(|data| !data.trim().is_empty());
        serde_json::from_str(event.unwrap_or(&self.body)).unwrap()
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let errors: Value = serde_json::from_str(&self.body).unwrap();
        errors["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// Sends a message by plain HTTP with additional headers; a revision without sessions unless a header changes it.
pub(crate) async fn post(
    app: &TestApp,
    server: &str,
    headers: &[(&str, &str)],
    message: &Value,
) -> Bare {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http
        .post(format!("{}/mcp/{server}", app.url))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.body(message.to_string()).send().await.unwrap();
    Bare {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.unwrap(),
    }
}

/// A message of a revision without sessions, and its headers.
pub(crate) fn modern(method: &str, params: Value) -> (Value, Vec<(&'static str, String)>) {
    let Value::Object(mut params) = params else {
        panic!("parameters are an object");
    };
    let mut headers = vec![
        ("mcp-protocol-version", "2026-07-28".to_owned()),
        ("mcp-method", method.to_owned()),
    ];
    if let Some(name) = params.get("name").and_then(Value::as_str) {
        headers.push(("mcp-name", name.to_owned()));
    }
    let meta: Map<String, Value> = [
        (
            "io.modelcontextprotocol/protocolVersion",
            json!("2026-07-28"),
        ),
        (
            "io.modelcontextprotocol/clientInfo",
            json!({"name": "test", "version": "1"}),
        ),
        ("io.modelcontextprotocol/clientCapabilities", json!({})),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    params.insert("_meta".to_owned(), Value::Object(meta));
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    (message, headers)
}

/// Sends a message of a revision without sessions with the key of a client.
pub(crate) async fn ask(
    app: &TestApp,
    server: &str,
    client: &Client,
    (method, params): (&str, Value),
) -> Bare {
    ask_with(app, server, client, (method, params), &[]).await
}

/// The same with more headers.
pub(crate) async fn ask_with(
    app: &TestApp,
    server: &str,
    client: &Client,
    (method, params): (&str, Value),
    more: &[(&str, &str)],
) -> Bare {
    let (message, headers) = modern(method, params);
    let key = format!("Bearer {}", client.key());
    let mut all = vec![("authorization", key.as_str())];
    all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
    all.extend(more.iter().copied());
    post(app, server, &all, &message).await
}

/// An app, and a client that is connected to this server.
pub(crate) async fn connected(server: &str) -> (TestApp, Peer) {
    let app = TestApp::start().await;
    let peer = Peer::connect(&app, server, app.home.member.key(), REVISIONS[0]).await;
    (app, peer)
}
