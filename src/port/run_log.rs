//! The log of run events: what a run's owner said, in order, where every process can read it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::Result,
};

/// The next events of one run.
#[derive(Debug, Clone)]
pub struct Append {
    /// The right to write them.
    pub lease: Lease,
    /// The events, in order; their sequences follow one another.
    pub events: Vec<Arc<RunEvent>>,
}

/// A place in a run's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The account.
    pub account: AccountId,
    /// The run.
    pub run: RunId,
    /// The last event that is known there; 0 for none.
    pub after: i64,
}

/// Keeps the events of runs.
///
/// An append of an older epoch than the newest that was opened is refused and keeps nothing (fencing), and so is one to a
/// run that nobody has opened, as far as the log knows: a log that was emptied cannot tell who is the newest. What was appended
/// and answered is there for every process, in order, and is never changed. An append that failed with anything but
/// CONFLICT may be there or not; to repeat it does no harm.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Opens a run for the holder of a lease: nobody with an older one can append from now on. Returns the sequence of
    /// the last event; 0 for none.
    async fn open(&self, lease: &Lease) -> Result<i64>;

    /// Appends to any number of runs in one go, each once at most; one outcome for each, in the same order. CONFLICT
    /// when another owner has the run, or the run is gone; `NOT_FOUND` when the log does not know of an owner: it is to be
    /// opened again once a log that never forgets has kept the events.
    async fn append(&self, batch: &[Append]) -> Vec<Result<()>>;

    /// At most `most` events after a place, in order. A reader must look at the sequences: a log that has forgotten a
    /// part goes on after it.
    async fn read(&self, position: Position, most: usize) -> Result<Vec<Arc<RunEvent>>>;

    /// The sequence of a run's last event; 0 for none.
    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64>;

    /// What came after any of these places, each run's events in order. When there is nothing, a log that can wait does
    /// so for `patience`; one that cannot answers at once. Dropping it loses nothing.
    async fn news(&self, positions: &[Position], patience: Duration) -> Result<Vec<Arc<RunEvent>>>;
}
