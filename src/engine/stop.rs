//! Why an attempt stops before its end.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

/// Why an attempt stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Someone asked for it.
    Asked,
    /// It takes too long.
    Late,
    /// It is not ours any more, or we cannot tell.
    Lost,
}

/// Stops an attempt. The first reason counts.
pub(super) struct Stop {
    token: CancellationToken,
    why: OnceLock<Why>,
}

impl Stop {
    /// Stops, for no reason of its own, when the process lets go of its runs.
    pub(super) fn under(process: &CancellationToken) -> Self {
        Self {
            token: process.child_token(),
            why: OnceLock::new(),
        }
    }

    /// Stops the attempt.
    pub(super) fn because(&self, why: Why) {
        let _ = self.why.set(why);
        self.token.cancel();
    }

    /// Why it stops; nothing when it is the whole process.
    pub(super) fn why(&self) -> Option<Why> {
        self.why.get().copied()
    }

    /// Cancelled when it stops.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }
}
