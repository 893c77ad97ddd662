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

use super::{
    failure::{CallFailure, FailureEvidence},
    limits::McpLimits,
};
use crate::{domain::McpServerId, error::Error, port::ToolHealth};

/// The number of circuit breakers at which unused ones are removed.
const MOST_BREAKERS: usize = 4096;

/// The circuit breakers of all servers that this process has called.
pub(super) struct CircuitBreakers {
    limits: McpLimits,
    breakers: Mutex<HashMap<McpServerId, Arc<CircuitBreaker>>>,
}

impl CircuitBreakers {
    pub(super) fn new(limits: McpLimits) -> Self {
        Self {
            limits,
            breakers: Mutex::default(),
        }
    }

    /// The circuit breaker of a server, created on first use.
    pub(super) fn of_server(&self, server: McpServerId) -> Arc<CircuitBreaker> {
        let mut breakers = lock(&self.breakers);
        if breakers.len() >= MOST_BREAKERS {
            breakers.retain(|_, breaker| Arc::strong_count(breaker) > 1);
        }
        let breaker = breakers
            .entry(server)
            .or_insert_with(|| Arc::new(CircuitBreaker::new(self.limits)));
        Arc::clone(breaker)
    }

    /// The health of a server by its recent requests. A server that was not asked yet is available.
    pub(super) fn health(&self, server: McpServerId) -> ToolHealth {
        let breaker = lock(&self.breakers).get(&server).cloned();
        breaker.map_or(ToolHealth::Available, |breaker| breaker.health())
    }

    /// Removes the state of a server whose registration has changed.
    pub(super) fn forget(&self, server: McpServerId) {
        lock(&self.breakers).remove(&server);
    }
}

/// The limits and the circuit breaker of one server.
pub(super) struct CircuitBreaker {
    limits: McpLimits,
    permits: Arc<Semaphore>,
    rate: DefaultDirectRateLimiter,
    state: Mutex<BreakerState>,
}

/// The state of the circuit breaker. Calls and listings are counted by themselves: a server that lists its tools and
/// fails every call is not well.
#[derive(Default)]
struct BreakerState {
    calls: FailureStreak,
    listings: FailureStreak,
    /// Whether a trial call is in progress.
    is_tried: bool,
}

/// The requests of one kind since the last one that succeeded.
#[derive(Default)]
struct FailureStreak {
    /// The number of consecutive failures of the server.
    failures: u32,
    /// The message of the last failure or refusal; empty without one.
    reason: String,
    /// The time until which no calls are made; `None` while the circuit is closed.
    rests_until: Option<Instant>,
}

/// What a permit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PermitKind {
    Call,
    /// A call that decides whether the circuit closes again.
    TrialCall,
    Listing,
}

/// Permission for one request. Report its outcome with [`RequestPermit::ended`]; dropping it reports none.
pub(super) struct RequestPermit {
    breaker: Arc<CircuitBreaker>,
    kind: PermitKind,
    _permit: OwnedSemaphorePermit,
}

impl CircuitBreaker {
    fn new(limits: McpLimits) -> Self {
        let burst = NonZeroU32::new(limits.per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            limits,
            permits: Arc::new(Semaphore::new(limits.concurrent)),
            rate: DefaultDirectRateLimiter::direct(Quota::per_minute(burst)),
            state: Mutex::default(),
        }
    }

    /// Permission for a call, when the circuit is closed and the limits on rate and concurrency allow it.
    pub(super) async fn permit_call(self: &Arc<Self>) -> Result<RequestPermit, CallFailure> {
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
        let permit = self.acquire(self.limits.call).await?;
        let kind = self.admit()?;
        Ok(self.permit(permit, kind))
    }

    /// Permission for listing the tools, even while the circuit is open.
    pub(super) async fn permit_listing(self: &Arc<Self>) -> Result<RequestPermit, CallFailure> {
        let permit = self.acquire(self.limits.list).await?;
        Ok(self.permit(permit, PermitKind::Listing))
    }

    /// The health by the recent requests.
    fn health(&self) -> ToolHealth {
        let state = lock(&self.state);
        let Some(streak) = state.worst() else {
            return ToolHealth::Available;
        };
        let reason = state.words(streak);
        // after the pause, calls are made again, of which the first is the trial
        match streak.rests_until.filter(|until| *until > Instant::now()) {
            Some(_) => ToolHealth::Unavailable(reason),
            None => ToolHealth::Degraded(reason),
        }
    }

    async fn acquire(&self, limit: Duration) -> Result<OwnedSemaphorePermit, CallFailure> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(limit, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(CallFailure::not_made(Error::rate_limited(
                format!(
                    "the tool's server is busy with {} other calls; try again later",
                    self.limits.concurrent
                ),
                None,
            ))),
        }
    }

    /// Checks the circuit once more, after the wait for the permit.
    fn admit(&self) -> Result<PermitKind, CallFailure> {
        let mut state = lock(&self.state);
        state.refusal().map_or(Ok(()), Err)?;
        let is_open = state
            .worst()
            .is_some_and(|streak| streak.rests_until.is_some());
        state.is_tried = is_open;
        Ok(if is_open {
            PermitKind::TrialCall
        } else {
            PermitKind::Call
        })
    }

    fn permit(self: &Arc<Self>, permit: OwnedSemaphorePermit, kind: PermitKind) -> RequestPermit {
        RequestPermit {
            breaker: Arc::clone(self),
            kind,
            _permit: permit,
        }
    }
}

impl BreakerState {
    /// The worse of the two kinds; `None` when the last request of each succeeded.
    fn worst(&self) -> Option<&FailureStreak> {
        let both = [&self.calls, &self.listings].into_iter();
        let failed = both.filter(|streak| !streak.reason.is_empty());
        failed.max_by_key(|streak| (streak.rests_until, streak.failures))
    }

    fn refusal(&self) -> Option<CallFailure> {
        let streak = self.worst()?;
        let left = streak
            .rests_until?
            .saturating_duration_since(Instant::now());
        let words = self.words(streak);
        let message = match (left.is_zero(), self.is_tried) {
            (true, false) => return None,
            (true, true) => format!("{words}; another call sees whether it is well again"),
            (false, _) => format!("{words}; it is asked again in {} s", left.as_secs() + 1),
        };
        Some(CallFailure::not_made(Error::unavailable(message)))
    }

    fn words(&self, streak: &FailureStreak) -> String {
        let is_calls = std::ptr::eq(streak, &raw const self.calls);
        let noun = match (is_calls, streak.failures) {
            (true, 0 | 1) => "the last call failed".to_owned(),
            (true, failures) => format!("the last {failures} calls failed"),
            (false, 0 | 1) => "the last listing of its tools failed".to_owned(),
            (false, failures) => format!("the last {failures} listings of its tools failed"),
        };
        format!("{noun}: {}", streak.reason)
    }
}

impl FailureStreak {
    fn add(&mut self, fault: &CallFailure, limits: &McpLimits, is_trial: bool) {
        if fault.evidence == FailureEvidence::Neutral {
            return;
        }
        fault.message().clone_into(&mut self.reason);
        if fault.evidence == FailureEvidence::Failed {
            self.failures = self.failures.saturating_add(1);
            if is_trial || self.failures >= limits.failures {
                self.rests_until = Some(Instant::now() + limits.rest);
            }
        }
    }
}

impl RequestPermit {
    /// Reports the outcome: `None` for any answer, including a tool's error.
    pub(super) fn ended(self, fault: Option<&CallFailure>) {
        let mut state = lock(&self.breaker.state);
        let limits = &self.breaker.limits;
        match (fault, self.kind) {
            (Some(fault), PermitKind::Listing) => state.listings.add(fault, limits, false),
            (Some(fault), kind) => {
                state
                    .calls
                    .add(fault, limits, kind == PermitKind::TrialCall);
            }
            (None, PermitKind::Listing) => state.listings = FailureStreak::default(),
            (None, PermitKind::Call | PermitKind::TrialCall) => *state = BreakerState::default(),
        }
    }
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        if self.kind == PermitKind::TrialCall {
            lock(&self.breaker.state).is_tried = false;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
