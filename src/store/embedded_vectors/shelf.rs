//! A cache of the matrices in memory, bounded in bytes; the least recently used ones are evicted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError},
};

use tokio::sync::Mutex;

use super::Loaded;
use crate::domain::{AccountId, AgentId};

/// The key of a collection: account, agent and generation.
pub(super) type Name = (AccountId, AgentId, i32);
/// A collection's matrix, once it is loaded. The task that holds the lock loads it; other tasks wait for the lock.
pub(super) type Slot = Arc<Mutex<Option<Loaded>>>;

/// Slots by collection, with a bound on their memory.
pub(super) struct Shelf {
    budget: usize,
    places: SyncMutex<Places>,
}

#[derive(Default)]
struct Places {
    by_name: HashMap<Name, Held>,
    bytes: usize,
    /// The number of uses so far, which orders the slots by their last use.
    uses: u64,
}

struct Held {
    slot: Slot,
    bytes: usize,
    used: u64,
}

impl Shelf {
    /// Makes an empty cache for at most `budget` bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self {
            budget,
            places: SyncMutex::default(),
        }
    }

    /// A collection's slot; counts as a use.
    pub(super) fn slot(&self, name: Name) -> Slot {
        let mut places = self.places();
        places.uses += 1;
        let used = places.uses;
        let held = places.by_name.entry(name).or_insert_with(|| Held {
            slot: Slot::default(),
            bytes: 0,
            used,
        });
        held.used = used;
        Arc::clone(&held.slot)
    }

    /// Records the memory of a slot. While all slots together exceed the budget, the least recently used other one is
    /// evicted; tasks that still use it may finish.
    pub(super) fn weigh(&self, name: Name, slot: &Slot, bytes: usize) {
        let mut places = self.places();
        let Some(held) = places.by_name.get_mut(&name) else {
            return;
        };
        if !Arc::ptr_eq(&held.slot, slot) {
            return;
        }
        let before = std::mem::replace(&mut held.bytes, bytes);
        places.bytes = places.bytes + bytes - before;
        while places.bytes > self.budget {
            let others = places.by_name.iter().filter(|(other, _)| **other != name);
            let weighty = others.filter(|(_, held)| held.bytes > 0);
            let oldest = weighty.min_by_key(|(_, held)| held.used);
            let Some(oldest) = oldest.map(|(name, _)| *name) else {
                return;
            };
            places.take(&oldest);
        }
    }

    /// Evicts a slot that alone exceeds the budget, once it is loaded: tasks that wait for it still get it.
    pub(super) fn trim(&self, name: &Name) {
        let mut places = self.places();
        if places.bytes > self.budget {
            places.take(name);
        }
    }

    /// Removes a collection from the cache.
    pub(super) fn forget(&self, name: &Name) {
        self.places().take(name);
    }

    /// The memory of all matrices, in bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.places().bytes
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn take(&mut self, name: &Name) {
        if let Some(held) = self.by_name.remove(name) {
            self.bytes -= held.bytes;
        }
    }
}
