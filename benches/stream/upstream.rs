//! The scripted model: an OpenAI-compatible API that costs next to nothing, so that it does not limit the measurements.
//!
//! It implements just enough HTTP by hand. An answer without a pace is rendered once and written as a whole, with one
//! HTTP chunk and one event for each token, as providers send them; a token with a pace is a write of its own.

use std::{borrow::Cow, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    Result,
    script::{PLAIN, Script, now},
    server,
};

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// The maximum size of a request, in bytes.
const LARGEST_REQUEST: usize = 1 << 20;

/// Answers until the parent process has ended.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::say_where(&listener)?;
    let mut conversations = JoinSet::new();
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // an error of a connection means that the caller has left
            conversations.spawn(async move { converse(stream).await.ok() });
            while conversations.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        failed = accept => failed,
        () = server::orphaned() => Ok(()),
    }
}

async fn converse(mut stream: TcpStream) -> Result<()> {
    let mut received = Vec::new();
    while let Some(script) = asked(&mut stream, &mut received).await? {
        if script.delay > 0 {
            tokio::time::sleep(Duration::from_millis(script.delay)).await;
        }
        stream.write_all(HEAD.as_bytes()).await?;
        match script.pace {
            None => stream.write_all(&flat(script.tokens)).await?,
            Some(pace) => {
                let mut ticks = interval(Duration::from_secs(1) / pace);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                for _ in 0..script.tokens {
                    ticks.tick().await;
                    stream.write_all(&token(&format!("{:019} ", now()))).await?;
                }
                stream.write_all(&last_words()).await?;
            }
        }
    }
    Ok(())
}

/// The script of the next request; `None` when the caller has left.
async fn asked(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<Option<Script>> {
    loop {
        if let Some((body, end)) = request(received)? {
            let script = received.get(body..end).and_then(script_in);
            received.drain(..end);
            return Ok(Some(script.ok_or("a request without a script")?));
        }
        if received.len() > LARGEST_REQUEST || stream.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}

/// The start and end of the first request's body, once all of it has arrived.
fn request(received: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(head) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let lines = std::str::from_utf8(received.get(..head).unwrap_or_default())?;
    let length = lines.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let body = head + 4;
    let end = body + length.ok_or("a request without a length")?;
    Ok((received.len() >= end).then_some((body, end)))
}

/// The script in the last message of a request.
fn script_in(body: &[u8]) -> Option<Script> {
    #[derive(Deserialize)]
    struct Asked<'a> {
        #[serde(borrow)]
        messages: Vec<Message<'a>>,
    }
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        content: Cow<'a, str>,
    }
    let asked: Asked<'_> = serde_json::from_slice(body).ok()?;
    Script::parse(&asked.messages.last()?.content)
}

fn flat(tokens: u64) -> Vec<u8> {
    let mut answer = token(PLAIN).repeat(usize::try_from(tokens).unwrap_or_default());
    answer.extend(last_words());
    answer
}

/// A token as OpenAI's API sends it.
fn token(text: &str) -> Vec<u8> {
    chunk(&format!(
        r#"{{"id":"chatcmpl-BkqBVJ2Kx1S4i0G8Z3hY","object":"chat.completion.chunk","created":1795000000,"model":"gpt-4.1-mini","service_tier":"default","system_fingerprint":"fp_38647f5e19","choices":[{{"index":0,"delta":{{"content":"{text}"}},"logprobs":null,"finish_reason":null}}],"usage":null}}"#
    ))
}

fn last_words() -> Vec<u8> {
    let finish = chunk(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    let usage = chunk(r#"{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7}}"#);
    [&finish, &usage, &chunk("[DONE]"), &b"0\r\n\r\n"[..]].concat()
}

/// An event, which is one chunk of the HTTP body.
fn chunk(data: &str) -> Vec<u8> {
    let length = data.len() + "data: \n\n".len();
    format!("{length:x}\r\ndata: {data}\n\n\r\n").into_bytes()
}
