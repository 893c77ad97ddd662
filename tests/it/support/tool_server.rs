//! A real MCP server on a port of its own: its tools can change while it runs, and it records all their effects.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{Router, http::request::Parts};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

/// A call that reached the server.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Value,
    pub(crate) key: String,
    /// The headers with the account, the agent and the token.
    pub(crate) headers: BTreeMap<&'static str, String>,
}

/// A server that stops when it is dropped.
pub(crate) struct ToolServer {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    tools: Mutex<BTreeMap<String, Value>>,
    calls: Mutex<Vec<Call>>,
    /// The keys of the effects of `put`.
    put: Mutex<BTreeSet<String>>,
    /// The reply of `say`.
    said: Mutex<String>,
    gate: Semaphore,
}

impl ToolServer {
    /// Offers `find` (read-only), `write` (has an effect each time), `put` (idempotent), `fail`, `say` (returns a
    /// scripted text), `wait` (has its effect, and answers when it is released) and `count` (per session).
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            tools: Mutex::new(usual_tools()),
            calls: Mutex::default(),
            put: Mutex::default(),
            said: Mutex::default(),
            gate: Semaphore::new(0),
        });
        let state = Arc::clone(&shared);
        let service = StreamableHttpService::new(
            move || {
                Ok(Tools {
                    shared: Arc::clone(&state),
                    counted: Arc::default(),
                })
            },
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let router = Router::new().route_service("/mcp", service);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let task = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }

    /// Changes a part of a tool's definition: `description`, `inputSchema` …
    pub(crate) fn redefine(&self, tool: &str, part: &str, value: Value) {
        self.tools().get_mut(tool).unwrap()[part] = value;
    }

    pub(crate) fn add(&self, tool: &str) {
        self.tools()
            .insert(tool.to_owned(), definition(tool, &json!({})));
    }

    pub(crate) fn remove(&self, tool: &str) {
        self.tools().remove(tool).unwrap();
    }

    /// Sets the reply of `say`, and of `tell` where a test adds it.
    pub(crate) fn will_say(&self, text: &str) {
        text.clone_into(&mut self.shared.said.lock().unwrap());
    }

    /// Releases this number of calls of `wait`.
    pub(crate) fn release(&self, calls: usize) {
        self.shared.gate.add_permits(calls);
    }

    /// The calls that reached the server.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The number of calls of a tool.
    pub(crate) fn count(&self, tool: &str) -> usize {
        self.calls().iter().filter(|call| call.tool == tool).count()
    }

    fn tools(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.shared.tools.lock().unwrap()
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn usual_tools() -> BTreeMap<String, Value> {
    let hints = [
        ("find", json!({"readOnlyHint": true})),
        ("write", json!({"destructiveHint": true})),
        ("put", json!({"idempotentHint": true})),
        ("fail", json!({})),
        ("say", json!({"readOnlyHint": true})),
        ("wait", json!({})),
        ("count", json!({})),
    ];
    hints
        .map(|(name, hints)| (name.to_owned(), definition(name, &hints)))
        .into()
}

fn definition(name: &str, hints: &Value) -> Value {
    json!({
        "name": name,
        "description": format!("Does {name}."),
        "inputSchema": {
            "type": "object",
            "properties": {"text": {"type": "string", "description": "What."}},
            "additionalProperties": false,
        },
        "annotations": hints,
    })
}

#[derive(Clone)]
struct Tools {
    shared: Arc<Shared>,
    counted: Arc<AtomicU32>,
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    /// The newest revision with sessions, which most servers have.
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::known_up_to(&ProtocolVersion::V_2025_11_25))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.shared.tools.lock().unwrap().clone();
        let tools: Vec<Tool> = tools
            .into_values()
            .map(|tool| serde_json::from_value(tool).unwrap())
            .collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let headers = context
            .extensions
            .get::<Parts>()
            .map(|parts| &parts.headers);
        let names = ["authorization", "x-account-id", "x-agent-instance-id"];
        let header = |name: &'static str| {
            let value = headers?.get(name)?.to_str().ok()?;
            Some((name, value.to_owned()))
        };
        let call = Call {
            tool: request.name.to_string(),
            arguments: Value::Object(request.arguments.unwrap_or_default()),
            key: context.meta["io.troupe/idempotencyKey"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            headers: names.into_iter().filter_map(header).collect(),
        };
        self.shared.calls.lock().unwrap().push(call.clone());
        let text = |text: String| CallToolResult::success(vec![ContentBlock::text(text)]);
        let answer = match call.tool.as_str() {
            "fail" => CallToolResult::error(vec![ContentBlock::text("it does not work")]),
            "say" | "tell" => text(self.shared.said.lock().unwrap().clone()),
            "count" => text((self.counted.fetch_add(1, Ordering::SeqCst) + 1).to_string()),
            "put" => {
                self.shared.put.lock().unwrap().insert(call.key);
                text("put".to_owned())
            }
            "wait" => {
                self.shared.gate.acquire().await.unwrap().forget();
                text("waited".to_owned())
            }
            other => {
                let mut answer = text(format!("{other} done"));
                answer.structured_content =
                    Some(json!({"did": other, "arguments": call.arguments}));
                answer
            }
        };
        Ok(answer.into())
    }
}
