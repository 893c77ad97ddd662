//! A real server in both versions of the protocol, which records the requests that it receives.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ServerCapabilities,
        ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService,
        session::{SessionManager, local::LocalSessionManager},
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// The protocol revision of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Generation {
    /// 2025-11-25, with sessions.
    Sessions,
    /// 2026-07-28, without sessions.
    Newest,
}

pub(super) const BOTH: [Generation; 2] = [Generation::Sessions, Generation::Newest];

/// The requests that a server received, and its running calls.
#[derive(Default)]
pub(super) struct Seen {
    requests: Mutex<Vec<(Method, HeaderMap)>>,
    asked: Notify,
    /// Notified when the tool `wait` starts.
    pub(super) began: Notify,
    /// Notified when the call of `wait` is cancelled.
    pub(super) given_up: Notify,
}

/// A server that stops when it is dropped.
pub(super) struct ToolServer {
    pub(super) url: String,
    pub(super) seen: Arc<Seen>,
    sessions: Arc<LocalSessionManager>,
    task: JoinHandle<()>,
}

impl ToolServer {
    pub(super) async fn start(generation: Generation) -> Self {
        Self::offering(generation, usual_tools(), 2).await
    }

    /// A server with these tools and this page size.
    pub(super) async fn offering(generation: Generation, tools: Vec<Tool>, page: usize) -> Self {
        let seen = Arc::<Seen>::default();
        let sessions = Arc::new(LocalSessionManager::default());
        let (tools, noted) = (Arc::new(tools), Arc::clone(&seen));
        let service = StreamableHttpService::new(
            move || {
                Ok(Tools {
                    generation,
                    offered: Arc::clone(&tools),
                    page,
                    seen: Arc::clone(&noted),
                    calls: Arc::default(),
                })
            },
            Arc::clone(&sessions),
            StreamableHttpServerConfig::default(),
        );
        let app = Router::new()
            .route_service("/mcp", service)
            .layer(from_fn_with_state(Arc::clone(&seen), note));
        let (address, task) = serve(app).await;
        Self {
            url: format!("http://{address}/mcp"),
            seen,
            sessions,
            task,
        }
    }

    /// Drops every session, as a restarted server does.
    pub(super) async fn forget_sessions(&self) {
        for id in self.seen.sessions() {
            self.sessions.close_session(&id.into()).await.unwrap();
        }
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    /// The distinct values of a header over all requests.
    pub(super) fn header(&self, name: &str) -> BTreeSet<String> {
        let requests = self.requests.lock().unwrap();
        let values = requests.iter().filter_map(|(_, headers)| headers.get(name));
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    /// The ids of the sessions that were used.
    pub(super) fn sessions(&self) -> BTreeSet<String> {
        self.header("mcp-session-id")
    }

    /// The number of received requests.
    pub(super) fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Waits until this number of sessions was ended.
    pub(super) async fn ended(&self, sessions: usize) {
        loop {
            let asked = self.asked.notified();
            let ended = {
                let requests = self.requests.lock().unwrap();
                requests
                    .iter()
                    .filter(|(method, _)| method == Method::DELETE)
                    .count()
            };
            if ended >= sessions {
                return;
            }
            asked.await;
        }
    }
}

async fn note(State(seen): State<Arc<Seen>>, request: Request, next: Next) -> Response {
    let noted = (request.method().clone(), request.headers().clone());
    seen.requests.lock().unwrap().push(noted);
    seen.asked.notify_one();
    next.run(request).await
}

/// Serves on a port of this machine until the task is aborted.
pub(super) async fn serve(app: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with its server")]
    let task = tokio::task::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, task)
}

pub(super) fn tool(name: &str, schema: &Value) -> Tool {
    serde_json::from_value(json!({
        "name": name,
        "description": format!("Does {name}."),
        "inputSchema": schema,
        "annotations": {"readOnlyHint": name == "echo"}
    }))
    .unwrap()
}

fn usual_tools() -> Vec<Tool> {
    let names = ["echo", "fail", "refuse", "count", "slow", "wait", "large"];
    names
        .map(|name| tool(name, &json!({"type": "object"})))
        .into()
}

#[derive(Clone)]
struct Tools {
    generation: Generation,
    offered: Arc<Vec<Tool>>,
    page: usize,
    seen: Arc<Seen>,
    /// The number of calls of `count` in this session.
    calls: Arc<AtomicU32>,
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let newest = match self.generation {
            Generation::Sessions => ProtocolVersion::V_2025_11_25,
            Generation::Newest => ProtocolVersion::V_2026_07_28,
        };
        Cow::Borrowed(ProtocolVersion::known_up_to(&newest))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        let from = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let to = self.offered.len().min(from + self.page);
        let mut page = ListToolsResult::with_all_items(self.offered[from..to].to_vec());
        page.next_cursor = (to < self.offered.len()).then(|| to.to_string());
        Ok(page)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let text = |text: String| CallToolResult::success(vec![ContentBlock::text(text)]);
        let result = match &*request.name {
            "echo" => {
                let headers = &context.extensions.get::<Parts>().unwrap().headers;
                let key = &context.meta["io.troupe/idempotencyKey"];
                let agent = headers
                    .get("x-agent-instance-id")
                    .map(|id| id.to_str().unwrap());
                let mut result = text("an echo".to_owned());
                result.structured_content =
                    Some(json!({"arguments": arguments, "key": key, "agent": agent}));
                result
            }
            "fail" => CallToolResult::error(vec![ContentBlock::text("it does not work")]),
            "refuse" => return Err(ErrorData::invalid_params("wants a name", None)),
            "count" => text((self.calls.fetch_add(1, Ordering::SeqCst) + 1).to_string()),
            "large" => {
                text("x".repeat(usize::try_from(arguments["bytes"].as_u64().unwrap()).unwrap()))
            }
            "slow" => {
                let token = context.meta.get_progress_token().unwrap();
                let mut pace = tokio::time::interval(Duration::from_millis(250));
                for step in 0..17 {
                    pace.tick().await;
                    let progress = ProgressNotificationParam::new(token.clone(), f64::from(step));
                    context.peer.notify_progress(progress).await.unwrap();
                }
                text("at last".to_owned())
            }
            "wait" => {
                self.seen.began.notify_one();
                context.ct.cancelled().await;
                self.seen.given_up.notify_one();
                text("nobody reads this".to_owned())
            }
            other => return Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
        };
        Ok(result.into())
    }
}
