//! What is counted of background jobs.

use std::time::Duration;

use super::{Counters, Histograms, LiveGauge, MetricFamily, MetricSample, value_of};

/// The bounds of the duration of jobs, in seconds.
const DURATION: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];

/// The counts of background jobs in this process.
#[derive(Debug)]
pub struct JobMetrics {
    /// The jobs that run at present.
    pub running: LiveGauge,
    ended: Counters<2>,
    duration: Histograms<1>,
    documents: Counters<1>,
}

impl Default for JobMetrics {
    fn default() -> Self {
        Self {
            running: LiveGauge::default(),
            ended: Counters::new(
                "troupe_job_attempts_total",
                "Attempts at background jobs that have ended in this process, by kind and outcome.",
                ["kind", "outcome"],
            ),
            duration: Histograms::new(
                "troupe_job_duration_seconds",
                "Duration of attempts at background jobs, by kind.",
                ["kind"],
                DURATION,
            ),
            documents: Counters::new(
                "troupe_documents_read_total",
                "Revisions of documents that this process has made searchable (served), or given up (failed).",
                ["outcome"],
            )
            .starting_with([["served"], ["failed"]]),
        }
    }
}

impl JobMetrics {
    /// An attempt has ended: `done`, `retried`, `released`, `lost` to another process, or `given_up`.
    pub fn ended(&self, kind: &str, outcome: &str, duration: Duration) {
        self.ended.count([kind, outcome]);
        self.duration.observe([kind], duration);
    }

    /// A revision of a document is `served`, or has `failed`.
    pub fn document(&self, outcome: &str) {
        self.documents.count([outcome]);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let running = MetricSample::single(value_of(self.running.value()));
        vec![
            MetricFamily::gauge(
                "troupe_jobs_running",
                "Background jobs that run in this process.",
                vec![running],
            ),
            self.ended.family(),
            self.duration.family(),
            self.documents.family(),
        ]
    }
}
