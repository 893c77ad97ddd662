//! The circuits of models in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::port::{CircuitLimits, CircuitState, CircuitTransitions, Circuits};

/// The circuits of this process.
pub struct LocalCircuits {
    limits: CircuitLimits,
    circuits: Mutex<HashMap<String, Circuit>>,
}

/// A circuit with its history.
#[derive(Default)]
struct Circuit {
    record: CircuitRecord,
    transitions: CircuitTransitions,
}

/// What is known of a circuit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::adapter) struct CircuitRecord {
    /// The number of consecutive failures.
    pub(in crate::adapter) failures: u32,
    /// The time until which a circuit that is not closed refuses requests.
    pub(in crate::adapter) rests_until: Option<Instant>,
    /// The time at which the trial lapses.
    pub(in crate::adapter) tried_until: Option<Instant>,
    /// The last failure.
    pub(in crate::adapter) reason: String,
}

/// What a circuit does with requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Open,
    Tried,
}

impl LocalCircuits {
    /// Closed circuits.
    pub fn new(limits: CircuitLimits) -> Self {
        Self {
            limits,
            circuits: Mutex::default(),
        }
    }

    /// Replaces what is known of a circuit.
    pub(in crate::adapter) fn adopt(&self, model: &str, record: CircuitRecord) {
        self.change(model, |known| *known = record);
    }

    /// Changes a circuit and counts the transition.
    fn change<T>(&self, model: &str, change: impl FnOnce(&mut CircuitRecord) -> T) -> T {
        let mut circuits = self.lock();
        let circuit = circuits.entry(model.to_owned()).or_default();
        let before = circuit.record.phase();
        let changed = change(&mut circuit.record);
        let after = circuit.record.phase();
        if before != after {
            let transitions = &mut circuit.transitions;
            match after {
                Phase::Closed => transitions.closed += 1,
                Phase::Open => transitions.opened += 1,
                Phase::Tried => transitions.half_opened += 1,
            }
            let state = match after {
                Phase::Closed => "closed",
                Phase::Open => "open",
                Phase::Tried => "half-open",
            };
            tracing::warn!(%model, state, failures = circuit.record.failures, reason = circuit.record.reason, "the circuit of the model has changed");
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CircuitRecord {
    fn phase(&self) -> Phase {
        match (self.rests_until, self.tried_until) {
            (None, _) => Phase::Closed,
            (Some(_), Some(_)) => Phase::Tried,
            (Some(_), None) => Phase::Open,
        }
    }

    fn is_tried(&self) -> bool {
        self.tried_until.is_some_and(|until| until > Instant::now())
    }

    /// The remaining rest; `None` when the circuit is closed.
    fn rest_left(&self) -> Option<Duration> {
        let until = self.rests_until?;
        Some(until.saturating_duration_since(Instant::now()))
    }
}

#[async_trait]
impl Circuits for LocalCircuits {
    fn state(&self, model: &str) -> CircuitState {
        let circuits = self.lock();
        let Some(Circuit { record, .. }) = circuits.get(model) else {
            return CircuitState::Closed { failures: 0 };
        };
        match record.rest_left() {
            None => CircuitState::Closed {
                failures: record.failures,
            },
            Some(Duration::ZERO) => CircuitState::HalfOpen {
                is_tried: record.is_tried(),
                reason: record.reason.clone(),
            },
            Some(left) => CircuitState::Open {
                left,
                reason: record.reason.clone(),
            },
        }
    }

    async fn begin_trial(&self, model: &str) -> bool {
        let rest = self.limits.rest;
        self.change(model, |circuit| match circuit.rest_left() {
            None => true,
            Some(Duration::ZERO) if !circuit.is_tried() => {
                circuit.tried_until = Some(Instant::now() + rest);
                true
            }
            Some(_) => false,
        })
    }

    async fn pass_trial(&self, model: &str) {
        let failures = self.limits.failures.saturating_sub(1);
        self.change(model, |circuit| {
            *circuit = CircuitRecord {
                failures,
                reason: std::mem::take(&mut circuit.reason),
                ..CircuitRecord::default()
            };
        });
    }

    async fn succeed(&self, model: &str) {
        self.change(model, |circuit| *circuit = CircuitRecord::default());
    }

    async fn fail(&self, model: &str, reason: &str) {
        let limits = self.limits;
        self.change(model, |circuit| {
            circuit.failures = circuit.failures.saturating_add(1);
            reason.clone_into(&mut circuit.reason);
            // a request that began before the circuit opened does not keep it open for longer
            let rests = circuit.rest_left().is_some_and(|left| !left.is_zero());
            if circuit.failures >= limits.failures && !rests {
                circuit.rests_until = Some(Instant::now() + limits.rest);
                circuit.tried_until = None;
            }
        });
    }

    fn transitions(&self, model: &str) -> CircuitTransitions {
        let circuits = self.lock();
        circuits
            .get(model)
            .map(|circuit| circuit.transitions)
            .unwrap_or_default()
    }
}
