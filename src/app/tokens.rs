//! Composes the authentication of callers, and the tokens of identity providers.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio_util::task::TaskTracker;

use crate::{
    adapter::{
        jwt::JwtVerifier,
        web::{Egress, FetchLimits, GuardedFetcher},
    },
    config::Config,
    error::Result,
    port::{Clock, TokenVerifier},
    service::{Access, TokenAccess, TokenSettings},
    store::Store,
};

use super::shared::Shared;

/// The verifier of tokens, which fetches keys through the egress guard.
pub(crate) fn verifier(
    config: &Config,
    clock: &Arc<dyn Clock>,
    tracker: &TaskTracker,
) -> Result<Arc<dyn TokenVerifier>> {
    let egress = Egress::new(&config.egress_allow)?;
    let fetcher = GuardedFetcher::new(egress, FetchLimits::KEYS).encrypted();
    let verifier = JwtVerifier::new(Arc::new(fetcher), Arc::clone(clock), tracker.clone());
    Ok(Arc::new(verifier))
}

/// The authentication by tokens.
pub(crate) fn token_access(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    verifier: &Arc<dyn TokenVerifier>,
) -> TokenAccess {
    let settings = TokenSettings {
        clock_skew: TimeDelta::seconds(config.identity_providers.clock_skew_seconds.into()),
        messages_per_minute: config.limits.session_messages_per_minute,
    };
    TokenAccess::new(
        store.clone(),
        Arc::clone(clock),
        Arc::clone(verifier),
        settings,
    )
}

/// The service that authenticates callers.
pub(crate) fn access(
    store: &Store,
    clock: &Arc<dyn Clock>,
    shared: &Shared,
    tokens: TokenAccess,
) -> Access {
    Access::new(
        store.clone(),
        Arc::clone(clock),
        Arc::clone(&shared.announcements),
        tokens,
    )
}
