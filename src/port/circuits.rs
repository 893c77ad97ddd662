//! The circuits of models: a model that keeps failing is not asked for a while, by any process.

use std::time::Duration;

use async_trait::async_trait;

/// The circuits of all models, by their names in `models.chat`.
#[async_trait]
pub trait Circuits: Send + Sync {
    /// The state of a model's circuit, as far as this process knows it; never waits.
    fn state(&self, model: &str) -> CircuitState;

    /// Takes the permission for the trial request of a circuit whose pause is over. Returns false when another request
    /// has it, in any process. A trial without a reported outcome lapses after the length of a pause.
    async fn begin_trial(&self, model: &str) -> bool;

    /// Records that the trial request began to be answered: the circuit closes, and opens again at the next failure.
    async fn pass_trial(&self, model: &str);

    /// Records a success, which closes the circuit and ends the streak of failures.
    async fn succeed(&self, model: &str);

    /// Records a failure; `reason` is a sentence for people.
    async fn fail(&self, model: &str, reason: &str);

    /// How often this process saw the circuit of a model change to each state.
    fn transitions(&self, model: &str) -> CircuitTransitions;
}

/// The state of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CircuitState {
    /// Requests are made; the number of consecutive failures.
    Closed {
        /// The number of failures since the last success.
        failures: u32,
    },
    /// No requests are made.
    Open {
        /// How long the circuit stays open.
        left: Duration,
        /// The last failure.
        reason: String,
    },
    /// The pause is over: one request is made, whose outcome decides.
    HalfOpen {
        /// Whether that request is being made.
        is_tried: bool,
        /// The last failure.
        reason: String,
    },
}

/// The numbers of changes of a circuit to each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CircuitTransitions {
    /// Changes to open.
    pub opened: u64,
    /// Trials.
    pub half_opened: u64,
    /// Changes to closed.
    pub closed: u64,
}

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitLimits {
    /// The number of consecutive failures that open a circuit.
    pub failures: u32,
    /// How long an open circuit refuses requests.
    pub rest: Duration,
}
