//! Where a reader waits: readers of one run that wait for the same event can be served by one of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::RunId;

/// The position of a reader while it waits for an event that does not exist yet. Its holder can move the reader past
/// events that were delivered to the reader's caller otherwise.
#[derive(Debug, Default)]
pub struct ReaderPosition(Mutex<Option<WaitingPlace>>);

/// The place at which a reader waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingPlace {
    /// The run.
    pub run: RunId,
    /// The sequence of the last event that was read.
    pub after: i64,
}

impl ReaderPosition {
    /// The place at which the reader waits; none while it reads, and before it has caught up.
    pub fn waits_at(&self) -> Option<WaitingPlace> {
        *self.lock()
    }

    /// Moves a reader that waits at `from` past the event with the sequence `to`; false when it does not wait there, and
    /// so reads the event itself.
    pub fn pass(&self, from: WaitingPlace, to: i64) -> bool {
        let mut place = self.lock();
        let is_there = *place == Some(from);
        if is_there {
            *place = Some(WaitingPlace { after: to, ..from });
        }
        is_there
    }

    /// Shows that the reader waits after `after`, until the returned value is dropped; `after` is then where the reader
    /// was moved to.
    pub(super) fn wait<'r>(&'r self, run: RunId, after: &'r mut i64) -> Wait<'r> {
        *self.lock() = Some(WaitingPlace { run, after: *after });
        Wait {
            position: self,
            after,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<WaitingPlace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a reader waits.
pub(super) struct Wait<'r> {
    position: &'r ReaderPosition,
    after: &'r mut i64,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.position.lock().take() {
            *self.after = place.after;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{ReaderPosition, WaitingPlace};
    use crate::domain::RunId;

    #[test]
    fn a_reader_is_moved_only_from_where_it_waits() {
        let run = RunId::from_uuid(Uuid::from_u128(1));
        let at = |after| WaitingPlace { run, after };
        let position = ReaderPosition::default();
        let mut after = 4;
        assert!(!position.pass(at(4), 5), "it does not wait yet");
        let wait = position.wait(run, &mut after);
        assert_eq!(position.waits_at(), Some(at(4)));
        assert!(!position.pass(at(3), 5), "it waits elsewhere");
        assert!(position.pass(at(4), 7) && position.pass(at(7), 8));
        drop(wait);
        assert_eq!((after, position.waits_at()), (8, None));
        assert!(!position.pass(at(8), 9), "it reads the event itself");
    }
}
