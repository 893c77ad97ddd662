//! A provider that answers every request with the first scripted reply whose condition holds.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use super::habit::Reply;

/// A provider on a port of its own; it stops when it is dropped.
pub(super) struct FakeProvider {
    pub(super) origin: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    replies: Vec<Reply>,
    requests: Mutex<Vec<Value>>,
}

impl FakeProvider {
    pub(super) async fn start(replies: Vec<Reply>) -> Self {
        let shared = Arc::new(Shared {
            replies,
            requests: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            origin,
            shared,
            task,
        }
    }

    /// The bodies of the requests so far.
    pub(super) fn requests(&self) -> Vec<Value> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let count = {
        let mut requests = shared.requests.lock().unwrap();
        requests.push(serde_json::from_str(&text).unwrap());
        requests.len()
    };
    // headers and address are matched like the body
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or("?");
        format!("{name}: {value}")
    });
    let headers: Vec<_> = headers.collect();
    let whole = format!("{}\n{}\n{text}", parts.uri, headers.join("\n"));
    let found = shared
        .replies
        .iter()
        .find(|reply| reply.is_for(count, &whole));
    let Some(reply) = found else {
        panic!("no reply for request {count}: {whole}");
    };
    if let Some(pause) = reply.pause {
        tokio::time::sleep(pause).await;
    }
    respond(reply, &text)
}

/// The response with the names under which the request offers its tools.
fn respond(reply: &Reply, request: &str) -> Response {
    let mut body = reply.body.clone();
    let request: Value = serde_json::from_str(request).unwrap();
    for tool in request["tools"].as_array().into_iter().flatten() {
        let name = tool["function"]["name"].as_str();
        let name = name.or_else(|| tool["name"].as_str()).unwrap();
        if let Some((_, plain)) = name.split_once("__") {
            body = body.replace(&format!("t__{plain}"), name);
        }
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    let mut is_compressed = false;
    for (name, value) in &reply.headers {
        is_compressed |= name == "content-encoding";
        let in_3_s = SystemTime::now() + Duration::from_secs(3);
        let value = value.replace("{in 3 s}", &httpdate::fmt_http_date(in_3_s));
        let name = HeaderName::try_from(name.as_str()).unwrap();
        let value = HeaderValue::from_str(&value).unwrap();
        response.headers_mut().insert(name, value);
    }
    *response.body_mut() = if is_compressed {
        Body::from(compressed(&body))
    } else if reply.is_cut {
        let cut = stream::once(async {
            // the body is being sent
            tokio::task::yield_now().await;
            Err(std::io::Error::other("cut"))
        });
        Body::from_stream(stream::iter([Ok(Bytes::from(body))]).chain(cut))
    } else {
        Body::from(body)
    };
    response
}

fn compressed(text: &str) -> Vec<u8> {
    use std::io::Write;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
