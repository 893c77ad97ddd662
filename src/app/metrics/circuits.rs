//! The circuits of the models behind an API, as `/metrics` shows them.

use crate::{
    metrics::{MetricFamily, MetricSample, value_of},
    port::{CircuitState, Circuits},
};

/// The state of each model's circuit, and its changes.
pub(super) fn families(models: &[String], circuits: &dyn Circuits) -> Vec<MetricFamily> {
    let states = models.iter().map(|model| {
        let state = match circuits.state(model) {
            CircuitState::Closed { .. } => 0.0,
            CircuitState::HalfOpen { .. } => 1.0,
            CircuitState::Open { .. } => 2.0,
        };
        MetricSample::labelled([("model", model)], state)
    });
    let changes = models.iter().flat_map(|model| {
        let changes = circuits.transitions(model);
        let changes = [
            ("open", changes.opened),
            ("half_open", changes.half_opened),
            ("closed", changes.closed),
        ];
        changes.map(|(state, count)| {
            MetricSample::labelled([("model", model), ("to", state)], value_of(count))
        })
    });
    vec![
        MetricFamily::gauge(
            "troupe_model_circuit_state",
            "State of the circuit of a model: 0 closed, 1 half-open, 2 open.",
            states.collect(),
        ),
        MetricFamily::counter(
            "troupe_model_circuit_transitions_total",
            "Changes of the circuit of a model to a state, as this process saw them.",
            changes.collect(),
        ),
    ]
}
