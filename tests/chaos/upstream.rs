//! A scripted OpenAI-compatible provider at the pace of a model: its reply is a function of the question.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::text::{JobRequest, Random};

/// The tool that the model calls when the question asks for it.
const TOOL: &str = "notes__write";

/// The provider; cheap to clone.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) url: String,
    asked: Arc<Mutex<HashMap<u64, usize>>>,
}

impl Upstream {
    /// Starts the provider; a token takes at most twice `pace`.
    pub(crate) async fn start(pace: Duration, tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            url: format!("http://{}/v1", listener.local_addr().unwrap()),
            asked: Arc::default(),
        };
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state((Arc::clone(&upstream.asked), pace));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        upstream
    }

    /// The number of times a question was received.
    pub(crate) fn asked(&self, seed: u64) -> usize {
        self.asked.lock().unwrap().get(&seed).copied().unwrap_or(0)
    }
}

type Shared = (Arc<Mutex<HashMap<u64, usize>>>, Duration);

async fn complete(State((asked, pace)): State<Shared>, Json(request): Json<Value>) -> Response {
    if let Some(reply) = stage_reply(&request) {
        let events = [chunk(&reply)].into_iter().chain(farewell());
        let body: String = events.collect();
        return ([(CONTENT_TYPE, "text/event-stream")], body).into_response();
    }
    let messages = request["messages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let question = messages
        .iter()
        .rev()
        .find(|message| message["role"] == "user");
    let wish = question
        .and_then(|message| message["content"].as_str())
        .and_then(JobRequest::read);
    let Some(wish) = wish else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let seed = wish.seed;
    let has_written = messages
        .last()
        .is_some_and(|message| message["role"] == "tool");
    let (before, after) = wish.halves();
    let (said, call) = if has_written {
        (after, None)
    } else {
        (before, wish.writes.then(|| call(seed)))
    };
    let mut random = {
        let mut asked = asked.lock().unwrap();
        let times = asked.entry(seed).or_default();
        *times += 1;
        // Each attempt has its own pace, so that a repeated answer is not split at the same positions.
        Random::new(seed ^ (*times as u64) << 48)
    };
    let events = said.into_iter().map(chunk).chain(call).chain(farewell());
    let body = stream::unfold(
        (events, random.next()),
        move |(mut events, seed)| async move {
            let event = events.next()?;
            let mut random = Random::new(seed);
            tokio::time::sleep(random.time(2 * pace)).await;
            Some((
                Ok::<_, std::io::Error>(Bytes::from(event)),
                (events, random.next()),
            ))
        },
    );
    (
        [(CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}

/// The reply to a stage of a workflow before the answer: nothing is found out, and no tool is needed.
fn stage_reply(request: &Value) -> Option<String> {
    if request["response_format"].is_object() {
        return Some("{}".to_owned());
    }
    let instructions = request["messages"][0]["content"].as_str()?;
    instructions
        .starts_with("Call the tools that help")
        .then(|| "NONE".to_owned())
}

fn chunk(text: &str) -> String {
    let chunk =
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

/// A tool call with the question's number.
fn call(seed: u64) -> String {
    let arguments = json!({"text": seed.to_string()}).to_string();
    let function = json!({"name": TOOL, "arguments": arguments});
    let call = json!({"index": 0, "id": "call_0", "type": "function", "function": function});
    let chunk =
        json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

/// The correct end of a stream: a finish reason, the usage, `[DONE]`.
fn farewell() -> [String; 3] {
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}});
    [
        format!("data: {finish}\n\n"),
        format!("data: {usage}\n\n"),
        "data: [DONE]\n\n".to_owned(),
    ]
}
