//! The durable log of run events in the tables: the only log of a single process, and the one that outlives Redis where
//! there are several.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::Result,
    port::{Append, EventPosition, RunLog},
    store::Store,
};

/// The run log in the tables. The epoch in the run's row is the fence: claiming the run closes the log to earlier
/// owners.
pub struct TableRunLog(pub Store);

#[async_trait]
impl RunLog for TableRunLog {
    async fn open(&self, lease: &Lease) -> Result<i64> {
        self.last_sequence(lease.account, lease.run).await
    }

    async fn append(&self, batch: &[Append]) -> Vec<Result<()>> {
        self.0.platform().append_events(batch).await
    }

    async fn read(&self, position: EventPosition, most: usize) -> Result<Vec<Arc<RunEvent>>> {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let tenant = self.0.tenant(position.account);
        tenant
            .events_after(position.run, position.after, most)
            .await
    }

    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64> {
        self.0.tenant(account).last_sequence(run).await
    }

    async fn forget(&self, account: AccountId, runs: &[RunId]) -> Result<()> {
        self.0.tenant(account).forget_events_of(runs).await
    }

    async fn news(
        &self,
        positions: &[EventPosition],
        _patience: Duration,
    ) -> Result<Vec<Arc<RunEvent>>> {
        self.0.platform().events_after_any(positions).await
    }
}
