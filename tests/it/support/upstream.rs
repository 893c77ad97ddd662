//! A scripted OpenAI-compatible provider: sends text, delays and faults, and records who disconnects.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::post,
};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

use super::embeddings::{Embeddings, embed};

/// A provider on a port of its own.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) url: String,
    /// The state of the embedding endpoint.
    pub(crate) embeddings: Arc<Embeddings>,
    shared: Arc<Shared>,
    _server: Arc<AbortOnDrop>,
}

/// A model that answers each request for an extraction: by its name and the request.
type Extraction = Box<dyn Fn(&str, &Value) -> Script + Send + Sync>;

/// A model that answers each request by itself.
type Thinking = Box<dyn Fn(&Value) -> Script + Send + Sync>;

struct Shared {
    scripts: Mutex<VecDeque<Script>>,
    thinking: Mutex<Option<Thinking>>,
    asked: Mutex<Vec<Value>>,
    extraction: Mutex<Option<Extraction>>,
    extracted: Mutex<Vec<Value>>,
    keys: Mutex<Vec<String>>,
    gate: Semaphore,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The reply to one request.
#[derive(Clone, Default)]
pub(crate) struct Script {
    head: Head,
    steps: Vec<Step>,
}

/// The start of a reply, before the first event.
#[derive(Clone, Default)]
enum Head {
    #[default]
    Stream,
    /// Another status, with an optional `Retry-After` and a body.
    Refusal(u16, Option<&'static str>, Value),
    /// A web page, as from a proxy.
    Page(&'static str),
    /// No reply at all.
    Never,
}

#[derive(Clone)]
enum Step {
    /// Raw bytes.
    Raw(String),
    /// The text of the question.
    Echo,
    /// Waits for [`Upstream::release`].
    Gate,
    /// Sends nothing more and keeps the connection open.
    Hang,
    /// Breaks the connection.
    Cut,
}

impl Script {
    /// Sends the tokens, one event each, and ends correctly.
    pub(crate) fn says(pieces: &[&str]) -> Self {
        pieces
            .iter()
            .fold(Self::default(), |script, piece| script.text(piece))
            .done()
    }

    /// Refuses with a status, an optional `Retry-After` and a body.
    pub(crate) fn refuses(status: u16, retry_after: Option<&'static str>, body: Value) -> Self {
        Self {
            head: Head::Refusal(status, retry_after, body),
            steps: Vec::new(),
        }
    }

    /// Replies with a web page.
    pub(crate) fn shows(page: &'static str) -> Self {
        Self {
            head: Head::Page(page),
            steps: Vec::new(),
        }
    }

    /// Accepts the request and never replies.
    pub(crate) fn says_nothing() -> Self {
        Self {
            head: Head::Never,
            steps: Vec::new(),
        }
    }

    /// Replies with the text of the question.
    pub(crate) fn echoes() -> Self {
        Self {
            steps: vec![Step::Echo],
            ..Self::default()
        }
        .done()
    }

    /// Adds a token.
    pub(crate) fn text(self, text: &str) -> Self {
        self.raw(&chunk(text))
    }

    /// Calls these tools, each a name and its arguments, and ends.
    pub(crate) fn calls(calls: &[(&str, Value)]) -> Self {
        Self::default().then_calls(calls)
    }

    /// Calls these tools after the text so far, and ends.
    pub(crate) fn then_calls(self, calls: &[(&str, Value)]) -> Self {
        let asking = calls.iter().enumerate().fold(self, |script, (index, (name, arguments))| {
            // In two chunks, as providers send them.
            let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
            let (start, end) = arguments.split_at(arguments.len() / 2);
            let begin = json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": {"name": name, "arguments": start}});
            let more = json!({"index": index, "function": {"arguments": end}});
            [begin, more].iter().fold(script, |script, piece| {
                let chunk = json!({"choices": [{"index": 0, "delta": {"tool_calls": [piece]}, "finish_reason": null}]});
                script.raw(&format!("data: {chunk}\n\n"))
            })
        });
        asking.done()
    }

    /// Waits here for [`Upstream::release`].
    pub(crate) fn gate(mut self) -> Self {
        self.steps.push(Step::Gate);
        self
    }

    /// Sends nothing more and keeps the connection open.
    pub(crate) fn hang(mut self) -> Self {
        self.steps.push(Step::Hang);
        self
    }

    /// Breaks the connection.
    pub(crate) fn cut(mut self) -> Self {
        self.steps.push(Step::Cut);
        self
    }

    /// Adds raw bytes.
    pub(crate) fn raw(mut self, bytes: &str) -> Self {
        self.steps.push(Step::Raw(bytes.to_owned()));
        self
    }

    /// The correct end: a finish reason, the usage, `[DONE]`.
    pub(crate) fn done(self) -> Self {
        self.done_at(11, 7)
    }

    /// The correct end, after this number of tokens of the prompt and of the answer.
    pub(crate) fn done_at(self, read: u32, written: u32) -> Self {
        let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let usage =
            json!({"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": written}});
        self.raw(&format!("data: {finish}\n\n"))
            .raw(&format!("data: {usage}\n\n"))
            .raw("data: [DONE]\n\n")
    }
}

impl Upstream {
    /// Starts a provider; without a script it replies "Hello from the scripted model."
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            scripts: Mutex::default(),
            thinking: Mutex::default(),
            asked: Mutex::default(),
            extraction: Mutex::default(),
            extracted: Mutex::default(),
            keys: Mutex::default(),
            gate: Semaphore::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let embeddings = Arc::<Embeddings>::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&shared))
            .merge(
                Router::new()
                    .route("/v1/embeddings", post(embed))
                    .with_state(Arc::clone(&embeddings)),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            embeddings,
            shared,
            _server: Arc::new(AbortOnDrop(server)),
        }
    }

    /// Replies with this script to the next request that has no script yet.
    pub(crate) fn will(&self, script: Script) {
        self.shared.scripts.lock().unwrap().push_back(script);
    }

    /// Replies to each request without a script with what this function makes of the request.
    pub(crate) fn thinks(&self, think: impl Fn(&Value) -> Script + Send + Sync + 'static) {
        *self.shared.thinking.lock().unwrap() = Some(Box::new(think));
    }

    /// Replies to each request for an extraction with what this function makes of its name and of the request. Without it,
    /// the reply is an object in which everything is unknown, so that tests of other things need not care.
    pub(crate) fn extracts(
        &self,
        extract: impl Fn(&str, &Value) -> Script + Send + Sync + 'static,
    ) {
        *self.shared.extraction.lock().unwrap() = Some(Box::new(extract));
    }

    /// Every request for an extraction so far; they are not among [`Self::asked`].
    pub(crate) fn extracted(&self) -> Vec<Value> {
        self.shared.extracted.lock().unwrap().clone()
    }

    /// Opens this number of gates.
    pub(crate) fn release(&self, gates: usize) {
        self.shared.gate.add_permits(gates);
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The `Authorization` header of every request so far.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.keys.lock().unwrap().clone()
    }

    /// The number of running replies.
    pub(crate) fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// The maximum number of replies that ran concurrently.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// The reply to a request.
    fn script(&self, asked: &Value) -> Option<Script> {
        let wanted = &asked["response_format"]["json_schema"];
        if let Some(name) = wanted["name"].as_str() {
            let extraction = self.extraction.lock().unwrap();
            return Some(match extraction.as_ref() {
                Some(extract) => extract(name, asked),
                None => Script::says(&[&unknown(&wanted["schema"]).to_string()]),
            });
        }
        let script = self.scripts.lock().unwrap().pop_front();
        script.or_else(|| {
            let thinking = self.thinking.lock().unwrap();
            thinking.as_ref().map(|think| think(asked))
        })
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let question = asked["messages"]
        .as_array()
        .and_then(|messages| messages.last())
        .and_then(|message| message["content"].as_str())
        .unwrap_or_default()
        .to_owned();
    let script = shared.script(&asked);
    let is_extraction = asked["response_format"]["json_schema"]["name"].is_string();
    let log = if is_extraction {
        &shared.extracted
    } else {
        &shared.asked
    };
    log.lock().unwrap().push(asked);
    let key = headers.get("authorization");
    let key = key.map_or("", |key| key.to_str().unwrap());
    shared.keys.lock().unwrap().push(key.to_owned());
    let open = Open::of(&shared);
    let Script { head, steps } =
        script.unwrap_or_else(|| Script::says(&["Hello", " from", " the", " scripted", " model."]));
    match head {
        Head::Stream => stream(steps, open, question),
        Head::Page(page) => Html(page).into_response(),
        Head::Never => std::future::pending().await,
        Head::Refusal(status, retry_after, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
            if let Some(after) = retry_after {
                response
                    .headers_mut()
                    .insert("retry-after", after.parse().unwrap());
            }
            response
        }
    }
}

/// The object of a schema in which everything is unknown, false or empty.
pub(crate) fn unknown(schema: &Value) -> Value {
    let kind = |name: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|kind| kind == name),
        kind => kind == name,
    };
    match () {
        () if kind("null") => Value::Null,
        () if kind("object") => {
            let properties = schema["properties"].as_object().unwrap().iter();
            let properties = properties.map(|(name, schema)| (name.clone(), unknown(schema)));
            Value::Object(properties.collect())
        }
        () if kind("array") => json!([]),
        () if kind("boolean") => json!(false),
        () => json!(""),
    }
}

fn stream(steps: Vec<Step>, open: Open, question: String) -> Response {
    let stream = futures::stream::unfold(
        (steps.into_iter(), open, question),
        |(mut steps, open, question)| async move {
            loop {
                let said = match steps.next()? {
                    Step::Raw(bytes) => Ok(bytes),
                    Step::Echo => Ok(chunk(&question)),
                    Step::Cut => {
                        // The earlier text is being sent.
                        tokio::task::yield_now().await;
                        Err(std::io::Error::other("cut"))
                    }
                    Step::Hang => std::future::pending().await,
                    Step::Gate => {
                        open.0.gate.acquire().await.unwrap().forget();
                        continue;
                    }
                };
                return Some((said, (steps, open, question)));
            }
        },
    );
    // One event per frame: gated events stay behind the gate.
    let body = Body::from_stream(stream.map(|item| item.map(axum::body::Bytes::from)));
    let mut response = body.into_response();
    response.headers_mut().insert(
        "content-type",
        "text/event-stream"
            .parse::<axum::http::HeaderValue>()
            .unwrap(),
    );
    response
}

fn chunk(text: &str) -> String {
    let chunk =
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

/// Counts a reply as running until it ends or its caller disconnects.
struct Open(Arc<Shared>);

impl Open {
    fn of(shared: &Arc<Shared>) -> Self {
        let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_open.fetch_max(open, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
