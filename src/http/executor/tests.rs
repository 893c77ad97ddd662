//! What callers and the log see of failures and panics.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use async_graphql::Response;
use futures::{StreamExt, stream};

use super::{
    Error, FailureLog, HttpMetrics, OperationResult, ResultContext, SchemaAccess,
    SubscriptionResults, caught, logged,
};
use crate::{
    domain::RequestId,
    graphql::{SubscriptionResponse, public_error},
};

const INTERNAL: &str = r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL","requestId":"request_00000000000000000000000001"}}],"data":null}"#;

/// The captured log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_server_fault_is_logged_once_with_its_cause() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let (failures, id) = (FailureLog::default(), id());
    for _ in 0..10 {
        let full = Error::unavailable("the database takes nothing")
            .with_source(io::Error::other("no space left on device"));
        let errors = vec![
            public_error(full, &id),
            public_error(Error::not_found("agent"), &id),
        ];
        let execution = async { Response::from_errors(errors) };
        let execution = logged(execution, &failures, &id);
        let answer = written(&caught(execution, &id, SchemaAccess::Trusted).await);
        assert!(!answer.contains("no space"), "{answer}");
    }
    drop(guard);
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    for part in [
        "WARN",
        "the database takes nothing",
        "no space left on device",
        "request_00000000000000000000000001",
    ] {
        assert!(lines.contains(part), "no {part}: {lines}");
    }
}

fn id() -> RequestId {
    RequestId::from_uuid(uuid::Uuid::from_u128(1))
}

fn written(answer: &OperationResult) -> String {
    String::from_utf8(answer.written(b"", b"")).unwrap()
}

#[tokio::test]
async fn a_panic_of_a_resolver_is_an_internal_error_without_details() {
    let answer = caught(
        async { panic!("10.0.0.5:5432") },
        &id(),
        SchemaAccess::Trusted,
    )
    .await;
    assert_eq!(written(&answer), INTERNAL);
}

#[tokio::test]
async fn a_panic_of_a_subscription_ends_it_with_an_error() {
    let outcomes = stream::iter([1, 2, 3]).map(|number| {
        assert!(number != 2, "10.0.0.5:5432");
        SubscriptionResponse::Executed {
            response: Box::new(Response::new(number)),
            cursor: None,
        }
    });
    let metrics = Arc::<HttpMetrics>::default();
    let results = SubscriptionResults {
        responses: outcomes,
        context: ResultContext {
            request_id: id(),
            reader: SchemaAccess::Trusted,
            failures: Arc::default(),
            _open: metrics.subscriptions.enter(),
            metrics,
        },
        has_panicked: false,
    };
    let answers: Vec<_> = results.collect().await;
    let answers: Vec<_> = answers.iter().map(written).collect();
    assert_eq!(answers, [r#"{"data":1}"#, INTERNAL]);
}
