//! A server that receives deliveries as an account's own would: it checks the signatures, and answers with the given statuses.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use troupe::domain::{Secret, WebhookSecret};

/// A delivery as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Received {
    headers: HeaderMap,
    pub(super) body: String,
    /// The status of the answer.
    pub(super) answered: StatusCode,
}

impl Received {
    /// A header's text.
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Checks the signature as the specification says.
    pub(super) fn assert_signed_with(&self, secret: &str) {
        let secret = WebhookSecret::parse(&Secret::new(secret)).unwrap();
        let seconds = self.header("webhook-timestamp").parse().unwrap();
        let signed = secret.sign(self.header("webhook-id"), seconds, &self.body);
        assert_eq!(self.header("webhook-signature"), signed);
    }

    /// The events of the delivery.
    pub(super) fn events(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["events"].as_array().unwrap().clone()
    }
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// The statuses of the next answers; 204 when there is none.
    answers: Mutex<VecDeque<StatusCode>>,
}

/// A server that stops when it is dropped.
pub(super) struct Receiver {
    pub(super) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let task = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }

    /// Answers the next deliveries with these statuses.
    pub(super) fn will_answer(&self, statuses: &[StatusCode]) {
        self.shared.answers.lock().unwrap().extend(statuses);
    }

    /// Every delivery, in the order of arrival.
    pub(super) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The events of all deliveries that were accepted.
    pub(super) fn events(&self) -> Vec<Value> {
        let received = self.received().into_iter();
        received
            .filter(|delivery| delivery.answered.is_success())
            .flat_map(|delivery| delivery.events())
            .collect()
    }

    /// The data of the accepted events of a kind.
    pub(super) fn data(&self, kind: &str) -> Vec<Value> {
        let events = self.events().into_iter();
        events
            .filter(|event| event["type"] == kind)
            .map(|event| event["data"].clone())
            .collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let next = shared.answers.lock().unwrap().pop_front();
    let answered = next.unwrap_or(StatusCode::NO_CONTENT);
    shared.received.lock().unwrap().push(Received {
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        answered,
    });
    answered
}
