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

use super::HttpState;

/// A check that says nothing for so long is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

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
    let reason = match tokio::time::timeout(PATIENCE, (check.probe)()).await {
        Ok(Health::Ready) => None,
        Ok(Health::NotReady(reason)) => Some(reason),
        Err(_) => Some(format!("did not answer within {} s", PATIENCE.as_secs())),
    };
    let finding = Finding {
        ready: reason.is_none(),
        required: check.required,
        reason,
    };
    (check.name, finding)
}
