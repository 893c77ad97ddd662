//! Composes the measurements of `/metrics`.

use std::sync::Arc;

use crate::{
    http::{MetricFamily, MetricKind, MetricSample, MetricSource},
    live::Live,
    port::{CircuitState, Circuits},
};

/// The circuits of the models behind an API.
pub(crate) fn circuits(models: &Live<Vec<String>>, circuits: &Arc<dyn Circuits>) -> MetricSource {
    let models = models.clone();
    let circuits = Arc::clone(circuits);
    Arc::new(move || {
        let models = models.get();
        let states = models.iter().map(|model| {
            let state = match circuits.state(model) {
                CircuitState::Closed { .. } => 0,
                CircuitState::HalfOpen { .. } => 1,
                CircuitState::Open { .. } => 2,
            };
            MetricSample {
                labels: vec![("model", model.clone())],
                value: state,
            }
        });
        let changes = models.iter().flat_map(|model| {
            let changes = circuits.transitions(model);
            let sample = |state: &str, value| MetricSample {
                labels: vec![("model", model.clone()), ("to", state.to_owned())],
                value,
            };
            [
                sample("open", changes.opened),
                sample("half_open", changes.half_opened),
                sample("closed", changes.closed),
            ]
        });
        vec![
            MetricFamily {
                name: "troupe_model_circuit_state",
                help: "State of the circuit of a model: 0 closed, 1 half-open, 2 open.",
                kind: MetricKind::Gauge,
                samples: states.collect(),
            },
            MetricFamily {
                name: "troupe_model_circuit_transitions_total",
                help: "Changes of the circuit of a model to a state, as this process saw them.",
                kind: MetricKind::Counter,
                samples: changes.collect(),
            },
        ]
    })
}
