//! What is counted of the calls of models.

use std::time::Duration;

use super::{BoundedNames, Counters, Histograms, MetricFamily};

/// The bounds of the time to the first event of an answer, in seconds.
const FIRST_EVENT: &[f64] = &[
    0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// The counts of model calls in this process.
#[derive(Debug)]
pub struct ModelMetrics {
    calls: Counters<3>,
    attempts: Counters<2>,
    first_event: Histograms<1>,
    models: BoundedNames,
}

impl Default for ModelMetrics {
    fn default() -> Self {
        Self {
            calls: Counters::new(
                "troupe_model_calls_total",
                "Calls of chat models, with their retries, by the model's name in app.yaml, its provider and the outcome.",
                ["model", "provider", "outcome"],
            ),
            attempts: Counters::new(
                "troupe_model_attempts_total",
                "Requests to the providers of chat models, each retry counted, by provider and outcome.",
                ["provider", "outcome"],
            ),
            first_event: Histograms::new(
                "troupe_model_first_event_seconds",
                "Time from a call of a chat model to the first event of its answer, with retries.",
                ["provider"],
                FIRST_EVENT,
            ),
            models: BoundedNames::default(),
        }
    }
}

impl ModelMetrics {
    /// A call has ended: `SUCCEEDED`, `DROPPED` by the caller, or with the code of an error.
    pub fn called(&self, model: &str, provider: &str, outcome: &str) {
        let model = self.models.label(model);
        self.calls.count([model, provider, outcome]);
    }

    /// A request to a provider was answered (`SUCCEEDED`), or failed with the code of an error.
    pub fn attempted(&self, provider: &str, outcome: &str) {
        self.attempts.count([provider, outcome]);
    }

    /// The first event of an answer has arrived.
    pub fn began_answer(&self, provider: &str, after: Duration) {
        self.first_event.observe([provider], after);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        vec![
            self.calls.family(),
            self.attempts.family(),
            self.first_event.family(),
        ]
    }
}
