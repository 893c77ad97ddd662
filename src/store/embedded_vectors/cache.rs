//! A cache of the matrices in memory, bounded in bytes; the least recently used ones are evicted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError},
};

use tokio::sync::Mutex;

use super::CachedMatrix;
use crate::domain::{AccountId, AgentId};

/// The key of a collection: account, agent and generation.
pub(super) type CollectionId = (AccountId, AgentId, i32);
/// A collection's matrix, once it is loaded. The task that holds the lock loads it; other tasks wait for the lock.
pub(super) type CacheSlot = Arc<Mutex<Option<CachedMatrix>>>;

/// Slots by collection, with a bound on their memory.
pub(super) struct MatrixCache {
    budget: usize,
    entries: SyncMutex<CacheEntries>,
}

#[derive(Default)]
struct CacheEntries {
    by_name: HashMap<CollectionId, CacheEntry>,
    bytes: usize,
    /// The number of uses so far, which orders the slots by their last use.
    uses: u64,
}

struct CacheEntry {
    slot: CacheSlot,
    bytes: usize,
    used: u64,
}

impl MatrixCache {
    /// Makes an empty cache for at most `budget` bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self {
            budget,
            entries: SyncMutex::default(),
        }
    }

    /// A collection's slot; counts as a use.
    pub(super) fn slot(&self, name: CollectionId) -> CacheSlot {
        let mut entries = self.entries();
        entries.uses += 1;
        let used = entries.uses;
        let held = entries.by_name.entry(name).or_insert_with(|| CacheEntry {
            slot: CacheSlot::default(),
            bytes: 0,
            used,
        });
        held.used = used;
        Arc::clone(&held.slot)
    }

    /// Records the memory of a slot. While all slots together exceed the budget, the least recently used other one is
    /// evicted; tasks that still use it may finish.
    pub(super) fn weigh(&self, name: CollectionId, slot: &CacheSlot, bytes: usize) {
        let mut entries = self.entries();
        let Some(held) = entries.by_name.get_mut(&name) else {
            return;
        };
        if !Arc::ptr_eq(&held.slot, slot) {
            return;
        }
        let before = std::mem::replace(&mut held.bytes, bytes);
        entries.bytes = entries.bytes + bytes - before;
        while entries.bytes > self.budget {
            let others = entries.by_name.iter().filter(|(other, _)| **other != name);
            let weighty = others.filter(|(_, held)| held.bytes > 0);
            let oldest = weighty.min_by_key(|(_, held)| held.used);
            let Some(oldest) = oldest.map(|(name, _)| *name) else {
                return;
            };
            entries.take(&oldest);
        }
    }

    /// Evicts a slot that alone exceeds the budget, once it is loaded: tasks that wait for it still get it.
    pub(super) fn trim(&self, name: &CollectionId) {
        let mut entries = self.entries();
        if entries.bytes > self.budget {
            entries.take(name);
        }
    }

    /// Removes a collection from the cache.
    pub(super) fn forget(&self, name: &CollectionId) {
        self.entries().take(name);
    }

    /// The memory of all matrices, in bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.entries().bytes
    }

    fn entries(&self) -> MutexGuard<'_, CacheEntries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheEntries {
    fn take(&mut self, name: &CollectionId) {
        if let Some(held) = self.by_name.remove(name) {
            self.bytes -= held.bytes;
        }
    }
}
