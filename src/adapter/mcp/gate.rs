//! What protects a server from us, and us from a server: how often it is asked, how much at a time, and when it is left alone.

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

use super::{fault::Fault, limits::McpLimits};
use crate::{domain::McpServerId, error::Error, port::ToolHealth};

/// At this many gates, those of servers that are not being asked are forgotten.
const MOST_GATES: usize = 4096;

/// The gates of all servers that this process has asked.
pub(super) struct Gates {
    limits: McpLimits,
    gates: Mutex<HashMap<McpServerId, Arc<Gate>>>,
}

impl Gates {
    pub(super) fn new(limits: McpLimits) -> Self {
        Self {
            limits,
            gates: Mutex::default(),
        }
    }

    /// The gate of a server.
    pub(super) fn of(&self, server: McpServerId) -> Arc<Gate> {
        let mut gates = lock(&self.gates);
        if gates.len() >= MOST_GATES {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = gates
            .entry(server)
            .or_insert_with(|| Arc::new(Gate::new(self.limits)));
        Arc::clone(gate)
    }

    /// How well a server has answered; one that was not asked is well.
    pub(super) fn health(&self, server: McpServerId) -> ToolHealth {
        let gate = lock(&self.gates).get(&server).cloned();
        gate.map_or(ToolHealth::Available, |gate| gate.health())
    }

    /// Forgets how a server answered: it is another one now.
    pub(super) fn forget(&self, server: McpServerId) {
        lock(&self.gates).remove(&server);
    }
}

/// One server's.
pub(super) struct Gate {
    limits: McpLimits,
    places: Arc<Semaphore>,
    rate: DefaultDirectRateLimiter,
    state: Mutex<State>,
}

/// How the server has answered lately.
#[derive(Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    /// What the last one was.
    reason: String,
    /// Until when it is left alone.
    rests_until: Option<Instant>,
    /// Whether one call is made to see whether it is well again.
    is_tried: bool,
}

/// A call that may be made now. What came of it is told with [`Turn::ended`]; a turn that is dropped says nothing.
pub(super) struct Turn {
    gate: Arc<Gate>,
    is_trial: bool,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    fn new(limits: McpLimits) -> Self {
        let burst = NonZeroU32::new(limits.per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            limits,
            places: Arc::new(Semaphore::new(limits.concurrent)),
            rate: DefaultDirectRateLimiter::direct(Quota::per_minute(burst)),
            state: Mutex::default(),
        }
    }

    /// A turn for a call, when the server is well, not asked too often, and not asked too much at a time.
    pub(super) async fn enter(self: &Arc<Self>) -> Result<Turn, Fault> {
        lock(&self.state).refusal().map_or(Ok(()), Err)?;
        self.rate.check().map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            let message = format!(
                "the tool's server is asked more than {} times a minute; try again in {} s",
                self.limits.per_minute,
                wait.as_secs() + 1
            );
            Fault::not_made(Error::rate_limited(message, Some(wait)))
        })?;
        let place = self.place(self.limits.call).await?;
        let is_trial = self.admit()?;
        Ok(self.turn(place, is_trial))
    }

    /// A turn for somebody who wants to see whether the server is well, whatever is known of it.
    pub(super) async fn enter_to_look(self: &Arc<Self>) -> Result<Turn, Fault> {
        let place = self.place(self.limits.list).await?;
        Ok(self.turn(place, false))
    }

    /// How well the server has answered.
    fn health(&self) -> ToolHealth {
        let state = lock(&self.state);
        let reason = state.words();
        match (state.failures, state.rests_until) {
            (0, _) => ToolHealth::Available,
            (_, Some(_)) => ToolHealth::Unavailable(reason),
            (_, None) => ToolHealth::Degraded(reason),
        }
    }

    async fn place(&self, patience: Duration) -> Result<OwnedSemaphorePermit, Fault> {
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(patience, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Fault::not_made(Error::rate_limited(
                format!(
                    "the tool's server is busy with {} other calls; try again later",
                    self.limits.concurrent
                ),
                None,
            ))),
        }
    }

    /// Whether this call is the one that is made to see whether the server is well again.
    fn admit(&self) -> Result<bool, Fault> {
        let mut state = lock(&self.state);
        state.refusal().map_or(Ok(()), Err)?;
        let is_trial = state.rests_until.is_some();
        state.is_tried = is_trial;
        Ok(is_trial)
    }

    fn turn(self: &Arc<Self>, place: OwnedSemaphorePermit, is_trial: bool) -> Turn {
        Turn {
            gate: Arc::clone(self),
            is_trial,
            _place: place,
        }
    }
}

impl State {
    fn refusal(&self) -> Option<Fault> {
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
        Some(Fault::not_made(Error::unavailable(message)))
    }

    fn words(&self) -> String {
        match self.failures {
            1 => format!("the last call failed: {}", self.reason),
            failures => format!("the last {failures} calls failed: {}", self.reason),
        }
    }
}

impl Turn {
    /// Tells what came of it: none for an answer, whatever it says.
    pub(super) fn ended(self, fault: Option<&Fault>) {
        let mut state = lock(&self.gate.state);
        match fault {
            // the caller's own failure says nothing of the server
            Some(fault) if !fault.is_servers => {}
            Some(fault) => {
                state.failures = state.failures.saturating_add(1);
                fault.message().clone_into(&mut state.reason);
                if self.is_trial || state.failures >= self.gate.limits.failures {
                    state.rests_until = Some(Instant::now() + self.gate.limits.rest);
                }
            }
            None => *state = State::default(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_trial {
            lock(&self.gate.state).is_tried = false;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
