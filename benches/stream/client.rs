//! A client's socket: graphql-transport-ws at the program, plain questions at the relay, with as little parsing as
//! possible.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig,
    },
};

use crate::{
    Result,
    script::{STAMP, Script, now},
    server::Target,
};

const CHAT: &str = "subscription($message: String!, $key: String!) { chat(input: {message: $message, clientMessageId: $key}) { __typename cursor ... on TokenDelta { text } ... on RunFailed { error { code message } } } }";
/// The size of a socket's buffers, in bytes; small, since thousands of sockets are open in this process.
const BUFFER: usize = 8 * 1024;
/// The text before a token's text in a frame, at the program and at the relay.
const TEXT: &str = "\"text\":\"";

/// A socket to a server under test.
pub(crate) struct Socket {
    inner: WebSocketStream<TcpStream>,
    speaks_graphql: bool,
    /// The number of the client.
    number: usize,
    asked: u64,
}

/// A frame, as far as the load program distinguishes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told<'a> {
    /// More text.
    Text(&'a str),
    /// Any other event.
    Event,
    /// The end of the stream.
    Complete,
}

/// The measurements of a chat.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The time from the question to the first text, in nanoseconds.
    pub(crate) first: u64,
    /// The number of frames with text.
    pub(crate) frames: u64,
    /// For each later token with a timestamp: the time at which it was sent, and its delay, in nanoseconds.
    pub(crate) later: Vec<(u64, u64)>,
}

impl Socket {
    /// Opens the `n`th client's socket.
    pub(crate) async fn open(target: &Target, n: usize) -> Result<Self> {
        let path = if target.is_troupe() { "graphql" } else { "" };
        Self::open_at(target, n, path).await
    }

    /// Opens the `n`th client's socket at a path of the server.
    pub(crate) async fn open_at(target: &Target, n: usize, path: &str) -> Result<Self> {
        let tcp = TcpStream::connect(target.address).await?;
        tcp.set_nodelay(true)?;
        let speaks_graphql = target.is_troupe();
        let mut request = format!("ws://{}/{path}", target.address).into_client_request()?;
        if speaks_graphql {
            let protocol = HeaderValue::from_static("graphql-transport-ws");
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0);
        let (inner, _) = client_async_with_config(request, tcp, Some(config)).await?;
        let mut socket = Self {
            inner,
            speaks_graphql,
            number: n,
            asked: 0,
        };
        if let Some(member) = target.member(n) {
            let payload = json!({"authorization": format!("Bearer {}", member.key)});
            let init = json!({"type": "connection_init", "payload": payload});
            socket.say(init.to_string()).await?;
            let acknowledged = socket.frame().await?;
            if !acknowledged.contains("connection_ack") {
                return Err(format!("the program says {acknowledged}").into());
            }
        }
        Ok(socket)
    }

    /// Subscribes, with a new operation id.
    pub(crate) async fn subscribe(&mut self, query: &str, variables: &Value) -> Result<()> {
        self.asked += 1;
        let payload = json!({"query": query, "variables": variables});
        let asked = json!({"type": "subscribe", "id": self.asked.to_string(), "payload": payload});
        self.say(asked.to_string()).await
    }

    /// Asks a question, without waiting for the answer.
    pub(crate) async fn ask(&mut self, script: Script) -> Result<()> {
        let message = script.to_string();
        if self.speaks_graphql {
            let key = format!("{}-{}", self.number, now());
            let variables = json!({"message": message, "key": key});
            self.subscribe(CHAT, &variables).await
        } else {
            self.say(message).await
        }
    }

    /// Asks and reads the whole answer. Fails when a character is missing.
    pub(crate) async fn chat(&mut self, script: Script) -> Result<Answer> {
        let asked = now();
        self.ask(script).await?;
        let mut answer = Answer::default();
        let mut characters = 0;
        loop {
            let frame = self.frame().await?;
            match told(&frame)? {
                Told::Text(text) => {
                    let came = now();
                    let mut text = text;
                    characters += text.len() as u64;
                    answer.frames += 1;
                    if answer.frames == 1 {
                        answer.first = came.saturating_sub(asked);
                        text = text.get(STAMP..).unwrap_or_default();
                    }
                    if script.pace.is_some() {
                        answer.later.extend(stamps(text, came));
                    }
                }
                Told::Event => {}
                Told::Complete if characters == script.characters() => return Ok(answer),
                Told::Complete => {
                    let whole = script.characters();
                    return Err(format!("{characters} characters of {whole} came").into());
                }
            }
        }
    }

    /// The next frame from the server.
    pub(crate) async fn frame(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.inner.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(reason))) => {
                    return Err(format!("the server closes: {reason:?}").into());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err("the server is gone".into()),
            }
        }
    }

    /// Sends a text frame.
    pub(crate) async fn say(&mut self, text: String) -> Result<()> {
        Ok(self.inner.send(Message::text(text)).await?)
    }
}

/// Parses a frame by the first words that identify its kind. The scripted model writes nothing that needs escapes.
pub(crate) fn told(frame: &str) -> Result<Told<'_>> {
    if let Some((_, rest)) = frame.split_once(TEXT) {
        let (text, _) = rest.split_once('"').ok_or("half a text")?;
        return Ok(Told::Text(text));
    }
    if frame.contains("\"complete\"") {
        return Ok(Told::Complete);
    }
    let failed = ["\"error\"", "\"errors\"", "\"RunFailed\""]
        .iter()
        .any(|word| frame.contains(word));
    if failed {
        return Err(format!("the server says {frame}").into());
    }
    Ok(Told::Event)
}

/// The timestamp of each token, and its delay.
fn stamps(text: &str, came: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
    text.as_bytes()
        .chunks_exact(STAMP)
        .filter_map(move |token| {
            let sent: u64 = std::str::from_utf8(token).ok()?.trim_end().parse().ok()?;
            Some((sent, came.saturating_sub(sent)))
        })
}
