//! The matrices that are in memory: as many as fit, the ones that were used last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError},
};

use tokio::sync::Mutex;

use super::Loaded;
use crate::domain::{AccountId, AgentId};

/// A collection of one account.
pub(super) type Name = (AccountId, AgentId, i32);
/// Where a collection's matrix is, once it was loaded. Who holds the lock loads it; the others wait for that.
pub(super) type Slot = Arc<Mutex<Option<Loaded>>>;

/// Slots by collection, with a bound on what they weigh together.
pub(super) struct Shelf {
    budget: usize,
    places: SyncMutex<Places>,
}

#[derive(Default)]
struct Places {
    by_name: HashMap<Name, Held>,
    bytes: usize,
    /// Counts the uses.
    uses: u64,
}

struct Held {
    slot: Slot,
    bytes: usize,
    used: u64,
}

impl Shelf {
    /// An empty one, for at most so many bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self {
            budget,
            places: SyncMutex::default(),
        }
    }

    /// A collection's slot, which counts as used now.
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

    /// Takes note of what a slot weighs now. While they weigh too much together, the one of the others that was used longest
    /// ago goes; who still uses it may finish.
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

    /// Lets a slot go that weighs too much alone, once it is loaded: those who wait for it have it until then.
    pub(super) fn trim(&self, name: &Name) {
        let mut places = self.places();
        if places.bytes > self.budget {
            places.take(name);
        }
    }

    /// Forgets a collection.
    pub(super) fn forget(&self, name: &Name) {
        self.places().take(name);
    }

    /// What all matrices weigh.
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
