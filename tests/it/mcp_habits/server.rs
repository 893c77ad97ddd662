//! A fake MCP server that behaves well, except for the habit that a file describes.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A server that stops when it is dropped.
pub(super) struct HabitServer {
    pub(super) url: String,
    task: JoinHandle<()>,
}

struct Habit {
    /// The content of the file.
    file: Value,
    sessions: Mutex<BTreeSet<String>>,
    opened: AtomicUsize,
    listings: AtomicUsize,
}

impl HabitServer {
    pub(super) async fn start(file: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let habit = Arc::new(Habit {
            file,
            sessions: Mutex::default(),
            opened: AtomicUsize::new(0),
            listings: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(answer).with_state(habit);
        let task = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, task }
    }
}

impl Drop for HabitServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(habit): State<Arc<Habit>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = head.uri.path().to_owned();
    let session = head.headers.get("mcp-session-id");
    let session = session.map(|id| id.to_str().unwrap().to_owned());
    let is_forgotten = session.is_some_and(|id| !habit.sessions.lock().unwrap().contains(&id));
    let method = body["method"].as_str().unwrap_or_default().to_owned();
    let rules = habit.file["answers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let rule = rules.into_iter().find(|rule| {
        let is = |key: &str, given: &str| rule[key].as_str().is_none_or(|wanted| wanted == given);
        let tool = body["params"]["name"].as_str().unwrap_or_default();
        is("method", &method)
            && is("path", &path)
            && is("tool", tool)
            && rule["forgotten"]
                .as_bool()
                .is_none_or(|wanted| wanted == is_forgotten)
    });
    let rule = rule.unwrap_or_default();
    if rule["never"] == true {
        std::future::pending::<()>().await;
    }
    let usual = habit.usual(&method, &body);
    let response = Response::builder();
    let response = match usual.session.filter(|_| rule["status"].is_null()) {
        Some(session) => response.header("mcp-session-id", session),
        None => response,
    };
    respond(response, &rule, usual.message, &body["id"])
}

/// The answer of a server without habits; `message` is null for a notification.
struct Usual {
    message: Value,
    session: Option<String>,
}

impl Habit {
    fn usual(&self, method: &str, body: &Value) -> Usual {
        let mut session = None;
        let result = match method {
            "initialize" => {
                if self.file["sessions"] == true {
                    let number = self.opened.fetch_add(1, Ordering::SeqCst);
                    let id = format!("session-{number}");
                    self.sessions.lock().unwrap().insert(id.clone());
                    session = Some(id);
                }
                json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "habit", "version": "1"}})
            }
            "tools/list" => json!({"tools": self.tools()}),
            "tools/call" => {
                // the habits about sessions begin after the first call
                self.sessions.lock().unwrap().clear();
                let arguments = &body["params"]["arguments"];
                let text = match body["params"]["name"].as_str().unwrap() {
                    "echo" => arguments["text"].as_str().unwrap_or_default().to_owned(),
                    "add" => (arguments["a"].as_i64().unwrap() + arguments["b"].as_i64().unwrap())
                        .to_string(),
                    _ => arguments.to_string(),
                };
                json!({"content": [{"type": "text", "text": text}]})
            }
            "ping" => json!({}),
            _ => {
                let error = json!({"code": -32601, "message": "Method not found"});
                let message = json!({"jsonrpc": "2.0", "id": body["id"], "error": error});
                let is_request = !body["id"].is_null();
                return Usual {
                    message: if is_request { message } else { Value::Null },
                    session,
                };
            }
        };
        Usual {
            message: json!({"jsonrpc": "2.0", "id": body["id"], "result": result}),
            session,
        }
    }

    fn tools(&self) -> Value {
        let number = self.listings.fetch_add(1, Ordering::SeqCst);
        let mut tools = json!([
            {"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
            {"name": "add", "description": "Adds two numbers.", "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}},
            {"name": "now", "description": "The time.", "inputSchema": {"type": "object", "properties": {}}},
        ]);
        let tools = tools.as_array_mut().unwrap();
        if self.file["onlyThese"] == true {
            tools.clear();
        }
        tools.extend(self.file["tools"].as_array().cloned().unwrap_or_default());
        let text = json!(tools)
            .to_string()
            .replace("$listing", &number.to_string());
        serde_json::from_str(&text).unwrap()
    }
}

fn respond(
    response: axum::http::response::Builder,
    rule: &Value,
    usual: Value,
    id: &Value,
) -> Response {
    let status = match (rule["status"].as_u64(), usual.is_null()) {
        (Some(status), _) => u16::try_from(status).unwrap(),
        (None, true) => 202,
        (None, false) => 200,
    };
    let mut response = response.status(status);
    let mut has_type = false;
    for (name, value) in rule["headers"].as_object().into_iter().flatten() {
        has_type |= name == "content-type";
        response = response.header(name, value.as_str().unwrap());
    }
    let mut message = usual;
    if let Some(result) = rule.get("result") {
        message["result"] = result.clone();
    }
    for (key, value) in rule["merge"].as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    if rule["batch"] == true {
        message = json!([message]);
    }
    let filled = |text: &str| expand(text).replace("\"$request\"", &id.to_string());
    let text = match &rule["body"] {
        Value::Null if message.is_null() => String::new(),
        Value::Null => filled(&message.to_string()),
        Value::String(text) => text.replace("$raw", &id.to_string()),
        other => filled(&other.to_string()),
    };
    if let Some(pieces) = rule["events"].as_array() {
        let pieces: Vec<String> = pieces
            .iter()
            .map(|piece| piece.as_str().unwrap().replace("$answer", &text))
            .collect();
        let pause = Duration::from_millis(rule["pauseMs"].as_u64().unwrap_or_default());
        let pieces = stream::iter(pieces).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, std::convert::Infallible>(Bytes::from(piece))
        });
        let response = response.header("content-type", "text/event-stream");
        return response.body(Body::from_stream(pieces)).unwrap();
    }
    if !has_type {
        response = response.header("content-type", "application/json");
    }
    if rule["gzip"] == true {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        let response = response.header("content-encoding", "gzip");
        return response
            .body(Body::from(encoder.finish().unwrap()))
            .unwrap();
    }
    response.body(Body::from(text)).unwrap()
}

/// Writes out `$repeat:<character>:<count>`.
fn expand(text: &str) -> String {
    let Some((before, rest)) = text.split_once("$repeat:") else {
        return text.to_owned();
    };
    let (character, rest) = rest.split_once(':').unwrap();
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (count, rest) = rest.split_at(end);
    format!(
        "{before}{}{}",
        character.repeat(count.parse().unwrap()),
        expand(rest)
    )
}
