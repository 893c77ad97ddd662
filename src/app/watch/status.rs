//! Whether the files of the configuration are in use, for `/readyz` and `/metrics`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    http::{Health, HealthCheck, MetricFamily, MetricKind, MetricSample, MetricSource},
    live::Live,
};

/// The result of the last change of the files. All clones share it.
#[derive(Clone, Default)]
pub(crate) struct ConfigStatus {
    /// Why the files are not in use; none if they are.
    fault: Live<Option<String>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    applied: AtomicU64,
    refused: AtomicU64,
}

impl ConfigStatus {
    /// Records that the files are in use.
    pub(super) fn succeed(&self) {
        self.fault.set(None);
        self.counts.applied.fetch_add(1, Ordering::Relaxed);
    }

    /// Records why the files are not in use.
    pub(super) fn fail(&self, fault: String) {
        self.fault.set(Some(fault));
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Why the files are not in use; none if they are.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.get().as_ref().clone()
    }

    /// The check of `/readyz`. Optional: with the last valid settings the process does its work.
    pub(crate) fn check(&self) -> HealthCheck {
        let fault = self.fault.clone();
        HealthCheck::optional("configuration", move || {
            let health = match fault.get().as_ref() {
                None => Health::Ready,
                Some(fault) => Health::NotReady(format!("the last valid one is in use: {fault}")),
            };
            Box::pin(async move { health })
        })
    }

    /// The measurements of `/metrics`.
    pub(crate) fn metrics(&self) -> MetricSource {
        let status = self.clone();
        Arc::new(move || {
            let reloads = |result: &str, count: &AtomicU64| MetricSample {
                labels: vec![("result", result.to_owned())],
                value: count.load(Ordering::Relaxed),
            };
            vec![
                MetricFamily {
                    name: "troupe_configuration_fault",
                    help: "Whether the files of the configuration are broken, and the last valid settings are in use.",
                    kind: MetricKind::Gauge,
                    samples: vec![MetricSample {
                        labels: Vec::new(),
                        value: u64::from(status.fault.get().is_some()),
                    }],
                },
                MetricFamily {
                    name: "troupe_configuration_reloads_total",
                    help: "Changes of the configuration's files since the start, by their result.",
                    kind: MetricKind::Counter,
                    samples: vec![
                        reloads("applied", &status.counts.applied),
                        reloads("refused", &status.counts.refused),
                    ],
                },
            ]
        })
    }
}
