//! The transport limit: what relaying a model's stream to a WebSocket costs with no GraphQL, no account and no store.

use std::borrow::Cow;

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
    routing::get,
    serve::ListenerExt,
};
use eventsource_stream::Eventsource;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{Result, server};

/// The variable that says where the model is.
pub(crate) const MODEL: &str = "STREAM_BENCH_MODEL";
/// As small as the program's own buffers.
const BUFFER: usize = 4096;

#[derive(Clone)]
struct Model {
    client: reqwest::Client,
    url: String,
}

/// An event of the model's.
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

/// Relays until the process that started this one is gone.
pub(crate) async fn serve() -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/chat/completions", model()?);
    let router = Router::new()
        .route("/", get(upgrade))
        .with_state(Model { client, url });
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

async fn relay(model: &Model, question: &str, socket: &mut WebSocket) -> Result<()> {
    let messages = json!([{"role": "user", "content": question}]);
    let asked = json!({"model": "gpt-4.1-mini", "messages": messages, "stream": true});
    let response = model.client.post(&model.url).json(&asked).send().await?;
    let mut events = response.bytes_stream().eventsource();
    while let Some(event) = events.next().await {
        let event = event?;
        if event.data == "[DONE]" {
            break;
        }
        let chunk: Chunk<'_> = serde_json::from_str(&event.data)?;
        let choice = chunk.choices.into_iter().next();
        if let Some(text) = choice.and_then(|choice| choice.delta.content) {
            let frame = serde_json::to_string(&json!({"type": "token", "text": text}))?;
            socket.send(Message::text(frame)).await?;
        }
    }
    Ok(socket.send(Message::text(r#"{"type":"complete"}"#)).await?)
}
