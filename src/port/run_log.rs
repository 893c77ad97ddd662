//! The event log: the events that the owners of runs appended, in order, readable by every process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::Result,
};

/// The next events of one run.
#[derive(Debug, Clone)]
pub struct Append {
    /// The lease that permits the append.
    pub lease: Lease,
    /// The events, in order, with consecutive sequences.
    pub events: Vec<Arc<RunEvent>>,
}

/// A position in the events of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPosition {
    /// The account.
    pub account: AccountId,
    /// The run.
    pub run: RunId,
    /// The sequence of the last event that the reader has; 0 for none.
    pub after: i64,
}

/// Stores the events of runs.
///
/// The log refuses an append with an older epoch than the newest that was opened, and stores nothing of it (fencing).
/// It also refuses an append to a run that was not opened in it: a log that was emptied cannot tell which owner is the
/// newest. An append that succeeded is visible to every process, in order, and never changes. After an error other than
/// CONFLICT the events may be stored or not; repeating the append is safe.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Opens a run for the holder of a lease: from now on appends with an older lease are refused. Returns the sequence
    /// of the last event; 0 for none.
    async fn open(&self, lease: &Lease) -> Result<i64>;

    /// Appends to any number of runs in one call, each event at most once. Returns one result per append, in the same
    /// order. CONFLICT when another owner has the run, or the run was deleted; `NOT_FOUND` when the log knows no owner:
    /// the caller must open the run again once the durable log has stored the events.
    async fn append(&self, batch: &[Append]) -> Vec<Result<()>>;

    /// At most `most` events after a position, in order. The reader must check the sequences: a log that has lost some
    /// events continues after the gap.
    async fn read(&self, position: EventPosition, most: usize) -> Result<Vec<Arc<RunEvent>>>;

    /// The sequence of a run's last event; 0 for none.
    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64>;

    /// Deletes the events of runs that have no owner any more. Deleting them again is safe.
    async fn forget(&self, account: AccountId, runs: &[RunId]) -> Result<()>;

    /// The events after any of these positions, each run's events in order. When there are none, a log that can wait
    /// does so for `patience`; the others return at once. Dropping the future loses nothing.
    async fn news(
        &self,
        positions: &[EventPosition],
        patience: Duration,
    ) -> Result<Vec<Arc<RunEvent>>>;
}
