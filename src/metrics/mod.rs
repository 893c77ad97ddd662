//! What a process counts of its work, for `/metrics`.
//!
//! Each part of the process counts in the struct of its noun, which `app` hands to it; what can be read at any time, such
//! as the connections of a pool, is measured when `/metrics` is requested (`app/metrics`). Labels have few values: kinds,
//! codes and outcomes of closed sets, and the operator's own names of models under a cap ([`bounded_names`]). An account,
//! an agent, a run or a text is never a label: the log names them.
//!
//! A new metric is a field of the struct of its noun, a line in its `families`, and a line in the table of
//! `docs/operations.md`, which a test compares with `/metrics`.

mod bounded_names;
mod counters;
mod family;
mod gauge;
mod histograms;
mod http_metrics;
mod job_metrics;
mod model_metrics;
mod run_metrics;
mod trace_metrics;
mod usage_metrics;

use std::sync::Arc;

use self::{bounded_names::BoundedNames, counters::Counters, histograms::Histograms};
pub use self::{
    family::{MetricFamily, MetricKind, MetricSample, MetricSource, number_of, value_of},
    gauge::{LiveGauge, LiveGaugeGuard},
    http_metrics::HttpMetrics,
    job_metrics::JobMetrics,
    model_metrics::ModelMetrics,
    run_metrics::{EndedRun, RunMetrics},
    trace_metrics::TraceMetrics,
    usage_metrics::UsageMetrics,
};

/// The counts of one process.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Runs, and what they call.
    pub runs: Arc<RunMetrics>,
    /// Calls of models.
    pub models: Arc<ModelMetrics>,
    /// Background jobs.
    pub jobs: Arc<JobMetrics>,
    /// Requests and operations.
    pub http: Arc<HttpMetrics>,
    /// Spans of traces.
    pub traces: Arc<TraceMetrics>,
}

impl Metrics {
    /// The present counts of every part.
    pub fn families(&self) -> Vec<MetricFamily> {
        let parts = [
            self.runs.families(),
            self.models.families(),
            self.jobs.families(),
            self.http.families(),
            self.traces.families(),
        ];
        parts.into_iter().flatten().collect()
    }
}
