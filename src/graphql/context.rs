//! Typed access to the request data of a resolver. No other code reads the context.

use std::sync::Arc;

use async_graphql::Context;

use super::{error::Result, fast_path::FastPath, loader::Loaders};
use crate::{domain::Actor, error::Error, service::Services};

/// Typed access to the request data that [`super::Api`] adds.
pub(super) trait ContextExt {
    /// The authenticated caller; UNAUTHENTICATED for a request without a valid key.
    fn actor(&self) -> Result<&Actor>;
    /// The services of the API.
    fn services(&self) -> Result<&Services>;
    /// The loaders of the actor's tenant; UNAUTHENTICATED like [`Self::actor`].
    fn loaders(&self) -> Result<&Loaders>;
    /// The token fast path of a subscription; none for other operations.
    fn fast_path(&self) -> Option<&FastPath>;
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

    fn fast_path(&self) -> Option<&FastPath> {
        self.data_opt::<Arc<FastPath>>().map(Arc::as_ref)
    }
}
