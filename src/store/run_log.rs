//! The run log in the database, with the tails of live runs in memory.
//!
//! One writer task commits what all runs have to say at that moment in one statement (group commit), so that a token
//! costs no round trip of its own. Readers of a live run are fed from its tail; a reader that is further behind than
//! the tail reaches, or whose run lives in another process, reads the table.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{EventBatches, RunLog},
    store::{Appended, Store},
};

/// The writer takes at most this many appends into one statement.
const LARGEST_COMMIT: usize = 128;
/// A live run keeps at most this many of its last events in memory.
const LONGEST_TAIL: usize = 1024;
/// A reader takes at most this many events from the table at once.
const LARGEST_READ: u64 = 512;
/// How often a reader looks whether another process wrote something.
const POLL: Duration = Duration::from_secs(1);
/// A tail that nothing was added to for this many looks is not trusted to be the whole of it.
const LONGEST_SILENCE: u32 = 5;

/// The run log in the database.
pub struct DatabaseRunLog {
    store: Store,
    tails: Arc<Tails>,
    writer: mpsc::Sender<Append>,
}

impl DatabaseRunLog {
    /// Starts the writer; it ends when the log is dropped.
    pub fn start(store: Store, tracker: &TaskTracker) -> Self {
        let tails = Arc::new(Tails::default());
        let (writer, appends) = mpsc::channel(LARGEST_COMMIT);
        tracker.spawn(write(store.clone(), Arc::clone(&tails), appends));
        Self {
            store,
            tails,
            writer,
        }
    }
}

#[async_trait]
impl RunLog for DatabaseRunLog {
    async fn append(&self, lease: &Lease, events: Vec<Arc<RunEvent>>) -> Result<()> {
        let (done, kept) = oneshot::channel();
        let append = Append {
            account: lease.account,
            run: lease.run,
            events,
            done,
        };
        let stopped = || Error::unavailable("this process is shutting down");
        self.writer.send(append).await.map_err(|_| stopped())?;
        kept.await.map_err(|_| stopped())?
    }

    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64> {
        self.store.tenant(account).last_sequence(run).await
    }

    fn follow(&self, account: AccountId, run: RunId, after: i64) -> EventBatches {
        let reader = Reader {
            store: self.store.clone(),
            account,
            tail: Tails::open(&self.tails, run),
            seen: after,
        };
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
}

/// What one run wants kept.
struct Append {
    account: AccountId,
    run: RunId,
    events: Vec<Arc<RunEvent>>,
    done: oneshot::Sender<Result<()>>,
}

async fn write(store: Store, tails: Arc<Tails>, mut appends: mpsc::Receiver<Append>) {
    let mut batch = Vec::with_capacity(LARGEST_COMMIT);
    while appends.recv_many(&mut batch, LARGEST_COMMIT).await > 0 {
        match keep(&store, &batch).await {
            Ok(Appended::All) => batch.drain(..).for_each(|append| tails.publish(append)),
            // one of them is out of order, or something else is wrong: find out whose fault it is
            Ok(Appended::Conflict) | Err(_) => {
                for append in batch.drain(..) {
                    match keep(&store, std::slice::from_ref(&append)).await {
                        Ok(Appended::All) => tails.publish(append),
                        Ok(Appended::Conflict) => tails.refuse(
                            append,
                            Error::conflict("another process has taken this run over"),
                        ),
                        Err(error) => tails.refuse(append, error),
                    }
                }
            }
        }
    }
}

async fn keep(store: &Store, appends: &[Append]) -> Result<Appended> {
    let rows: Vec<_> = appends
        .iter()
        .flat_map(|append| {
            append
                .events
                .iter()
                .map(|event| (append.account, Arc::clone(event)))
        })
        .collect();
    store.platform().append_events(&rows).await
}

/// Follows one run.
struct Reader {
    store: Store,
    account: AccountId,
    tail: TailHandle,
    seen: i64,
}

impl Reader {
    async fn next(&mut self) -> Result<Vec<Arc<RunEvent>>> {
        let mut silent = 0;
        loop {
            // marked as seen before the look, so that nothing between the two is missed
            self.tail.changes.borrow_and_update();
            let batch = match self.tail.after(self.seen) {
                Some(events) if !events.is_empty() || silent < LONGEST_SILENCE => events,
                // another process may go on where this one left the run: its events are in the table only
                _ => {
                    silent = 0;
                    self.stored().await?
                }
            };
            if let Some(last) = batch.last() {
                self.seen = last.sequence;
                return Ok(batch);
            }
            // the tail outlives every reader, and another process may be the writer: look again in any case
            let changed = tokio::time::timeout(POLL, self.tail.changes.changed()).await;
            silent = if changed.is_ok() { 0 } else { silent + 1 };
        }
    }

    async fn stored(&self) -> Result<Vec<Arc<RunEvent>>> {
        let events = self
            .store
            .tenant(self.account)
            .events_after(self.tail.run, self.seen, LARGEST_READ)
            .await?;
        Ok(events.into_iter().map(Arc::new).collect())
    }
}

/// The tails of the runs that are live or read in this process.
#[derive(Default)]
struct Tails {
    by_run: Mutex<HashMap<RunId, Arc<Tail>>>,
}

/// The last events of a run, and a mark that changes with each.
struct Tail {
    events: Mutex<VecDeque<Arc<RunEvent>>>,
    changes: watch::Sender<()>,
}

impl Tails {
    fn get(&self, run: RunId) -> Arc<Tail> {
        let mut tails = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tails.entry(run).or_insert_with(|| {
            Arc::new(Tail {
                events: Mutex::default(),
                changes: watch::Sender::new(()),
            })
        }))
    }

    fn open(this: &Arc<Self>, run: RunId) -> TailHandle {
        let tail = this.get(run);
        TailHandle {
            run,
            changes: tail.changes.subscribe(),
            tail,
            tails: Arc::clone(this),
        }
    }

    fn publish(&self, append: Append) {
        let tail = self.get(append.run);
        let ended = append
            .events
            .last()
            .is_some_and(|event| event.body.is_final());
        {
            let mut events = tail.events.lock().unwrap_or_else(PoisonError::into_inner);
            let excess = (events.len() + append.events.len())
                .saturating_sub(LONGEST_TAIL)
                .min(events.len());
            events.drain(..excess);
            events.extend(append.events);
        }
        tail.changes.send_replace(());
        if ended {
            self.forget(append.run);
        }
        // a run that no longer waits was aborted; what it appended is kept all the same
        let _ = append.done.send(Ok(()));
    }

    /// Another process may be ahead of this tail, so its readers are sent to the table.
    fn refuse(&self, append: Append, error: Error) {
        self.get(append.run)
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.forget(append.run);
        let _ = append.done.send(Err(error));
    }

    fn forget(&self, run: RunId) {
        if let Some(tail) = self
            .by_run
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&run)
        {
            tail.changes.send_replace(());
        }
    }
}

/// A reader's hold on a tail; the last one to let go of an empty tail takes it away.
struct TailHandle {
    run: RunId,
    tail: Arc<Tail>,
    tails: Arc<Tails>,
    changes: watch::Receiver<()>,
}

impl TailHandle {
    /// The events after `seen`; none when the tail cannot tell.
    fn after(&self, seen: i64) -> Option<Vec<Arc<RunEvent>>> {
        let events = self
            .tail
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = events.front()?.sequence;
        let skip = usize::try_from(seen + 1 - first).ok()?;
        Some(events.iter().skip(skip).map(Arc::clone).collect())
    }
}

impl Drop for TailHandle {
    fn drop(&mut self) {
        let mut tails = self
            .tails
            .by_run
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let unused = Arc::strong_count(&self.tail) <= 2
            && self
                .tail
                .events
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty();
        if unused
            && tails
                .get(&self.run)
                .is_some_and(|tail| Arc::ptr_eq(tail, &self.tail))
        {
            tails.remove(&self.run);
        }
    }
}
