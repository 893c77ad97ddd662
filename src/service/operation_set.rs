//! The operations that each account lets its end users execute, cached: a request of an end user asks no table.
//!
//! A cached set carries the number of changes that the process had heard of when it began to read it, and is used only while
//! that is still the number: a set that was read before a change and stored after it is not used.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;

use crate::{
    domain::{AccountId, Actor, EndUserOperations},
    error::Result,
    store::Store,
};

/// The time after which a set is read again, for a process that missed the announcement of a change.
const CACHED: Duration = Duration::from_secs(30);
/// The maximum size of all cached sets, in bytes of documents.
const LARGEST_CACHE: u64 = 32 * 1024 * 1024;
/// What a set counts for beside its documents, in bytes.
const SET_BYTES: usize = 256;

/// The operations that an account lets its end users execute.
#[derive(Debug)]
pub struct OperationSet {
    setting: EndUserOperations,
    documents: HashMap<[u8; 32], Arc<str>>,
    changes: u64,
}

impl OperationSet {
    /// Whether end users may execute registered operations only.
    pub fn is_closed(&self) -> bool {
        self.setting == EndUserOperations::Registered
    }

    /// The registered document with this SHA-256.
    pub fn document(&self, hash: &[u8; 32]) -> Option<Arc<str>> {
        self.documents.get(hash).map(Arc::clone)
    }

    fn weight(&self) -> u32 {
        let bytes: usize = self.documents.values().map(|text| text.len()).sum();
        u32::try_from(bytes + SET_BYTES).unwrap_or(u32::MAX)
    }
}

/// The cached sets of all accounts.
#[derive(Clone)]
pub struct OperationSets {
    store: Store,
    sets: Cache<AccountId, Arc<OperationSet>>,
    /// The number of changes, in any account, that this process has heard of.
    changes: Arc<AtomicU64>,
}

impl OperationSets {
    /// The sets of the accounts in `store`.
    pub fn new(store: Store) -> Self {
        let sets = Cache::builder()
            .weigher(|_: &AccountId, set: &Arc<OperationSet>| set.weight())
            .max_capacity(LARGEST_CACHE)
            .time_to_live(CACHED)
            .build();
        Self {
            store,
            sets,
            changes: Arc::default(),
        }
    }

    /// The operations of the caller's account.
    pub async fn of(&self, actor: &Actor) -> Result<Arc<OperationSet>> {
        let account = actor.account();
        let changes = self.changes.load(Ordering::Acquire);
        if let Some(set) = self.sets.get(&account).await
            && set.changes == changes
        {
            return Ok(set);
        }
        let tenant = self.store.tenant(account);
        let setting = tenant.account().await?.end_user_operations;
        let operations = tenant.every_registered_operation().await?.into_iter();
        let set = Arc::new(OperationSet {
            setting,
            documents: operations
                .map(|operation| (operation.hash, operation.document.into()))
                .collect(),
            changes,
        });
        self.sets.insert(account, Arc::clone(&set)).await;
        Ok(set)
    }

    /// Reads every set again at its next use. Call it after the change of a set is stored.
    pub fn forget(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}
