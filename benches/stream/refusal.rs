//! The cost of refusing a megabyte of anything from a caller without a key, and its effect on the chats of a tenant.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use futures::future::try_join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Result,
    client::Socket,
    report::{Table, bar, quantile, times},
    script::Script,
    server::Target,
};

/// The size of a large body, in bytes.
const LARGE: usize = 960_000;
/// The size of the largest body that is read without a key, in bytes.
const SMALL: usize = 65_000;
/// The number of concurrent attackers.
const ATTACKERS: usize = 8;
/// The number of tokens in each of the tenant's chats.
const TOKENS: u64 = 20;

/// A request that is refused, as raw bytes.
struct Shape {
    name: &'static str,
    request: Vec<u8>,
}

/// Runs the measurements and prints their tables.
pub(crate) async fn measure(target: &Target, quick: bool) -> Result<()> {
    let shapes = shapes();
    let requests = if quick { 50 } else { 500 };
    let mut table = Table::new(
        "Refusals of callers without a key",
        &[
            "server",
            "request",
            "CPU each, ms",
            "bar",
            "answered in, ms: p50",
            "p99",
        ],
    );
    for shape in &shapes {
        let (process, mut answered) = (target.process()?, Vec::new());
        let before = process.cpu()?;
        for _ in 0..requests {
            answered.push(refused(target, &shape.request).await?);
        }
        let each = (process.cpu()? - before) / f64::from(requests) * 1e3;
        let answered = times(answered)?;
        table.row(vec![
            target.name.clone(),
            shape.name.to_owned(),
            format!("{each:.2}"),
            bar(each, '≤', 5.0),
            format!("{:.2}", quantile(&answered, 0.5)),
            format!("{:.2}", quantile(&answered, 0.99)),
        ]);
    }
    table.print()?;
    neighbour(target, &shapes, quick).await
}

/// Measures a tenant's chats, alone and beside attackers.
async fn neighbour(target: &Target, shapes: &[Shape], quick: bool) -> Result<()> {
    let chats = if quick { 20 } else { 200 };
    let mut table = Table::new(
        format!("A tenant's chats beside {ATTACKERS} who are refused"),
        &[
            "server",
            "request",
            "chat, ms: p50",
            "p99",
            "of alone, p50",
            "bar",
        ],
    );
    let alone = chat(target, chats).await?;
    let p50 = quantile(&alone, 0.5);
    table.row(vec![
        target.name.clone(),
        "none".to_owned(),
        format!("{p50:.2}"),
        format!("{:.2}", quantile(&alone, 0.99)),
        String::new(),
        String::new(),
    ]);
    for shape in shapes {
        let done = Arc::new(AtomicBool::new(false));
        let attacks = (0..ATTACKERS).map(|_| async {
            while !done.load(Ordering::Relaxed) {
                refused(target, &shape.request).await?;
            }
            Ok::<(), crate::Failure>(())
        });
        let chats = async {
            let beside = chat(target, chats).await;
            done.store(true, Ordering::Relaxed);
            beside
        };
        let (beside, attacks) = tokio::join!(chats, try_join_all(attacks));
        attacks?;
        let beside = beside?;
        let times = quantile(&beside, 0.5) / p50;
        table.row(vec![
            target.name.clone(),
            shape.name.to_owned(),
            format!("{:.2}", quantile(&beside, 0.5)),
            format!("{:.2}", quantile(&beside, 0.99)),
            format!("{times:.2}"),
            bar(times, '≤', 1.5),
        ]);
    }
    table.print()
}

async fn chat(target: &Target, chats: usize) -> Result<hdrhistogram::Histogram<u64>> {
    let mut socket = Socket::open(target, 0).await?;
    let mut took = Vec::with_capacity(chats);
    for _ in 0..chats {
        let began = Instant::now();
        socket.chat(Script::flat(TOKENS)).await?;
        took.push(u64::try_from(began.elapsed().as_nanos())?);
    }
    times(took)
}

/// Sends a request on a new connection, completely if possible, and reads the response; returns the time in
/// nanoseconds.
async fn refused(target: &Target, request: &[u8]) -> Result<u64> {
    let began = Instant::now();
    let stream = TcpStream::connect(target.address).await?;
    let (mut read, mut write) = stream.into_split();
    let mut answer = Vec::new();
    let sent = async {
        // a refused caller need not send the remaining bytes
        let _ = write.write_all(request).await;
    };
    let (read, ()) = tokio::join!(read.read_to_end(&mut answer), sent);
    read?;
    let status = answer.get(9..12).unwrap_or_default();
    if !matches!(status, b"400" | b"401" | b"413" | b"415") {
        let answer = String::from_utf8_lossy(&answer);
        return Err(format!("expected a refusal, got: {answer}").into());
    }
    Ok(u64::try_from(began.elapsed().as_nanos())?)
}

fn shapes() -> Vec<Shape> {
    let objects = |length| variables("{\"a\":0},", length);
    let json = "Content-Type: application/json\r\n";
    let wrong_key = format!("{json}Authorization: Bearer wrong\r\n");
    let post = |name, path: &str, headers: &str, body: String| {
        Shape {
        name,
        request: format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    }
    };
    vec![
        post("960 KB of objects", "/graphql", json, objects(LARGE)),
        post(
            "960 KB of integers",
            "/graphql",
            json,
            variables("1,", LARGE),
        ),
        post(
            "960 KB of text",
            "/graphql",
            "Content-Type: text/plain\r\n",
            " ".repeat(LARGE),
        ),
        post(
            "960 KB with a wrong key",
            "/graphql",
            &wrong_key,
            objects(LARGE),
        ),
        post("960 KB at /mcp", "/mcp/crm", json, objects(LARGE)),
        post("64 KB of objects", "/graphql", json, objects(SMALL)),
        post(
            "64 KB of integers",
            "/graphql",
            json,
            variables("1,", SMALL),
        ),
        chunked(&objects(LARGE)),
    ]
}

/// A request with as many values as fit into a length.
fn variables(value: &str, length: usize) -> String {
    let values = value.repeat(length / value.len());
    let values = values.trim_end_matches(',');
    format!("{{\"query\":\"query($v:JSON){{__typename}}\",\"variables\":{{\"v\":[{values}]}}}}")
}

/// A body of unannounced length.
fn chunked(body: &str) -> Shape {
    let mut request = b"POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(16 * 1024) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    Shape {
        name: "960 KB in chunks",
        request,
    }
}
