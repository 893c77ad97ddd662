//! The single entry to execution: for every transport, a request is looked up, parsed, measured and prepared here.

mod operation_stream;
#[cfg(test)]
mod tests;

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{Request, Response, parser::types::OperationType};
use futures::FutureExt;
use serde_json::Value;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{
    config::HttpConfig,
    domain::{Actor, RequestId},
    error::{Error, Result},
    graphql::Api,
    metrics::HttpMetrics,
    port::Cache,
    service::OperationSets,
};

pub(crate) use self::operation_stream::OperationStream;
use self::operation_stream::{ResultContext, SubscriptionResults};
use super::{
    document::{Guard, select},
    failure_log::FailureLog,
    operation::{Operation, with_cost},
    operation_result::{OperationResult, SchemaAccess},
    params::Params,
    persisted::Persisted,
    refusal::Refusal,
    request_id,
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
    metrics: Arc<HttpMetrics>,
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
    /// The counts of operations.
    pub(crate) metrics: Arc<HttpMetrics>,
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
            metrics,
        } = parts;
        let guard = Arc::new(Guard::new(&api.schema.sdl(), config.document.clone())?);
        Ok(Self {
            api,
            guard,
            persisted: Persisted::new(cache, operations, Arc::clone(&failures)),
            tasks,
            failures,
            metrics,
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
        request_id::record_caller(requester.actor.as_ref());
        let admitted = self.check(params, requester, verb).await;
        match &admitted {
            Ok(operation) => self.metrics.operation(operation.kind_name()),
            Err(refusal) => self.metrics.failed(refusal.code()),
        }
        admitted
    }

    async fn check(
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
        let actor = actor.map(|actor| actor.in_request(requester.request_id));
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
        let id = request_id;
        let (failures, metrics) = (Arc::clone(&self.failures), Arc::clone(&self.metrics));
        let run = async move {
            let execution = async { with_cost(schema.execute(request).await, cost) };
            let execution = logged(execution, &failures, &id);
            let answer = caught(execution, &id, reader).await;
            count_errors(&answer, &metrics);
            answer
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
    pub(crate) fn stream(&self, operation: Operation) -> OperationStream {
        if operation.kind != OperationType::Subscription {
            let executor = self.clone();
            let execution = async move { executor.execute(operation).await };
            return OperationStream::Single(Some(execution.boxed()));
        }
        let Operation {
            request,
            request_id,
            reader,
            ..
        } = operation;
        let context = ResultContext {
            request_id,
            reader,
            failures: Arc::clone(&self.failures),
            metrics: Arc::clone(&self.metrics),
            _open: self.metrics.subscriptions.enter(),
        };
        OperationStream::Subscription(Box::new(SubscriptionResults {
            responses: self.api.subscribe(request),
            context,
            has_panicked: false,
        }))
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

/// Counts the errors of a result by their codes; a piece of text has none.
fn count_errors(answer: &OperationResult, metrics: &HttpMetrics) {
    for code in answer.error_codes() {
        metrics.failed(code);
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

fn broken(panic: &(dyn std::any::Any + Send), request_id: &RequestId) -> OperationResult {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(request.id = %request_id, cause = said, "a resolver panicked");
    OperationResult::broken(request_id)
}
