//! The log of a run's events: written by the run's owner, read by anyone from any place in it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::Result,
};

/// Events in order, as many as were there when the reader asked; a batch is never empty.
pub type EventBatches = BoxStream<'static, Result<Vec<Arc<RunEvent>>>>;

/// The log of run events. Every event is in the log before anyone sees it.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Appends the next events of a run and returns once they are kept; only then does a reader see them.
    ///
    /// Their sequences follow the last one in the log. CONFLICT when they do not: someone else has taken the run
    /// over (fencing), and nothing of `events` was kept.
    async fn append(&self, lease: &Lease, events: Vec<Arc<RunEvent>>) -> Result<()>;

    /// The sequence of a run's last event in the log; 0 for none.
    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64>;

    /// Follows a run from the event after `after`, past ones first, and ends after its final event, never before.
    /// A reader that is dropped costs nothing more; one that is slow gets larger batches, and no memory of its own.
    fn follow(&self, account: AccountId, run: RunId, after: i64) -> EventBatches;
}
