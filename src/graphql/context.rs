//! Typed access to the request data of a resolver. No other code reads the context.

use std::sync::Arc;

use async_graphql::Context;

use super::{LastEventId, error::Result, fast_path::FastPath, loader::Loaders};
use crate::{
    domain::{Actor, AnonymousCaller},
    error::Error,
    service::Services,
};

/// The message for an operation that needs credentials.
pub(crate) const NO_CREDENTIALS: &str = "no API key: send the header \"Authorization: Bearer <API key>\", or {\"authorization\": \"Bearer <API key>\"} in connection_init";

/// Typed access to the request data that [`super::Api`] adds.
pub(super) trait ContextExt {
    /// The authenticated caller; UNAUTHENTICATED for a request without a valid key.
    fn actor(&self) -> Result<&Actor>;
    /// The caller without credentials; FORBIDDEN for an authenticated one.
    fn anonymous_caller(&self) -> Result<&AnonymousCaller>;
    /// The services of the API.
    fn services(&self) -> Result<&Services>;
    /// The loaders of the actor's tenant; UNAUTHENTICATED like [`Self::actor`].
    fn loaders(&self) -> Result<&Loaders>;
    /// The token fast path of a subscription; none for other operations.
    fn fast_path(&self) -> Option<&FastPath>;
    /// The cursor that a subscription resumes after: that of the last event that the client reports with its request,
    /// else the argument `after`, which a client that reconnects repeats unchanged.
    fn resume_after<'a>(&'a self, after: Option<&'a str>) -> Option<&'a str>;
}

impl ContextExt for Context<'_> {
    fn actor(&self) -> Result<&Actor> {
        self.data_opt()
            .map(Loaders::actor)
            .ok_or_else(|| Error::unauthenticated(NO_CREDENTIALS).into())
    }

    fn anonymous_caller(&self) -> Result<&AnonymousCaller> {
        self.data_opt()
            .ok_or_else(|| Error::forbidden("this is for callers without credentials").into())
    }

    fn services(&self) -> Result<&Services> {
        self.data_opt::<Arc<Services>>()
            .map(Arc::as_ref)
            .ok_or_else(|| Error::internal("finding the services in a request").into())
    }

    fn loaders(&self) -> Result<&Loaders> {
        self.actor()?;
        self.data_opt()
            .ok_or_else(|| Error::internal("finding the loaders in a request").into())
    }

    fn fast_path(&self) -> Option<&FastPath> {
        self.data_opt::<Arc<FastPath>>().map(Arc::as_ref)
    }

    fn resume_after<'a>(&'a self, after: Option<&'a str>) -> Option<&'a str> {
        let last = self.data_opt::<LastEventId>();
        last.map(|id| id.0.as_str()).or(after)
    }
}
