//! A collector of OpenTelemetry, as far as an exporter sees it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::until;

/// A collector on a port of its own, which stops when it is dropped.
pub(super) struct Collector {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Exported>>>,
    server: JoinHandle<()>,
}

/// One request of an exporter.
#[derive(Clone)]
pub(super) struct Exported {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Exported {
    fn message(&self) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(self.body.clone()).unwrap()
    }
}

impl Collector {
    pub(super) async fn start() -> Self {
        let requests = Arc::<Mutex<Vec<Exported>>>::default();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&requests));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            requests,
            server,
        }
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Exported> {
        self.requests.lock().unwrap().clone()
    }

    /// The spans so far, in the order in which they ended.
    pub(super) fn spans(&self) -> Vec<Span> {
        let requests = self.requests();
        let resources = requests
            .iter()
            .flat_map(|request| request.message().resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The attributes of the exporting processes, and those of the scope, of the first request.
    pub(super) fn origin(&self) -> [BTreeMap<String, String>; 2] {
        let requests = self.requests();
        let message = requests[0].message();
        let resource = &message.resource_spans[0];
        let scope = resource.scope_spans[0].scope.as_ref().unwrap();
        let process = resource.resource.as_ref().unwrap();
        [
            attributes(&process.attributes),
            attributes(&scope.attributes),
        ]
    }

    /// Waits for a span whose name begins so.
    pub(super) async fn until_span(&self, name: &str) {
        let what = format!("{name} is exported");
        until(&what, async || !self.named(name).is_empty()).await;
    }

    /// The spans whose names begin so.
    pub(super) fn named(&self, name: &str) -> Vec<Span> {
        let spans = self.spans().into_iter();
        spans.filter(|span| span.name.starts_with(name)).collect()
    }

    /// Whether a text stands in any request.
    pub(super) fn has(&self, text: &str) -> bool {
        let has = |body: &Bytes| {
            let mut places = body.windows(text.len());
            places.any(|place| place == text.as_bytes())
        };
        self.requests().iter().any(|request| has(&request.body))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Attributes as texts; a list is written as its only element in brackets.
pub(super) fn attributes(given: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<Value>| match value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        Value::ArrayValue(list) => {
            let texts = list.values.iter().map(|value| match &value.value {
                Some(Value::StringValue(text)) => text.as_str(),
                other => panic!("{other:?}"),
            });
            format!("[{}]", texts.collect::<Vec<_>>().join(", "))
        }
        other => panic!("{other:?}"),
    };
    let attributes = given.iter();
    attributes
        .map(|one| {
            let value = &one.value.as_ref().unwrap().value;
            (one.key.clone(), text(value))
        })
        .collect()
}

async fn take(
    State(requests): State<Arc<Mutex<Vec<Exported>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    requests.lock().unwrap().push(Exported { headers, body });
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    ([(CONTENT_TYPE, "application/x-protobuf")], answer).into_response()
}
