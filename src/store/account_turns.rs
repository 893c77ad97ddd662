//! The turns of transactions that lock their account's row and are often repeated. A transaction that waits for the row
//! inside the database holds a connection: the answers of one account would hold all connections of the process.

use std::sync::Arc;

use moka::future::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::domain::AccountId;

/// The maximum number of accounts whose turns are remembered. A turn that is forgotten early costs only its fairness.
const MOST_TURNS: u64 = 10_000;

/// The turns of a process's accounts.
#[derive(Clone)]
pub(super) struct AccountTurns(Cache<AccountId, Arc<Mutex<()>>>);

impl AccountTurns {
    /// Waits for the account's turn, which lasts until the guard is dropped.
    pub(super) async fn wait_for(&self, account: AccountId) -> OwnedMutexGuard<()> {
        let turn = self.0.get_with(account, async { Arc::default() });
        turn.await.lock_owned().await
    }
}

impl Default for AccountTurns {
    fn default() -> Self {
        Self(Cache::new(MOST_TURNS))
    }
}
