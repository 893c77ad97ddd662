//! What a resolver takes from its context; nothing else reads it.

use std::sync::Arc;

use async_graphql::Context;

use super::{error::Result, hot::Siding, loader::Loaders};
use crate::{domain::Actor, error::Error, service::Services};

/// Typed access to what [`super::Api`] put in.
pub(super) trait ContextExt {
    /// Who is asking; UNAUTHENTICATED when nobody is.
    fn actor(&self) -> Result<&Actor>;
    /// The use cases.
    fn services(&self) -> Result<&Services>;
    /// The loaders of the actor's tenant.
    fn loaders(&self) -> Result<&Loaders>;
    /// Where the events of a subscription go round the executor, if there is such a way.
    fn siding(&self) -> Option<&Siding>;
}

impl ContextExt for Context<'_> {
    fn actor(&self) -> Result<&Actor> {
        self.data_opt().map(Loaders::actor).ok_or_else(|| {
            Error::unauthenticated("no API key: send the header \"Authorization: Bearer <API key>\", or {\"authorization\": \"Bearer <API key>\"} in connection_init").into()
        })
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

    fn siding(&self) -> Option<&Siding> {
        self.data_opt::<Arc<Siding>>().map(Arc::as_ref)
    }
}
