//! The events of runs, from their owners to their readers: kept first, then told.
//!
//! There are two logs. The shared one, in Redis, is quick and tells other processes at once; it is there only where there
//! are several processes, and it may go away or forget. The kept one, in the tables, never forgets; with a shared log
//! beside it, it follows a moment later ([`archive`]), and takes over whenever the shared one is away. An owner's events
//! go through [`writer`] in large commits. Whoever reads a run gets it from its [`tail`] in memory, which the owner feeds
//! in its own process and the [`watcher`] in all others; who is further behind reads the logs until he has caught up.
//!
//! Sequences are what holds this together: a reader takes an event only if it is the next one, wherever it comes from.

mod archive;
mod logs;
mod reader;
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

pub use self::reader::RunEventReader;
use self::{
    archive::Archive,
    logs::Logs,
    tail::{Tails, Writing},
    writer::Pending,
};
use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{Append, RunLog},
};

/// Carries events from the owners of runs to their readers. A cheap handle.
#[derive(Clone)]
pub struct Feed {
    logs: Arc<Logs>,
    tails: Arc<Tails>,
    commits: mpsc::Sender<Pending>,
    _watching: Arc<DropGuard>,
}

impl Feed {
    /// Starts the tasks behind it; they end when the last handle and the last [`EventWriter`] are dropped.
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

    /// Opens a run for the holder of a lease: nobody with an older one can append from now on. UNAVAILABLE when a log
    /// that may hold events of an earlier owner does not answer.
    pub async fn open(&self, lease: &Lease) -> Result<EventWriter> {
        let sequence = self.logs.open(lease).await?;
        Ok(EventWriter {
            lease: *lease,
            sequence,
            commits: self.commits.clone(),
            _writing: Tails::write(&self.tails, lease.run, sequence),
        })
    }

    /// The sequence of a run's last event, 0 for none; nothing when the log that would know does not answer.
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

    /// Follows a run that nobody had begun a moment ago: there is no past to look for.
    pub fn follow_new(&self, account: AccountId, run: RunId) -> RunEventReader {
        let tail = Tails::read(&self.tails, account, run);
        tail.begin_at(0);
        RunEventReader::new(Arc::clone(&self.logs), tail, account, run, 0)
    }

    /// Whether the log that processes share answers; always so where there is none.
    pub fn is_whole(&self) -> bool {
        self.logs.is_whole()
    }
}

/// The one writer of a run's events while its lease holds.
pub struct EventWriter {
    lease: Lease,
    sequence: i64,
    commits: mpsc::Sender<Pending>,
    /// Readers here are fed by this process for as long as it writes.
    _writing: Writing,
}

impl EventWriter {
    /// The run.
    pub fn run(&self) -> RunId {
        self.lease.run
    }

    /// The sequence of the last event that was appended, or was to be.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Hands the next events over; what is returned is done once they are kept, and only then does a reader see them.
    /// After an error the writer is of no more use.
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

/// Events on their way into the log: CONFLICT when someone else has taken the run over; UNAVAILABLE when no log answers.
/// They are kept even if nobody waits for it.
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
