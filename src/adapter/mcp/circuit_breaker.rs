//! Limits the calls to a server by rate and concurrency, and stops calling a server that keeps failing (circuit
//! breaker).

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{failure::CallFailure, limits::McpLimits};
use crate::{domain::McpServerId, error::Error, port::ToolHealth};

/// The number of circuit breakers at which unused ones are removed.
const MOST_GATES: usize = 4096;

/// The circuit breakers of all servers that this process has called.
pub(super) struct CircuitBreakers {
    limits: McpLimits,
    gates: Mutex<HashMap<McpServerId, Arc<CircuitBreaker>>>,
}

impl CircuitBreakers {
    pub(super) fn new(limits: McpLimits) -> Self {
        Self {
            limits,
            gates: Mutex::default(),
        }
    }

    /// The circuit breaker of a server, created on first use.
    pub(super) fn of(&self, server: McpServerId) -> Arc<CircuitBreaker> {
        let mut gates = lock(&self.gates);
        if gates.len() >= MOST_GATES {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = gates
            .entry(server)
            .or_insert_with(|| Arc::new(CircuitBreaker::new(self.limits)));
        Arc::clone(gate)
    }

    /// The health of a server by its recent calls. A server that was not called yet is available.
    pub(super) fn health(&self, server: McpServerId) -> ToolHealth {
        let gate = lock(&self.gates).get(&server).cloned();
        gate.map_or(ToolHealth::Available, |gate| gate.health())
    }

    /// Removes the state of a server whose registration has changed.
    pub(super) fn forget(&self, server: McpServerId) {
        lock(&self.gates).remove(&server);
    }
}

/// The limits and the circuit breaker of one server.
pub(super) struct CircuitBreaker {
    limits: McpLimits,
    places: Arc<Semaphore>,
    rate: DefaultDirectRateLimiter,
    state: Mutex<BreakerState>,
}

/// The state of the circuit breaker.
#[derive(Default)]
struct BreakerState {
    /// The number of consecutive failures.
    failures: u32,
    /// The message of the last failure.
    reason: String,
    /// The time until which no calls are made; `None` while the circuit is closed.
    rests_until: Option<Instant>,
    /// Whether a trial call is in progress.
    is_tried: bool,
}

/// Permission for one call. Report its outcome with [`CallPermit::ended`]; dropping it reports none.
pub(super) struct CallPermit {
    gate: Arc<CircuitBreaker>,
    is_trial: bool,
    _place: OwnedSemaphorePermit,
}

impl CircuitBreaker {
    fn new(limits: McpLimits) -> Self {
        let burst = NonZeroU32::new(limits.per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            limits,
            places: Arc::new(Semaphore::new(limits.concurrent)),
            rate: DefaultDirectRateLimiter::direct(Quota::per_minute(burst)),
            state: Mutex::default(),
        }
    }

    /// Permission for a call, when the circuit is closed and the limits on rate and concurrency allow it.
    pub(super) async fn enter(self: &Arc<Self>) -> Result<CallPermit, CallFailure> {
        lock(&self.state).refusal().map_or(Ok(()), Err)?;
        self.rate.check().map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            let message = format!(
                "the tool's server is asked more than {} times a minute; try again in {} s",
                self.limits.per_minute,
                wait.as_secs() + 1
            );
            CallFailure::not_made(Error::rate_limited(message, Some(wait)))
        })?;
        let place = self.place(self.limits.call).await?;
        let is_trial = self.admit()?;
        Ok(self.turn(place, is_trial))
    }

    /// Permission for a request that checks the server, even while the circuit is open.
    pub(super) async fn enter_to_look(self: &Arc<Self>) -> Result<CallPermit, CallFailure> {
        let place = self.place(self.limits.list).await?;
        Ok(self.turn(place, false))
    }

    /// The health by the recent calls.
    fn health(&self) -> ToolHealth {
        let state = lock(&self.state);
        let reason = state.words();
        match (state.failures, state.rests_until) {
            (0, _) => ToolHealth::Available,
            (_, Some(_)) => ToolHealth::Unavailable(reason),
            (_, None) => ToolHealth::Degraded(reason),
        }
    }

    async fn place(&self, patience: Duration) -> Result<OwnedSemaphorePermit, CallFailure> {
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(patience, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(CallFailure::not_made(Error::rate_limited(
                format!(
                    "the tool's server is busy with {} other calls; try again later",
                    self.limits.concurrent
                ),
                None,
            ))),
        }
    }

    /// Checks the circuit. True when this call is the trial that decides whether the circuit closes again.
    fn admit(&self) -> Result<bool, CallFailure> {
        let mut state = lock(&self.state);
        state.refusal().map_or(Ok(()), Err)?;
        let is_trial = state.rests_until.is_some();
        state.is_tried = is_trial;
        Ok(is_trial)
    }

    fn turn(self: &Arc<Self>, place: OwnedSemaphorePermit, is_trial: bool) -> CallPermit {
        CallPermit {
            gate: Arc::clone(self),
            is_trial,
            _place: place,
        }
    }
}

impl BreakerState {
    fn refusal(&self) -> Option<CallFailure> {
        let left = self.rests_until?.saturating_duration_since(Instant::now());
        let message = match (left.is_zero(), self.is_tried) {
            (true, false) => return None,
            (true, true) => format!(
                "{}; another call sees whether it is well again",
                self.words()
            ),
            (false, _) => format!(
                "{}; it is asked again in {} s",
                self.words(),
                left.as_secs() + 1
            ),
        };
        Some(CallFailure::not_made(Error::unavailable(message)))
    }

    fn words(&self) -> String {
        match self.failures {
            1 => format!("the last call failed: {}", self.reason),
            failures => format!("the last {failures} calls failed: {}", self.reason),
        }
    }
}

impl CallPermit {
    /// Reports the outcome: `None` for any answer, including a tool's error.
    pub(super) fn ended(self, fault: Option<&CallFailure>) {
        let mut state = lock(&self.gate.state);
        match fault {
            // a failure that the caller caused is no evidence about the server
            Some(fault) if !fault.is_servers => {}
            Some(fault) => {
                state.failures = state.failures.saturating_add(1);
                fault.message().clone_into(&mut state.reason);
                if self.is_trial || state.failures >= self.gate.limits.failures {
                    state.rests_until = Some(Instant::now() + self.gate.limits.rest);
                }
            }
            None => *state = BreakerState::default(),
        }
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        if self.is_trial {
            lock(&self.gate.state).is_tried = false;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
