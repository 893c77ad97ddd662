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

    /// Removes an operation that ends; false when the client has already completed it.
    pub(super) fn finish(&self, id: &str, serial: u64) -> bool {
        let operations = &mut self.lock().operations;
        let mine = operations.get(id).is_some_and(|own| own.serial == serial);
        if mine {
            operations.remove(id);
        }
        mine
    }

    /// Stops an operation: no other one writes for it any more.
    pub(super) fn stop(&self, id: &str) {
        let mut running = self.lock();
        if let Some(operation) = running.operations.remove(id) {
            running.readers.leave(operation.serial);
            operation.task.abort();
        }
    }

    /// Stops all operations; returns their ids.
    pub(super) fn stop_all(&self) -> Vec<String> {
        let mut running = self.lock();
        running.readers = RunReaders::default();
        let operations = running.operations.drain();
        operations
            .map(|(id, operation)| {
                operation.task.abort();
                id
            })
            .collect()
    }

    /// Calls `with` with the operations that follow runs; nothing else happens to an operation meanwhile.
    pub(super) fn readers<T>(&self, with: impl FnOnce(&mut RunReaders) -> T) -> T {
        with(&mut self.lock().readers)
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
