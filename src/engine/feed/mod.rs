//! The event log of runs: events go from a run's owner to its readers, and are durable before a reader sees them.
//!
//! There are two logs. The stream log (`shared`), in Redis, is fast and notifies other processes at once; it exists
//! only in an installation with several processes, and it can be away or lose events. The durable log (`kept`), in the
//! tables, loses no event; beside a stream log it is written shortly afterwards ([`archive`]), and takes over while the
//! stream log is away. The [`writer`] commits the owners' events in large batches. A reader gets the events of a run
//! from its [`tail`] in memory, which is fed by the owner in its own process and by the [`watcher`] in every other
//! process; a reader that is further behind reads the logs until it has caught up.
//!
//! The order rests on sequences: a reader accepts an event only if it is the next one, whichever log it comes from.

mod archive;
mod logs;
mod reader;
mod reader_position;
mod tail;
#[cfg(test)]
mod tests;
mod watcher;
mod writer;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use self::{
    archive::Archive,
    logs::Logs,
    tail::{Tails, Writing},
    writer::Pending,
};
pub use self::{
    reader::RunEventReader,
    reader_position::{ReaderPosition, WaitingPlace},
};
use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{Append, EventPosition, RunLog},
};

/// Carries the events of runs from their owners to their readers. A cheap handle.
#[derive(Clone)]
pub struct Feed {
    logs: Arc<Logs>,
    tails: Arc<Tails>,
    commits: mpsc::Sender<Pending>,
    _watching: Arc<DropGuard>,
}

impl Feed {
    /// Starts the background tasks; they end when the last handle and the last [`EventWriter`] are dropped.
    pub fn start(
        kept: Arc<dyn RunLog>,
        shared: Option<Arc<dyn RunLog>>,
        tracker: &TaskTracker,
    ) -> Self {
        let logs = Arc::new(Logs::new(kept, shared));
        let tails = Arc::new(Tails::new(Arc::new(Notify::new())));
        let archive = logs
            .has_shared()
            .then(|| Archive::start(Arc::clone(&logs), tracker));
        let (commits, pending) = mpsc::channel(writer::LARGEST_COMMIT);
        tracker.spawn(writer::commit(
            Arc::clone(&logs),
            Arc::clone(&tails),
            archive,
            pending,
        ));
        let ended = CancellationToken::new();
        tracker.spawn(watcher::watch(
            Arc::clone(&logs),
            Arc::clone(&tails),
            ended.clone(),
        ));
        Self {
            logs,
            tails,
            commits,
            _watching: Arc::new(ended.drop_guard()),
        }
    }

    /// Opens a run for the holder of a lease: an owner with an older lease cannot append any more. UNAVAILABLE when a
    /// log that may have events of an earlier owner does not answer.
    pub async fn open(&self, lease: &Lease) -> Result<EventWriter> {
        let sequence = self.logs.open(lease).await?;
        Ok(EventWriter {
            lease: *lease,
            sequence,
            commits: self.commits.clone(),
            _writing: Tails::write(&self.tails, lease.run, sequence),
        })
    }

    /// The sequence of a run's last event, 0 for none; `None` when a log that may have a later event does not answer.
    pub async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<Option<i64>> {
        match self.tails.written_to(run) {
            Some(sequence) => Ok(Some(sequence)),
            None => self.logs.last_sequence(account, run).await,
        }
    }

    /// Follows a run from the event after `after`, past ones first.
    pub fn follow(&self, account: AccountId, run: RunId, after: i64) -> RunEventReader {
        let tail = Tails::read(&self.tails, account, run);
        RunEventReader::new(Arc::clone(&self.logs), tail, account, run, after)
    }

    /// Follows a run that had no owner a moment ago, and so has no earlier events.
    pub fn follow_new(&self, account: AccountId, run: RunId) -> RunEventReader {
        let tail = Tails::read(&self.tails, account, run);
        tail.begin_at(0);
        RunEventReader::new(Arc::clone(&self.logs), tail, account, run, 0)
    }

    /// Deletes the events of runs that have ended, in every log. UNAVAILABLE when a log does not answer.
    pub async fn forget(&self, account: AccountId, runs: &[RunId]) -> Result<()> {
        self.logs.forget(account, runs).await
    }

    /// The next events after `after` that are in a log; empty when neither log has the next one.
    pub async fn logged(
        &self,
        account: AccountId,
        run: RunId,
        after: i64,
    ) -> Result<Vec<Arc<RunEvent>>> {
        let position = EventPosition {
            account,
            run,
            after,
        };
        self.logs.read(position).await
    }

    /// Whether the stream log answers; true in an installation without one.
    pub fn is_whole(&self) -> bool {
        self.logs.is_whole()
    }
}

/// The only writer of a run's events while its lease holds.
pub struct EventWriter {
    lease: Lease,
    sequence: i64,
    commits: mpsc::Sender<Pending>,
    /// While it exists, readers in this process are fed by this process.
    _writing: Writing,
}

impl EventWriter {
    /// The id of the run.
    pub fn run(&self) -> RunId {
        self.lease.run
    }

    /// The sequence of the last event that was passed to [`Self::append`], whether it succeeded or not.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Queues the next events. The returned future completes when the events are durable; readers see them only then.
    /// After an error the writer must not be used again.
    pub async fn append(&mut self, events: Vec<Arc<RunEvent>>) -> Result<PendingAppend> {
        self.sequence = events.last().map_or(self.sequence, |last| last.sequence);
        let (done, kept) = oneshot::channel();
        let append = Append {
            lease: self.lease,
            events,
        };
        let pending = Pending { append, done };
        self.commits.send(pending).await.map_err(|_| stopped())?;
        Ok(PendingAppend(kept))
    }
}

/// A queued append. Completes with CONFLICT when another process has taken the run over, with UNAVAILABLE when no log
/// answers. The events are appended even if the future is dropped.
#[must_use = "whether they were kept is known at its end"]
pub struct PendingAppend(oneshot::Receiver<Result<()>>);

impl Future for PendingAppend {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, waiting: &mut Context<'_>) -> Poll<Self::Output> {
        let kept = ready!(Pin::new(&mut self.0).poll(waiting));
        Poll::Ready(kept.map_err(|_| stopped()).flatten())
    }
}

fn stopped() -> Error {
    Error::unavailable("this process is shutting down")
}
