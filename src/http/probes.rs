//! The probes of a process: `/healthz`, `/readyz` and `/metrics`, beside the API or on a port of their own.

use std::sync::Arc;

use axum::{Router, extract::FromRef, routing};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{HttpState, admission, health, metrics};
use crate::{
    error::{Error, Result},
    http::HealthCheck,
    metrics::MetricSource,
};

/// What the probes of a process answer from. Cheap to clone.
#[derive(Clone)]
pub struct Probes(Arc<ProbesInner>);

struct ProbesInner {
    checks: Vec<HealthCheck>,
    metrics: Vec<MetricSource>,
    /// Cancelled at the start of a shutdown: the process is not ready any more.
    draining: CancellationToken,
}

impl Probes {
    /// The probes of a process with these checks of `/readyz` and these measurements of `/metrics`.
    pub fn new(checks: Vec<HealthCheck>, metrics: Vec<MetricSource>) -> Self {
        Self(Arc::new(ProbesInner {
            checks,
            metrics,
            draining: CancellationToken::new(),
        }))
    }

    /// The token to cancel at the start of a shutdown.
    pub fn draining(&self) -> &CancellationToken {
        &self.0.draining
    }

    pub(super) fn checks(&self) -> &[HealthCheck] {
        &self.0.checks
    }

    pub(super) fn metrics(&self) -> &[MetricSource] {
        &self.0.metrics
    }
}

impl FromRef<HttpState> for Probes {
    fn from_ref(state: &HttpState) -> Self {
        state.probes().clone()
    }
}

/// Serves the probes alone until `end` is cancelled. The port is for the platform and its monitoring: it has no rates and
/// no key, and must not be public.
pub async fn serve_probes(
    listener: TcpListener,
    probes: Probes,
    end: CancellationToken,
) -> Result<()> {
    let router = Router::new()
        .route(admission::HEALTH_PATH, routing::get(health::live))
        .route("/readyz", routing::get(health::ready))
        .route("/metrics", routing::get(metrics::measure))
        .with_state(probes);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { end.cancelled().await })
        .await
        .map_err(|cause| Error::internal("serve the probes").with_source(cause))
}
