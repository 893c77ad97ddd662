//! `/healthz`: the process lives. `/readyz`: it can do its work, and what keeps it from it.

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

use super::HttpState;

/// A check that says nothing for so long is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a check found holds for so long: asking often costs what asking once a second costs.
const FRESH: Duration = Duration::from_secs(1);

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Ready,
    /// It is not there, and what to do; anyone may read it.
    NotReady(String),
}

/// One thing that the process needs.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    required: bool,
    probe: Arc<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>,
    /// What it found last, and when; held while it is asked again.
    found: Arc<Mutex<Option<(Instant, Health)>>>,
}

impl Check {
    /// Without it the process is not ready.
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

    /// Without it the process does less.
    pub fn optional(
        name: &'static str,
        probe: impl Fn() -> BoxFuture<'static, Health> + Send + Sync + 'static,
    ) -> Self {
        Self {
            required: false,
            ..Self::required(name, probe)
        }
    }

    /// What it finds, or found a moment ago; those who ask at once wait for one answer.
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

/// Answers `GET /healthz`.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Answers `GET /readyz`.
pub(crate) async fn ready(State(state): State<HttpState>) -> Response {
    let checks: BTreeMap<_, _> = join_all(state.checks().iter().map(find))
        .await
        .into_iter()
        .collect();
    let draining = state.draining().is_cancelled();
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

async fn find(check: &Check) -> (&'static str, Finding) {
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

    use super::{Check, FRESH, Health};

    #[tokio::test(start_paused = true)]
    async fn asking_often_probes_once_a_second() {
        let probes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&probes);
        let check = Check::required("database", move || {
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
    async fn a_probe_that_hangs_is_not_ready_and_holds_nobody_up_for_long() {
        let check = Check::required("database", || Box::pin(std::future::pending()));
        let found = join_all((0..10).map(|_| check.health())).await;
        assert!(
            found
                .iter()
                .all(|health| matches!(health, Health::NotReady(_)))
        );
    }
}
