//! Transactions whose `BEGIN` was abandoned. When a caller drops the future of a `BEGIN`, the driver does not know of
//! the transaction, and the connection would return to its pool inside it: nothing that its next user writes would be
//! committed.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A connection is back in its pool this long after its last use in any case.
const RETURNED: Duration = Duration::from_secs(30);

/// The number of transactions of a pool that are beginning now, and the time of the last abandoned `BEGIN`.
#[derive(Default)]
pub(super) struct PendingTransactions {
    now: AtomicUsize,
    left: Mutex<Option<Instant>>,
}

impl PendingTransactions {
    /// Whether a connection that is released now may be inside an abandoned transaction.
    pub(super) fn may_be_forgotten(&self) -> bool {
        let left = || {
            let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.is_some_and(|left| left.elapsed() < RETURNED)
        };
        self.now.load(Ordering::SeqCst) > 0 || left()
    }
}

/// A transaction that is beginning; dropping it before [`Self::has_begun`] records it as abandoned.
pub(super) struct PendingTransaction<'pool> {
    pending: &'pool PendingTransactions,
    is_done: bool,
}

impl<'pool> PendingTransaction<'pool> {
    pub(super) fn of(pending: &'pool PendingTransactions) -> Self {
        pending.now.fetch_add(1, Ordering::SeqCst);
        Self {
            pending,
            is_done: false,
        }
    }

    /// The transaction has begun, and its owner will end it.
    pub(super) fn has_begun(mut self) {
        self.is_done = true;
    }
}

impl Drop for PendingTransaction<'_> {
    fn drop(&mut self) {
        // in this order, so that the release of the connection sees one or the other
        if !self.is_done {
            let mut left = self
                .pending
                .left
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *left = Some(Instant::now());
        }
        self.pending.now.fetch_sub(1, Ordering::SeqCst);
    }
}
