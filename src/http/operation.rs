//! An operation that was admitted, ready to run.

use async_graphql::{Request, Response, parser::types::OperationType};

use super::{document::OperationCost, operation_result::SchemaAccess};
use crate::{domain::RequestId, graphql::LastEventId};

/// An admitted operation.
pub(crate) struct Operation {
    pub(super) request: Request,
    pub(super) request_id: RequestId,
    pub(super) kind: OperationType,
    pub(super) reader: SchemaAccess,
    /// The cost, if the client asks for it.
    pub(super) cost: Option<OperationCost>,
}

impl Operation {
    /// Query, mutation or subscription.
    pub(crate) fn kind(&self) -> OperationType {
        self.kind
    }

    /// The type in lower case.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        }
    }

    /// Resumes a subscription to a run's events after the last one that the client has received.
    pub(crate) fn resume_after(&mut self, last: LastEventId) {
        self.request.data.insert(last);
    }
}

/// Adds the cost of the operation to its response, if the client asks for it.
pub(super) fn with_cost(mut response: Response, cost: Option<OperationCost>) -> Response {
    if let Some(cost) = cost {
        response.extensions.insert("cost".to_owned(), cost.value());
    }
    response
}
