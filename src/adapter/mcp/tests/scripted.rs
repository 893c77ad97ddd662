//! A server whose replies are scripted by the test: MCP of the newest revision at `/mcp`, tools over plain HTTP below
//! `/act`.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::tool_server::serve;

/// The reply to a call. The last reply of a script is repeated for ever.
#[derive(Clone, Debug)]
pub(super) enum Say {
    /// A correct result.
    Well,
    /// A status with a header.
    Status(u16, &'static str, &'static str),
    /// A body with this media type.
    Text(&'static str, String),
    /// No reply.
    Nothing,
    /// A body of which single bytes arrive slowly, with this media type.
    Drip(&'static str),
    /// This number of comments, and then a correct result, as events.
    Pings(usize),
    /// An endless body with this media type.
    Endless(&'static str),
    /// The first half of a result, with this media type.
    Half(&'static str),
}

/// A server that stops when it is dropped.
pub(super) struct Scripted {
    pub(super) mcp: String,
    pub(super) action: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Mutex<VecDeque<Say>>,
    /// The path, the headers and the body of every call.
    calls: Mutex<Vec<(String, HeaderMap, Value)>>,
}

impl Scripted {
    pub(super) async fn start(script: impl IntoIterator<Item = Say>) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into_iter().collect()),
            calls: Mutex::default(),
        });
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let (address, task) = serve(app).await;
        Self {
            mcp: format!("http://{address}/mcp"),
            action: format!("http://{address}/act"),
            shared,
            task,
        }
    }

    /// The number of received calls.
    pub(super) fn calls(&self) -> usize {
        self.shared.calls.lock().unwrap().len()
    }

    pub(super) fn last(&self) -> (String, HeaderMap, Value) {
        self.shared.calls.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_action = head.uri.path().starts_with("/act");
    if !is_action && body["method"] != "tools/call" {
        return json_response(&json!({
            "jsonrpc": "2.0",
            "id": body["id"],
            "result": {
                "resultType": "complete",
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "scripted", "version": "1"},
                "ttlMs": 0,
                "cacheScope": "private"
            }
        }));
    }
    let well = if is_action {
        json!({"done": true})
    } else {
        let result =
            json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]});
        json!({"jsonrpc": "2.0", "id": body["id"], "result": result})
    };
    let path = head.uri.to_string();
    shared
        .calls
        .lock()
        .unwrap()
        .push((path, head.headers, body));
    let say = {
        let mut script = shared.script.lock().unwrap();
        if script.len() > 1 {
            script.pop_front().unwrap()
        } else {
            script[0].clone()
        }
    };
    said(say, &well).await
}

async fn said(say: Say, well: &Value) -> Response {
    let of = |kind: &str, body: Body| {
        Response::builder()
            .header("content-type", kind)
            .body(body)
            .unwrap()
    };
    match say {
        Say::Well => json_response(well),
        Say::Status(code, name, value) => Response::builder()
            .status(StatusCode::from_u16(code).unwrap())
            .header(name, value)
            .body(Body::from("secret words of the server"))
            .unwrap(),
        Say::Text(kind, text) => of(kind, Body::from(text)),
        Say::Nothing => std::future::pending().await,
        Say::Drip(kind) => {
            let pace = tokio::time::interval(Duration::from_millis(20));
            let bytes = stream::unfold(pace, |mut pace| async {
                pace.tick().await;
                Some((Ok::<_, Infallible>(Bytes::from_static(b":\n")), pace))
            });
            of(kind, Body::from_stream(bytes))
        }
        Say::Pings(number) => {
            let end = format!("data: {well}\n\n");
            let parts = std::iter::repeat_n(": ping\n\n".to_owned(), number).chain([end]);
            let parts = stream::iter(parts).then(|part| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok::<_, Infallible>(Bytes::from(part))
            });
            of("text/event-stream", Body::from_stream(parts))
        }
        Say::Endless(kind) => {
            let part = Bytes::from_static(&[b'x'; 8192]);
            let parts = stream::repeat(part).map(Ok::<_, Infallible>);
            of(kind, Body::from_stream(parts))
        }
        Say::Half(kind) => {
            let parts = [Ok(Bytes::from_static(b"{")), Err(io::Error::other("gone"))];
            of(kind, Body::from_stream(stream::iter(parts)))
        }
    }
}

fn json_response(value: &Value) -> Response {
    Response::builder()
        .header("content-type", "application/json")
        .body(Body::from(value.to_string()))
        .unwrap()
}
