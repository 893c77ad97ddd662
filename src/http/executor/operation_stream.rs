//! The results of an operation, one after another, each produced only when it is polled.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{Stream, StreamExt, future::BoxFuture};

use super::{broken, count_errors, log_failures};
use crate::{
    domain::RequestId,
    graphql::{SubscriptionResponse, SubscriptionResponses, WaitingSubscription},
    http::{
        failure_log::FailureLog,
        operation_result::{OperationResult, SchemaAccess},
    },
    metrics::{HttpMetrics, LiveGaugeGuard},
};

/// The results of an operation. Dropping it ends a subscription.
pub(crate) enum OperationStream {
    /// A query or a mutation; none after its result.
    Single(Option<BoxFuture<'static, OperationResult>>),
    /// A subscription.
    Subscription(Box<SubscriptionResults<SubscriptionResponses>>),
}

impl OperationStream {
    /// The subscription, if the last poll found that it has delivered all events of a run and waits for the next one.
    pub(crate) fn waiting(&self) -> Option<WaitingSubscription<'_>> {
        match self {
            Self::Single(_) => None,
            Self::Subscription(results) => results.responses.waiting(),
        }
    }
}

impl Stream for OperationStream {
    type Item = OperationResult;

    fn poll_next(mut self: Pin<&mut Self>, waiting: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut *self {
            Self::Single(execution) => {
                let Some(running) = execution else {
                    return Poll::Ready(None);
                };
                let result = ready!(running.as_mut().poll(waiting));
                *execution = None;
                Poll::Ready(Some(result))
            }
            Self::Subscription(results) => results.poll_next_unpin(waiting),
        }
    }
}

/// The results of a subscription; a panic becomes an internal error and ends them.
pub(crate) struct SubscriptionResults<S> {
    pub(super) responses: S,
    pub(super) context: ResultContext,
    pub(super) has_panicked: bool,
}

/// What the results of a subscription are prepared with.
pub(crate) struct ResultContext {
    pub(super) request_id: RequestId,
    pub(super) reader: SchemaAccess,
    pub(super) failures: Arc<FailureLog>,
    pub(super) metrics: Arc<HttpMetrics>,
    /// Counts the subscription as open.
    pub(super) _open: LiveGaugeGuard,
}

impl<S: Stream<Item = SubscriptionResponse> + Unpin> Stream for SubscriptionResults<S> {
    type Item = OperationResult;

    fn poll_next(mut self: Pin<&mut Self>, waiting: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_panicked {
            return Poll::Ready(None);
        }
        let poll = AssertUnwindSafe(|| self.responses.poll_next_unpin(waiting));
        match catch_unwind(poll) {
            Ok(response) => Poll::Ready(ready!(response).map(|response| self.context.of(response))),
            Err(panic) => {
                self.has_panicked = true;
                let result = broken(&*panic, &self.context.request_id);
                count_errors(&result, &self.context.metrics);
                Poll::Ready(Some(result))
            }
        }
    }
}

impl ResultContext {
    /// The result for a response, whose failures are logged and counted.
    fn of(&self, response: SubscriptionResponse) -> OperationResult {
        match response {
            // it has no errors
            SubscriptionResponse::TokenResponse(token) => OperationResult::TokenResponse(token),
            SubscriptionResponse::Executed { response, cursor } => {
                log_failures(&response, &self.failures, &self.request_id);
                let result = OperationResult::of(response, &self.request_id, self.reader);
                count_errors(&result, &self.metrics);
                result.with_cursor(cursor)
            }
        }
    }
}
