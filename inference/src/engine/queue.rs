//! The bounded queue of waiting prompts.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A first-in, first-out queue with a bound, which can be closed.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    bound: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// Why an item was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full { waiting: usize },
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            bound,
        }
    }

    /// Adds an item at the end; a refused item is returned.
    pub(super) fn offer(&self, item: T) -> Result<(), (T, Refused)> {
        let mut state = self.lock();
        if state.closed {
            return Err((item, Refused::Closed));
        }
        let waiting = state.waiting.len();
        if waiting >= self.bound {
            return Err((item, Refused::Full { waiting }));
        }
        state.waiting.push_back(item);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits until the queue has an item or is closed.
    pub(super) fn wait(&self) {
        let idle = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        drop(
            self.changed
                .wait_while(self.lock(), idle)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Removes up to `count` of the oldest items, without waiting.
    pub(super) fn take(&self, count: usize) -> Vec<T> {
        let mut state = self.lock();
        let count = count.min(state.waiting.len());
        state.waiting.drain(..count).collect()
    }

    /// Removes all items that satisfy the condition, without waiting.
    pub(super) fn take_if(&self, condition: impl Fn(&T) -> bool) -> Vec<T> {
        let mut state = self.lock();
        let (taken, kept): (VecDeque<T>, _) = state.waiting.drain(..).partition(condition);
        state.waiting = kept;
        taken.into()
    }

    /// Refuses all further items; the waiting ones can still be removed.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_and_taking_makes_room() {
        let queue = Queue::new(2);
        assert_eq!(queue.offer(1), Ok(()));
        assert_eq!(queue.offer(2), Ok(()));
        assert_eq!(queue.offer(3), Err((3, Refused::Full { waiting: 2 })));
        assert_eq!(queue.take(1), [1]);
        assert_eq!(queue.offer(4), Ok(()));
        assert_eq!(queue.take(9), [2, 4]);
    }

    #[test]
    fn items_in_the_middle_can_leave() {
        let queue = Queue::new(9);
        (1..=4).for_each(|item| queue.offer(item).unwrap());
        assert_eq!(queue.take_if(|item| item % 2 == 0), [2, 4]);
        assert_eq!(queue.take(9), [1, 3]);
    }

    #[test]
    fn a_closed_queue_refuses_and_does_not_wait() {
        let queue = Queue::new(2);
        queue.offer(1).unwrap();
        queue.close();
        assert_eq!(queue.offer(2), Err((2, Refused::Closed)));
        assert_eq!(queue.take(2), [1]);
        queue.wait();
    }
}
