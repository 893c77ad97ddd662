//! The signal that stops an attempt before its end.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

/// Why an attempt stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// A caller cancelled the run.
    Cancelled,
    /// The attempt exceeded its deadline.
    TimedOut,
    /// Another process owns the lease, or this process could not renew it in time.
    LeaseLost,
}

/// Stops one attempt. The first reason is kept.
pub(super) struct StopSignal {
    token: CancellationToken,
    reason: OnceLock<StopReason>,
}

impl StopSignal {
    /// A signal that is also set, without a reason, when the process releases all its runs.
    pub(super) fn under(process: &CancellationToken) -> Self {
        Self {
            token: process.child_token(),
            reason: OnceLock::new(),
        }
    }

    /// Stops the attempt.
    pub(super) fn set(&self, reason: StopReason) {
        let _ = self.reason.set(reason);
        self.token.cancel();
    }

    /// The first reason that was given; none when the whole process stops.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }

    /// Completes when the attempt is to stop.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }
}
