//! Bounds how many uploads are received at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::super::refusal::Refusal;
use crate::domain::AccountId;

/// The maximum number of uploads that a process receives at a time: each may hold the largest document in memory.
const MOST_UPLOADS: usize = 4;
/// The maximum number of uploads of one account, so that none keeps all the others waiting.
const MOST_OF_ACCOUNT: usize = 2;

/// The uploads of a process.
pub(in crate::http) struct Uploads {
    all: Arc<Semaphore>,
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
    /// The maximum size of the files of a request, in bytes.
    pub(super) largest: usize,
}

/// The right to receive one upload, and to hold its files in memory.
pub(in crate::http) struct UploadSlot {
    _of_all: OwnedSemaphorePermit,
    _of_account: OwnedSemaphorePermit,
}

impl Uploads {
    /// No uploads yet; the files of a request may have `largest` bytes together.
    pub(in crate::http) fn new(largest: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(MOST_UPLOADS)),
            accounts: Mutex::default(),
            largest,
        }
    }

    /// Waits for a slot; 503 when there is none in this time.
    pub(super) async fn slot(
        &self,
        account: AccountId,
        patience: Duration,
    ) -> Result<UploadSlot, Refusal> {
        let of_account = self.of_account(account);
        let taken = async {
            // first that of the account: an account that waits for its own uploads takes no place from others
            let of_account = of_account.acquire_owned().await.ok()?;
            let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(UploadSlot {
                _of_all: of_all,
                _of_account: of_account,
            })
        };
        let taken = timeout(patience, taken).await.ok().flatten();
        taken.ok_or_else(|| Refusal::busy("other files are being received; try again"))
    }

    /// The slots of an account. Those of accounts without uploads are forgotten.
    fn of_account(&self, account: AccountId) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, slots| Arc::strong_count(slots) > 1);
        let slots = accounts.entry(account);
        Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_ACCOUNT))))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_account_leaves_slots_to_others_and_is_forgotten_afterwards() {
        let uploads = Uploads::new(1);
        let account = |number| AccountId::from_uuid(Uuid::from_u128(number));
        let slot = async |number| uploads.slot(account(number), Duration::from_secs(1)).await;
        let held = [slot(1).await.unwrap(), slot(1).await.unwrap()];
        assert!(slot(1).await.is_err());
        let others = [slot(2).await.unwrap(), slot(3).await.unwrap()];
        assert!(slot(4).await.is_err());
        drop((held, others));
        slot(4).await.unwrap();
        assert_eq!(uploads.accounts.lock().unwrap().len(), 1);
    }
}
