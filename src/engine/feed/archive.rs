//! Copies events from the stream log to the durable log, shortly afterwards and in large writes.
//!
//! No caller waits for it: events that are not copied yet are in the stream log. While the durable log is away, at most
//! [`MOST_EVENTS`] events per run wait in memory; a run with more is read from the stream log again afterwards.

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

/// The interval at which the waiting events are written.
const PERIOD: Duration = Duration::from_millis(250);
/// The maximum number of appends in the channel to the archive.
const QUEUE: usize = 1024;
/// The maximum number of events per run that wait in memory.
const MOST_EVENTS: usize = 4096;
/// The maximum number of runs in one write.
const LARGEST_WRITE: usize = 256;
/// The time limit of the last write at shutdown; what it misses stays in the stream log.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// A handle to the archive's task.
pub(super) struct Archive(mpsc::Sender<Append>);

impl Archive {
    /// Starts the task. When the handle is dropped, the task writes the waiting events and ends.
    pub(super) fn start(logs: Arc<Logs>, tracker: &TaskTracker) -> Self {
        let (queue, appends) = mpsc::channel(QUEUE);
        tracker.spawn(archive(logs, appends));
        Self(queue)
    }

    /// Queues events that were appended to the stream log.
    pub(super) async fn take(&self, append: &Append) {
        // the task ends only after this handle is dropped
        let _ = self.0.send(append.clone()).await;
    }
}

/// The events of one run that the durable log does not have yet.
struct Waiting {
    lease: Lease,
    /// The sequence of the last event that the durable log has.
    after: i64,
    /// The waiting events; empty when `forgotten`.
    events: Vec<Arc<RunEvent>>,
    /// Whether too many events waited, so that they are read from the stream log again.
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

    /// Puts back events that could not be written, before those that were added since.
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
                // events are still accepted while the durable log is written or does not answer
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

/// Writes all waiting events; returns those that the durable log did not accept.
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
                    // a forgotten run may have more events, until the stream log returns none
                    if let (true, Some(last)) = (waiting.forgotten, last) {
                        waiting.after = last;
                        runs.push_back(waiting);
                    }
                }
                // the new owner archives this run's events
                Err(error) if *error.kind() == Kind::Conflict => {}
                Err(_) => left.push(waiting),
            }
        }
    }
    left
}

/// The events of a run to write; those of a forgotten run are read from the stream log.
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
