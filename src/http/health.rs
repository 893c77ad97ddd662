//! `/healthz`: the process is alive. `/readyz`: the process can do its work, or the reasons why it cannot.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

use super::Probes;

/// The timeout of a check; after it the check counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the result of a check is cached: frequent requests cost no more than one per second.
const FRESH: Duration = Duration::from_secs(1);

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// The dependency works.
    Ready,
    /// The dependency does not work. The text gives the remedy, and is public.
    NotReady(String),
}

/// A check of one dependency of the process.
#[derive(Clone)]
pub struct HealthCheck {
    name: &'static str,
    required: bool,
    probe: Arc<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>,
    /// The last result and its time; locked while the check runs.
    found: Arc<Mutex<Option<(Instant, Health)>>>,
}

impl HealthCheck {
    /// A check that makes the process not ready if it fails.
    pub fn required(
        name: &'static str,
        probe: impl Fn() -> BoxFuture<'static, Health> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            required: true,
            probe: Arc::new(probe),
            found: Arc::default(),
        }
    }

    /// A check that is reported, but does not make the process not ready.
    pub fn optional(
        name: &'static str,
        probe: impl Fn() -> BoxFuture<'static, Health> + Send + Sync + 'static,
    ) -> Self {
        Self {
            required: false,
            ..Self::required(name, probe)
        }
    }

    /// The current or cached result; concurrent requests wait for the same probe.
    async fn health(&self) -> Health {
        let mut found = self.found.lock().await;
        if let Some((at, health)) = &*found
            && at.elapsed() < FRESH
        {
            return health.clone();
        }
        let health = tokio::time::timeout(PATIENCE, (self.probe)()).await;
        let health = health.unwrap_or_else(|_| {
            Health::NotReady(format!("did not answer within {} s", PATIENCE.as_secs()))
        });
        *found = Some((Instant::now(), health.clone()));
        health
    }
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    draining: bool,
    checks: BTreeMap<&'static str, Finding>,
}

#[derive(Serialize)]
struct Finding {
    ready: bool,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Handles `GET /healthz`.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Handles `GET /readyz`.
pub(crate) async fn ready(State(probes): State<Probes>) -> Response {
    let checks: BTreeMap<_, _> = join_all(probes.checks().iter().map(find))
        .await
        .into_iter()
        .collect();
    let draining = probes.draining().is_cancelled();
    let ready = !draining
        && checks
            .values()
            .all(|finding| finding.ready || !finding.required);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Readiness {
            ready,
            draining,
            checks,
        }),
    )
        .into_response()
}

async fn find(check: &HealthCheck) -> (&'static str, Finding) {
    let reason = match check.health().await {
        Health::Ready => None,
        Health::NotReady(reason) => Some(reason),
    };
    let finding = Finding {
        ready: reason.is_none(),
        required: check.required,
        reason,
    };
    (check.name, finding)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::future::join_all;

    use super::{FRESH, Health, HealthCheck};

    #[tokio::test(start_paused = true)]
    async fn the_health_check_probes_at_most_once_per_second() {
        let probes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&probes);
        let check = HealthCheck::required("database", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Health::Ready })
        });
        join_all((0..100).map(|_| check.health())).await;
        assert_eq!(probes.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH).await;
        join_all((0..100).map(|_| check.health())).await;
        assert_eq!(probes.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_probe_is_not_ready_and_times_out() {
        let check = HealthCheck::required("database", || Box::pin(std::future::pending()));
        let found = join_all((0..10).map(|_| check.health())).await;
        assert!(
            found
                .iter()
                .all(|health| matches!(health, Health::NotReady(_)))
        );
    }
}
