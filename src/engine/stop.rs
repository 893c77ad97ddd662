//! The signal that stops an attempt before its end.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

/// The reason why an attempt stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// A caller cancelled the run.
    Cancelled,
    /// The attempt exceeded its deadline.
    TimedOut,
    /// Another process owns the lease, or this process could not renew it in time.
    LeaseLost,
}

/// Stops one attempt. Only the first reason is stored.
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

    /// Stops the attempt. Returns whether this is the first reason.
    pub(super) fn set(&self, reason: StopReason) -> bool {
        let is_first = self.reason.set(reason).is_ok();
        self.token.cancel();
        is_first
    }

    /// The first reason; `None` when the whole process stops.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }

    /// The token that is cancelled when the attempt must stop.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }
}
