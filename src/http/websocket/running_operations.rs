//! The operations that run on a socket, by the client's ids.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;

use super::run_readers::RunReaders;

/// The running operations of a socket. Clones share them.
#[derive(Clone, Default)]
pub(super) struct RunningOperations(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    operations: HashMap<String, RunningOperation>,
    readers: RunReaders,
}

struct RunningOperation {
    /// Distinguishes operations that reuse an id.
    serial: u64,
    task: AbortHandle,
}

impl Running {
    fn has(&self, id: &str, serial: u64) -> bool {
        self.operations
            .get(id)
            .is_some_and(|operation| operation.serial == serial)
    }
}

impl RunningOperations {
    /// The number of operations.
    pub(super) fn count(&self) -> usize {
        self.lock().operations.len()
    }

    /// Whether the id is in use.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.lock().operations.contains_key(id)
    }

    /// Adds an operation whose task `start` starts: it cannot finish before it is added.
    pub(super) fn add(&self, id: String, serial: u64, start: impl FnOnce() -> AbortHandle) {
        let mut running = self.lock();
        let task = start();
        running
            .operations
            .insert(id, RunningOperation { serial, task });
    }

    /// Removes an operation that ends, and calls `last` before its id can be used again; not when the client has
    /// completed it already.
    pub(super) fn finish(&self, id: &str, serial: u64, last: impl FnOnce()) {
        let mut running = self.lock();
        if running.has(id, serial) {
            running.operations.remove(id);
            last();
        }
    }

    /// Stops an operation: nothing is written for it any more.
    pub(super) fn stop(&self, id: &str) {
        let mut running = self.lock();
        let stopped = running.operations.remove(id);
        if let Some(operation) = &stopped {
            running.readers.leave(operation.serial);
        }
        // without the lock, which the task takes when it is dropped
        drop(running);
        if let Some(operation) = stopped {
            operation.task.abort();
        }
    }

    /// Stops all operations; returns their ids.
    pub(super) fn stop_all(&self) -> Vec<String> {
        let stopped = std::mem::take(&mut *self.lock());
        let operations = stopped.operations.into_iter();
        operations
            .map(|(id, operation)| {
                operation.task.abort();
                id
            })
            .collect()
    }

    /// Calls `with` with the operations that follow runs, unless the operation was stopped; it is not stopped meanwhile.
    pub(super) fn while_running<T>(
        &self,
        id: &str,
        serial: u64,
        with: impl FnOnce(&mut RunReaders) -> T,
    ) -> Option<T> {
        let mut running = self.lock();
        running.has(id, serial).then(|| with(&mut running.readers))
    }

    /// Removes an operation from those that follow a run together.
    pub(super) fn leave(&self, serial: u64) {
        self.lock().readers.leave(serial);
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
