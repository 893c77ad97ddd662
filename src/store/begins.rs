//! Transactions whose beginning nobody waited for: the driver forgets them, and the connection would go back to its pool
//! inside of one, where whatever the next user writes is never committed.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A connection is back in its pool this long after the last use, whatever happens to it.
const RETURNED: Duration = Duration::from_secs(30);

/// The transactions of a pool that begin now, and the last that was left while it did.
#[derive(Default)]
pub(super) struct Begins {
    now: AtomicUsize,
    left: Mutex<Option<Instant>>,
}

impl Begins {
    /// Whether a connection that comes back now may be inside of a transaction that nobody knows of.
    pub(super) fn may_be_forgotten(&self) -> bool {
        let left = || {
            let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.is_some_and(|left| left.elapsed() < RETURNED)
        };
        self.now.load(Ordering::SeqCst) > 0 || left()
    }
}

/// A transaction that begins.
pub(super) struct Begin<'pool> {
    begins: &'pool Begins,
    is_done: bool,
}

impl<'pool> Begin<'pool> {
    pub(super) fn of(begins: &'pool Begins) -> Self {
        begins.now.fetch_add(1, Ordering::SeqCst);
        Self {
            begins,
            is_done: false,
        }
    }

    /// It has begun, and its owner will end it.
    pub(super) fn has_begun(mut self) {
        self.is_done = true;
    }
}

impl Drop for Begin<'_> {
    fn drop(&mut self) {
        // in this order, so that the connection, which is on its way back, meets one or the other
        if !self.is_done {
            let mut left = self
                .begins
                .left
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *left = Some(Instant::now());
        }
        self.begins.now.fetch_sub(1, Ordering::SeqCst);
    }
}
