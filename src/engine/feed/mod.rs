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

use std::sync::Arc;

use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use self::{
    archive::Archive,
    logs::Logs,
    reader::Reader,
    tail::{Tails, Writing},
    writer::Pending,
};
use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{Append, RunLog},
};

/// Events in order, as many as were there when the reader asked; a batch is never empty.
pub type EventBatches = BoxStream<'static, Result<Vec<Arc<RunEvent>>>>;

/// Carries events from the owners of runs to their readers. A cheap handle.
#[derive(Clone)]
pub struct Feed {
    logs: Arc<Logs>,
    tails: Arc<Tails>,
    commits: mpsc::Sender<Pending>,
    _watching: Arc<DropGuard>,
}

impl Feed {
    /// Starts the tasks behind it; they end when the last handle and the last [`Writer`] are dropped.
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
    pub async fn open(&self, lease: &Lease) -> Result<Writer> {
        let sequence = self.logs.open(lease).await?;
        Ok(Writer {
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

    /// Follows a run from the event after `after`, past ones first, and ends after its final event, never before. A
    /// reader that is dropped costs nothing more; one that is slow gets larger batches, and no memory of its own.
    pub fn follow(&self, account: AccountId, run: RunId, after: i64) -> EventBatches {
        let tail = Tails::read(&self.tails, account, run);
        let reader = Reader::new(Arc::clone(&self.logs), tail, account, run, after);
        batches(reader)
    }

    /// Follows a run that nobody had begun a moment ago: there is no past to look for.
    pub fn follow_new(&self, account: AccountId, run: RunId) -> EventBatches {
        let tail = Tails::read(&self.tails, account, run);
        tail.begin_at(0);
        batches(Reader::new(Arc::clone(&self.logs), tail, account, run, 0))
    }

    /// Whether the log that processes share answers; always so where there is none.
    pub fn is_whole(&self) -> bool {
        self.logs.is_whole()
    }
}

fn batches(reader: Reader) -> EventBatches {
    stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(batch) => {
                let ended = batch.last().is_some_and(|event| event.body.is_final());
                Some((Ok(batch), (!ended).then_some(reader)))
            }
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// The one writer of a run's events while its lease holds.
pub struct Writer {
    lease: Lease,
    sequence: i64,
    commits: mpsc::Sender<Pending>,
    /// Readers here are fed by this process for as long as it writes.
    _writing: Writing,
}

impl Writer {
    /// The run.
    pub fn run(&self) -> RunId {
        self.lease.run
    }

    /// The sequence of the last event that was appended, or was to be.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Appends the next events and returns once they are kept; only then does a reader see them. CONFLICT when someone
    /// else has taken the run over; UNAVAILABLE when no log answers. After an error the writer is of no more use.
    pub async fn append(&mut self, events: Vec<Arc<RunEvent>>) -> Result<()> {
        self.sequence = events.last().map_or(self.sequence, |last| last.sequence);
        let (done, kept) = oneshot::channel();
        let append = Append {
            lease: self.lease,
            events,
        };
        let stopped = || Error::unavailable("this process is shutting down");
        let pending = Pending { append, done };
        self.commits.send(pending).await.map_err(|_| stopped())?;
        kept.await.map_err(|_| stopped())?
    }
}
