//! Whether the files of the configuration are in use, for `/readyz` and `/metrics`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    http::{Health, HealthCheck},
    live::Live,
    metrics::{MetricFamily, MetricSample, value_of},
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
    pub(crate) fn metrics(&self) -> Vec<MetricFamily> {
        let reloads = |result: &str, count: &AtomicU64| {
            let count = value_of(count.load(Ordering::Relaxed));
            MetricSample::labelled([("result", result)], count)
        };
        let is_broken = u64::from(self.fault.get().is_some());
        vec![
            MetricFamily::gauge(
                "troupe_configuration_fault",
                "Whether the files of the configuration are broken, and the last valid settings are in use.",
                vec![MetricSample::single(value_of(is_broken))],
            ),
            MetricFamily::counter(
                "troupe_configuration_reloads_total",
                "Changes of the configuration's files since the start, by their result.",
                vec![
                    reloads("applied", &self.counts.applied),
                    reloads("refused", &self.counts.refused),
                ],
            ),
        ]
    }
}
