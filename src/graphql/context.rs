//! Typed access to the request data of a resolver. No other code reads the context.

use std::sync::Arc;

use async_graphql::Context;

use super::{LastEventId, error::Result, fast_path::FastPath, loader::Loaders};
use crate::{
    domain::{AccountId, Actor, AnonymousCaller},
    error::Error,
    service::Services,
};

/// The message for an operation that needs credentials.
pub(crate) const NO_CREDENTIALS: &str = "no API key: send the header \"Authorization: Bearer <API key>\", or {\"authorization\": \"Bearer <API key>\"} in connection_init";

/// Typed access to the request data that [`super::Api`] adds.
pub(super) trait ContextExt {
    /// The authenticated caller, acting in the account of the object that is resolved; UNAUTHENTICATED for a request without a
    /// valid key.
    fn actor(&self) -> Result<&Actor>;
    /// The caller without credentials; FORBIDDEN for an authenticated one.
    fn anonymous_caller(&self) -> Result<&AnonymousCaller>;
    /// The services of the API.
    fn services(&self) -> Result<&Services>;
    /// The loaders of the account of the object that is resolved; UNAUTHENTICATED like [`Self::actor`].
    fn loaders(&self) -> Result<&Loaders>;
    /// Resolves what is below the object of this field in the object's account, which is another one than the caller's only
    /// in an operator's list. FORBIDDEN when the caller may not act in it.
    fn enter(&self, account: AccountId) -> Result<()>;
    /// The token fast path of a subscription; none for other operations.
    fn fast_path(&self) -> Option<&FastPath>;
    /// The cursor that a subscription resumes after: that of the last event that the client reports with its request,
    /// else the argument `after`, which a client that reconnects repeats unchanged.
    fn resume_after<'a>(&'a self, after: Option<&'a str>) -> Option<&'a str>;
}

impl ContextExt for Context<'_> {
    fn actor(&self) -> Result<&Actor> {
        self.data_opt::<Loaders>()
            .map(|loaders| loaders.at(self.path_node.as_ref()).actor())
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
        self.data_opt::<Loaders>()
            .map(|loaders| loaders.at(self.path_node.as_ref()))
            .ok_or_else(|| Error::internal("finding the loaders in a request").into())
    }

    fn enter(&self, account: AccountId) -> Result<()> {
        self.actor()?;
        match self.data_opt::<Loaders>() {
            Some(loaders) => loaders.enter(account, self.path_node.as_ref()),
            None => Ok(()),
        }
    }

    fn fast_path(&self) -> Option<&FastPath> {
        self.data_opt::<Arc<FastPath>>().map(Arc::as_ref)
    }

    fn resume_after<'a>(&'a self, after: Option<&'a str>) -> Option<&'a str> {
        let last = self.data_opt::<LastEventId>();
        last.map(|id| id.0.as_str()).or(after)
    }
}
