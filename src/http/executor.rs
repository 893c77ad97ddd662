//! The single entry to execution: for every transport, a request is looked up, parsed, measured and prepared here.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{Request, Response, parser::types::OperationType};
use futures::{FutureExt, Stream, StreamExt, stream, stream::BoxStream};
use serde_json::Value;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{
    config::HttpConfig,
    domain::Actor,
    error::{Error, Result},
    graphql::{Api, RequestId, SubscriptionResponse},
    port::Cache,
    service::OperationSets,
};

use super::{
    document::{Guard, select},
    failure_log::FailureLog,
    operation::{Operation, with_cost},
    operation_result::{OperationResult, SchemaAccess},
    params::Params,
    persisted::Persisted,
    refusal::Refusal,
    requester::{MethodSafety, Requester},
};

/// Admits requests and executes them.
#[derive(Clone)]
pub(crate) struct RequestExecutor {
    api: Api,
    guard: Arc<Guard>,
    persisted: Persisted,
    tasks: TaskTracker,
    failures: Arc<FailureLog>,
    public_introspection: bool,
}

/// The dependencies of a [`RequestExecutor`].
pub(crate) struct RequestExecutorParts<'p> {
    /// The schema to execute.
    pub(crate) api: Api,
    /// The limits of requests.
    pub(crate) config: &'p HttpConfig,
    /// The cache of persisted operations.
    pub(crate) cache: Arc<dyn Cache>,
    /// The registered operations of accounts.
    pub(crate) operations: OperationSets,
    /// The tracker that runs mutations.
    pub(crate) tasks: TaskTracker,
    /// The log of resolvers' failures.
    pub(super) failures: Arc<FailureLog>,
}

impl RequestExecutor {
    pub(crate) fn new(parts: RequestExecutorParts<'_>) -> Result<Self> {
        let RequestExecutorParts {
            api,
            config,
            cache,
            operations,
            tasks,
            failures,
        } = parts;
        let guard = Arc::new(Guard::new(&api.schema.sdl(), config.document.clone())?);
        Ok(Self {
            api,
            guard,
            persisted: Persisted::new(cache, operations, Arc::clone(&failures)),
            tasks,
            failures,
            public_introspection: config.public_introspection,
        })
    }

    /// Whether the caller may read the schema; an end user's browser has no key.
    pub(super) fn schema_access(&self, actor: Option<&Actor>) -> SchemaAccess {
        let has_key = actor.is_some_and(|actor| !is_end_user(actor));
        if has_key || self.public_introspection {
            SchemaAccess::Trusted
        } else {
            SchemaAccess::Stranger
        }
    }

    /// Admits a request, or returns the reason for its refusal.
    pub(crate) async fn admit(
        &self,
        params: Params,
        requester: Requester,
        verb: MethodSafety,
    ) -> Result<Operation, Refusal> {
        let actor = requester.actor.as_ref();
        let reader = self.schema_access(actor);
        let asks_for_cost = params.extensions.get("cost") == Some(&Value::Bool(true));
        let hash = params.hash()?;
        let found = self.persisted.document(params.query, hash, &requester);
        let (text, hash) = found.await?;
        let document = self.guard.parse(&text)?;
        let operation = select(&document, params.operation_name.as_deref())?;
        let kind = operation.ty;
        if verb == MethodSafety::Safe && kind == OperationType::Mutation {
            return Err(Refusal::method(
                "POST",
                "GET runs no mutations, send it with POST",
            ));
        }
        let summary = self.guard.check(&document, operation, &params.variables)?;
        if summary.introspects && reader == SchemaAccess::Stranger {
            return Err(Refusal::hidden_schema());
        }
        match actor {
            None => self.guard.check_for_anonymous(&document)?,
            Some(actor) if is_end_user(actor) => self.guard.check_for_end_user(&document)?,
            Some(_) => {}
        }
        if let Some(hash) = hash {
            self.persisted.remember(hash, Arc::clone(&text)).await;
        }
        let mut request = Request::new(&*text).variables(params.variables);
        request.operation_name = params.operation_name;
        request.set_parsed_query(document);
        let Requester {
            actor, anonymous, ..
        } = requester;
        let request = self.api.prepare(request, actor, anonymous);
        Ok(Operation {
            request,
            request_id: requester.request_id,
            kind,
            reader,
            cost: asks_for_cost.then_some(summary.cost),
        })
    }

    /// Executes a query or a mutation. A mutation completes even if its caller disconnects.
    pub(crate) async fn execute(&self, operation: Operation) -> OperationResult {
        let Operation {
            request,
            request_id,
            kind,
            reader,
            cost,
        } = operation;
        let schema = self.api.schema.clone();
        let id = request_id.clone();
        let failures = Arc::clone(&self.failures);
        let run = async move {
            let execution = async { with_cost(schema.execute(request).await, cost) };
            let execution = logged(execution, &failures, &id);
            caught(execution, &id, reader).await
        };
        if kind != OperationType::Mutation {
            return run.await;
        }
        match self.tasks.spawn(run.in_current_span()).await {
            Ok(answer) => answer,
            Err(_) => OperationResult::broken(&request_id),
        }
    }

    /// Executes any operation as a stream of results, each produced on demand. Dropping the stream ends a subscription.
    pub(crate) fn stream(&self, operation: Operation) -> BoxStream<'static, OperationResult> {
        if operation.kind != OperationType::Subscription {
            let executor = self.clone();
            return stream::once(async move { executor.execute(operation).await }).boxed();
        }
        let Operation {
            request,
            request_id,
            reader,
            ..
        } = operation;
        let (failures, id) = (Arc::clone(&self.failures), request_id.clone());
        let outcomes = self.api.subscribe(request).inspect(move |outcome| {
            if let SubscriptionResponse::Executed { response, .. } = outcome {
                log_failures(response, &failures, &id);
            }
        });
        each_caught(outcomes, request_id, reader).boxed()
    }
}

fn is_end_user(actor: &Actor) -> bool {
    actor.end_user().is_some()
}

/// Runs an execution and logs its failures at the end.
async fn logged(
    execution: impl Future<Output = Response>,
    failures: &FailureLog,
    request_id: &RequestId,
) -> Response {
    let response = execution.await;
    log_failures(&response, failures, request_id);
    response
}

/// Logs the failures of resolvers with their causes, which no client sees.
fn log_failures(response: &Response, failures: &FailureLog, request_id: &RequestId) {
    for error in &response.errors {
        if let Some(error) = error.source::<Error>() {
            failures.log(error, request_id);
        }
    }
}

/// Runs an execution; a panic in it becomes an internal error.
async fn caught(
    execution: impl Future<Output = Response>,
    request_id: &RequestId,
    reader: SchemaAccess,
) -> OperationResult {
    match AssertUnwindSafe(execution).catch_unwind().await {
        Ok(execution) => OperationResult::of(Box::new(execution), request_id, reader),
        Err(panic) => broken(&*panic, request_id),
    }
}

/// The results of a subscription; a panic becomes an internal error and ends the stream.
fn each_caught(
    outcomes: impl Stream<Item = SubscriptionResponse> + Send,
    request_id: RequestId,
    reader: SchemaAccess,
) -> impl Stream<Item = OperationResult> + Send {
    AssertUnwindSafe(outcomes)
        .catch_unwind()
        .map(move |step| match step {
            Ok(SubscriptionResponse::TokenResponse(token)) => OperationResult::TokenResponse(token),
            Ok(SubscriptionResponse::Executed { response, cursor }) => {
                OperationResult::of(response, &request_id, reader).with_cursor(cursor)
            }
            Err(panic) => broken(&*panic, &request_id),
        })
}

fn broken(panic: &(dyn std::any::Any + Send), request_id: &RequestId) -> OperationResult {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(request.id = %request_id.0, cause = said, "a resolver panicked");
    OperationResult::broken(request_id)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use async_graphql::Response;
    use futures::{StreamExt, stream};

    use super::{
        Error, FailureLog, OperationResult, SchemaAccess, SubscriptionResponse, caught,
        each_caught, logged,
    };
    use crate::graphql::{RequestId, public_error};

    const INTERNAL: &str = r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL","requestId":"request_1"}}],"data":null}"#;

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
            "request_1",
        ] {
            assert!(lines.contains(part), "no {part}: {lines}");
        }
    }

    fn id() -> RequestId {
        RequestId("request_1".to_owned())
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
        let answers: Vec<_> = each_caught(outcomes, id(), SchemaAccess::Trusted)
            .collect()
            .await;
        let answers: Vec<_> = answers.iter().map(written).collect();
        assert_eq!(answers, [r#"{"data":1}"#, INTERNAL]);
    }
}
