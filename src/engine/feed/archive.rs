//! Brings what is in the shared log into the kept one, a moment later and in large pieces.
//!
//! Nothing waits for it: what it has not written yet is in the shared log. When the kept log is away, only so much waits in
//! memory; what does not fit is read from the shared log again afterwards.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::mpsc, time::MissedTickBehavior};
use tokio_util::task::TaskTracker;

use super::logs::Logs;
use crate::{
    domain::{Lease, RunEvent, RunId},
    error::{Kind, Result},
    port::{Append, EventPosition},
};

/// How long events wait for others of their run.
const PERIOD: Duration = Duration::from_millis(250);
/// Appends that may wait to be taken in.
const QUEUE: usize = 1024;
/// A run has at most this many events here.
const MOST_EVENTS: usize = 4096;
/// At most this many runs go into one write.
const LARGEST_WRITE: usize = 256;
/// What is left at the end is given up after this long: it is in the shared log.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// The way into the archive.
pub(super) struct Archive(mpsc::Sender<Append>);

impl Archive {
    /// Starts it; it ends, with all that it has written, when this is dropped.
    pub(super) fn start(logs: Arc<Logs>, tracker: &TaskTracker) -> Self {
        let (queue, appends) = mpsc::channel(QUEUE);
        tracker.spawn(archive(logs, appends));
        Self(queue)
    }

    /// Takes what was shared.
    pub(super) async fn take(&self, append: &Append) {
        // it ends only after us
        let _ = self.0.send(append.clone()).await;
    }
}

/// What one run has for the kept log.
struct Waiting {
    lease: Lease,
    /// What comes after this one is not in the kept log yet.
    after: i64,
    /// What it is, unless it was too much.
    events: Vec<Arc<RunEvent>>,
    /// It was too much: it is in the shared log only.
    forgotten: bool,
}

impl Waiting {
    fn take(&mut self, Append { lease, events }: Append) {
        self.lease = lease;
        if self.events.len() + events.len() > MOST_EVENTS {
            self.forgotten = true;
            self.events = Vec::new();
        }
        if !self.forgotten {
            self.events.extend(events);
        }
    }
}

#[derive(Default)]
struct Queue(HashMap<RunId, Waiting>);

impl Queue {
    fn take(&mut self, append: Append) {
        let Some(first) = append.events.first() else {
            return;
        };
        let after = first.sequence - 1;
        self.0
            .entry(append.lease.run)
            .or_insert_with(|| Waiting {
                lease: append.lease,
                after,
                events: Vec::new(),
                forgotten: false,
            })
            .take(append);
    }

    /// Puts back what could not be written, before what came since.
    fn put_back(&mut self, mut before: Waiting) {
        if let Some(since) = self.0.remove(&before.lease.run) {
            before.forgotten |= since.forgotten;
            before.take(Append {
                lease: since.lease,
                events: since.events,
            });
        }
        if before.forgotten {
            before.events = Vec::new();
        }
        self.0.insert(before.lease.run, before);
    }
}

async fn archive(logs: Arc<Logs>, mut appends: mpsc::Receiver<Append>) {
    let mut queue = Queue::default();
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick(), if !queue.0.is_empty() => {
                // events go on being taken in while the kept log is written, or does not answer
                let mut write = std::pin::pin!(write(&logs, std::mem::take(&mut queue)));
                let left = loop {
                    tokio::select! {
                        left = &mut write => break left,
                        Some(append) = appends.recv() => queue.take(append),
                    }
                };
                for waiting in left {
                    queue.put_back(waiting);
                }
            }
            append = appends.recv() => match append {
                Some(append) => queue.take(append),
                None => break,
            },
        }
    }
    let _ = tokio::time::timeout(LAST_WRITE, write(&logs, queue)).await;
}

/// Writes all of it; returns what the kept log did not take now.
async fn write(logs: &Logs, queue: Queue) -> Vec<Waiting> {
    let mut left = Vec::new();
    let mut runs: VecDeque<_> = queue.0.into_values().collect();
    while !runs.is_empty() {
        let (mut batch, mut appends) = (Vec::new(), Vec::new());
        for waiting in runs.drain(..runs.len().min(LARGEST_WRITE)) {
            match events_of(logs, &waiting).await {
                Ok(events) => {
                    let lease = waiting.lease;
                    appends.push(Append { lease, events });
                    batch.push(waiting);
                }
                Err(_) => left.push(waiting),
            }
        }
        let outcomes = logs.keep(&appends).await;
        for ((mut waiting, append), outcome) in batch.into_iter().zip(appends).zip(outcomes) {
            match outcome {
                Ok(()) => {
                    let last = append.events.last().map(|last| last.sequence);
                    // of what was forgotten there may be more, until the shared log has nothing left
                    if let (true, Some(last)) = (waiting.forgotten, last) {
                        waiting.after = last;
                        runs.push_back(waiting);
                    }
                }
                // another owner archives what is there now
                Err(error) if *error.kind() == Kind::Conflict => {}
                Err(_) => left.push(waiting),
            }
        }
    }
    left
}

/// What there is to write of a run; from the shared log what was forgotten.
async fn events_of(logs: &Logs, waiting: &Waiting) -> Result<Vec<Arc<RunEvent>>> {
    if !waiting.forgotten {
        return Ok(waiting.events.clone());
    }
    logs.read_shared(EventPosition {
        account: waiting.lease.account,
        run: waiting.lease.run,
        after: waiting.after,
    })
    .await
}
