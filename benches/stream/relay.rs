//! The transport limit: the cost of relaying a model's stream to a WebSocket, or to many, without GraphQL, accounts or
//! a store.

use std::borrow::Cow;

use axum::{
    Router,
    body::Bytes,
    extract::{
        Path, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
    routing::get,
    serve::ListenerExt,
};
use eventsource_stream::{EventStream, Eventsource};
use futures::{SinkExt, StreamExt, stream::BoxStream};
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, sync::broadcast};

use crate::{Result, server};

/// The environment variable with the model's address.
pub(crate) const MODEL: &str = "STREAM_BENCH_MODEL";
/// The size of a socket's write buffer, the same as in the program.
const BUFFER: usize = 4096;
/// The size of the write buffer for many readers on one socket, the same as in the program.
const LARGE_BUFFER: usize = 64 * 1024;
/// The maximum number of tokens that a reader may be behind.
const BACKLOG: usize = 4096;

#[derive(Clone)]
struct Model {
    client: reqwest::Client,
    url: String,
    /// The tokens of the single run that all readers follow; `None` at its end.
    all: broadcast::Sender<Option<String>>,
}

/// An event of the model's stream.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
}

/// Relays until the parent process has ended.
pub(crate) async fn serve() -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/chat/completions", model()?);
    let router = Router::new()
        .route("/", get(upgrade))
        .route("/all", get(tell_all))
        .route("/readers/{count}", get(read))
        .with_state(Model {
            client,
            url,
            all: broadcast::channel(BACKLOG).0,
        });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::say_where(&listener)?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::select! {
        failed = axum::serve(listener, router) => Ok(failed?),
        () = server::orphaned() => Ok(()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the process that starts this one says so"
)]
fn model() -> Result<String> {
    Ok(std::env::var(MODEL)?)
}

async fn upgrade(State(model): State<Model>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .on_upgrade(async move |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                let Message::Text(question) = message else {
                    continue;
                };
                if let Err(failure) = relay(&model, &question, &mut socket).await {
                    let said = json!({"type": "error", "message": failure.to_string()});
                    let _ = socket.send(Message::text(said.to_string())).await;
                }
            }
        })
}

/// Asks the model, and sends its tokens to all readers.
async fn tell_all(State(model): State<Model>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        let Some(Ok(Message::Text(question))) = socket.recv().await else {
            return;
        };
        let Ok(mut events) = ask(&model, &question).await else {
            return;
        };
        while let Ok(Some(text)) = next_text(&mut events).await {
            let _ = model.all.send(Some(text));
        }
        let _ = model.all.send(None);
    })
}

/// Serves `count` readers on one socket: each token is a frame for each of them.
async fn read(
    State(model): State<Model>,
    Path(count): Path<u32>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut tokens = model.all.subscribe();
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(LARGE_BUFFER)
        .on_upgrade(async move |mut socket| {
            // a reader that is behind by the whole backlog never reads the end, which fails the benchmark
            while let Ok(token) = tokens.recv().await {
                for reader in 0..count {
                    let frame = match &token {
                        Some(text) => json!({"type": "token", "id": reader, "text": text}),
                        None => json!({"type": "complete", "id": reader}),
                    };
                    if socket.feed(Message::text(frame.to_string())).await.is_err() {
                        return;
                    }
                }
                if socket.flush().await.is_err() || token.is_none() {
                    return;
                }
            }
        })
}

async fn relay(model: &Model, question: &str, socket: &mut WebSocket) -> Result<()> {
    let mut events = ask(model, question).await?;
    while let Some(text) = next_text(&mut events).await? {
        let frame = serde_json::to_string(&json!({"type": "token", "text": text}))?;
        socket.send(Message::text(frame)).await?;
    }
    Ok(socket.send(Message::text(r#"{"type":"complete"}"#)).await?)
}

/// The events of the model's stream.
type Events = EventStream<BoxStream<'static, reqwest::Result<Bytes>>>;

async fn ask(model: &Model, question: &str) -> Result<Events> {
    let messages = json!([{"role": "user", "content": question}]);
    let asked = json!({"model": "gpt-4.1-mini", "messages": messages, "stream": true});
    let response = model.client.post(&model.url).json(&asked).send().await?;
    Ok(response.bytes_stream().boxed().eventsource())
}

/// The next token; `None` at the end.
async fn next_text(events: &mut Events) -> Result<Option<String>> {
    while let Some(event) = events.next().await {
        let event = event?;
        if event.data == "[DONE]" {
            break;
        }
        let chunk: Chunk<'_> = serde_json::from_str(&event.data)?;
        let choice = chunk.choices.into_iter().next();
        if let Some(text) = choice.and_then(|choice| choice.delta.content) {
            return Ok(Some(text.into_owned()));
        }
    }
    Ok(None)
}
