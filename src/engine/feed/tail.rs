//! The last events of the runs that are written or read in this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, watch};

use super::logs::follows;
use crate::{
    domain::{AccountId, RunEvent, RunId},
    port::EventPosition,
};

/// The maximum number of a run's events in memory.
const LONGEST_TAIL: usize = 1024;

/// The tails by run. A tail exists while its run has a writer or a reader in this process.
pub(super) struct Tails {
    by_run: Mutex<HashMap<RunId, Arc<Tail>>>,
    /// Notified when the set of watched runs changes.
    changed: Arc<Notify>,
}

/// The last events of a run, and a channel that signals each change.
struct Tail {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Arc<RunEvent>>,
    /// The sequence of the last event that was added or that a reader has reached; `None` until one of the two happens.
    reaches: Option<i64>,
    /// The number of attempts in this process that write the run.
    writers: usize,
    /// The account of the run; `None` until there is a reader.
    account: Option<AccountId>,
    /// The number of readers in this process.
    readers: usize,
    /// Whether the last event is final.
    ended: bool,
}

/// The result of a reader's look at the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The next events were in memory.
    Found,
    /// There is no newer event; the channel signals the next one.
    Level,
    /// The next event is not in memory, or not any more; the logs may have it.
    Behind,
}

impl Tail {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the events that follow without a gap; returns false at a gap, and adds no event after it.
    fn extend(&self, events: &[Arc<RunEvent>]) -> bool {
        let mut state = self.state();
        let before = state.reaches.unwrap_or_default();
        let mut reaches = before;
        let mut whole = true;
        for event in events.iter().filter(|event| event.sequence > before) {
            whole = follows(event, reaches);
            if !whole {
                break;
            }
            reaches = event.sequence;
            if state.events.len() == LONGEST_TAIL {
                state.events.pop_front();
            }
            state.events.push_back(Arc::clone(event));
            state.ended = event.body.is_final();
        }
        if reaches > before {
            state.reaches = Some(reaches);
            drop(state);
            self.changes.send_replace(());
        }
        whole
    }
}

impl Tails {
    pub(super) fn new(changed: Arc<Notify>) -> Self {
        Self {
            by_run: Mutex::default(),
            changed,
        }
    }

    /// Notified when the set of runs to watch changes.
    pub(super) fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Registers this process as the writer of the run from after `sequence`.
    pub(super) fn write(this: &Arc<Self>, run: RunId, sequence: i64) -> Writing {
        let tail = this.get(run);
        {
            let mut state = tail.state();
            state.writers += 1;
            if state.reaches != Some(sequence) {
                // the events in between are in the logs
                state.events.clear();
                state.reaches = Some(sequence);
            }
        }
        tail.changes.send_replace(());
        Writing(Hold {
            tails: Arc::clone(this),
            tail,
            run,
        })
    }

    /// Registers a reader of the run in this process.
    pub(super) fn read(this: &Arc<Self>, account: AccountId, run: RunId) -> Reading {
        let tail = this.get(run);
        {
            let mut state = tail.state();
            state.readers += 1;
            state.account = Some(account);
        }
        let changes = tail.changes.subscribe();
        Reading {
            hold: Hold {
                tails: Arc::clone(this),
                tail,
                run,
            },
            changes,
        }
    }

    /// The sequence that the run has reached, if this process writes it.
    pub(super) fn written_to(&self, run: RunId) -> Option<i64> {
        let tail = self.lock().get(&run).map(Arc::clone)?;
        let state = tail.state();
        (state.writers > 0).then_some(state.reaches).flatten()
    }

    /// Adds events of one run; returns false when earlier events are missing, or when the run has no tail here.
    pub(super) fn publish(&self, run: RunId, events: &[Arc<RunEvent>]) -> bool {
        let tail = self.lock().get(&run).map(Arc::clone);
        tail.is_some_and(|tail| tail.extend(events))
    }

    /// The runs that this process reads and another one writes, each with the position of the last event in the tail.
    pub(super) fn watched(&self) -> Vec<EventPosition> {
        let tails: Vec<_> = self
            .lock()
            .iter()
            .map(|(run, tail)| (*run, Arc::clone(tail)))
            .collect();
        tails
            .into_iter()
            .filter_map(|(run, tail)| {
                let state = tail.state();
                let watched = state.readers > 0 && state.writers == 0 && !state.ended;
                let (account, after) = (state.account?, state.reaches?);
                watched.then_some(EventPosition {
                    account,
                    run,
                    after,
                })
            })
            .collect()
    }

    fn get(&self, run: RunId) -> Arc<Tail> {
        let mut tails = self.lock();
        Arc::clone(tails.entry(run).or_insert_with(|| {
            Arc::new(Tail {
                state: Mutex::default(),
                changes: watch::Sender::new(()),
            })
        }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Tail>>> {
        self.by_run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reference to a tail by a reader or a writer; the last one to be dropped removes the tail.
struct Hold {
    tails: Arc<Tails>,
    tail: Arc<Tail>,
    run: RunId,
}

impl Hold {
    fn leave(&self, mine: impl FnOnce(&mut State)) {
        let mut tails = self.tails.lock();
        let mut state = self.tail.state();
        mine(&mut state);
        if state.writers == 0 && state.readers == 0 {
            tails.remove(&self.run);
        }
        let handed_over = state.writers == 0 && state.readers > 0 && !state.ended;
        drop((state, tails));
        if handed_over {
            self.tails.changed.notify_one();
        }
    }
}

/// Held while this process writes a run.
pub(super) struct Writing(Hold);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.leave(|state| state.writers -= 1);
    }
}

/// Held while a reader in this process reads a run.
pub(super) struct Reading {
    hold: Hold,
    changes: watch::Receiver<()>,
}

impl Reading {
    /// Adds the events after `seen` to `to`. Any later change completes [`Reading::changed`].
    pub(super) fn look(&mut self, seen: i64, to: &mut VecDeque<Arc<RunEvent>>) -> Look {
        self.changes.borrow_and_update();
        let state = self.hold.tail.state();
        match state.reaches {
            None => return Look::Behind,
            Some(reaches) if reaches <= seen => return Look::Level,
            Some(_) => {}
        }
        let skip = state.events.partition_point(|event| event.sequence <= seen);
        let Some(first) = state.events.get(skip) else {
            return Look::Behind;
        };
        if skip == 0 && first.sequence != seen + 1 {
            return Look::Behind;
        }
        to.extend(state.events.range(skip..).map(Arc::clone));
        Look::Found
    }

    /// Waits for the next change.
    pub(super) async fn changed(&mut self) {
        // the sender lives as long as the tail, which `hold` keeps alive
        let _ = self.changes.changed().await;
    }

    /// Records that the logs have no event after `seen` yet: from then on the watcher watches this run, unless this
    /// process writes it.
    pub(super) fn begin_at(&self, seen: i64) {
        let mut state = self.hold.tail.state();
        if state.reaches.is_some() {
            return;
        }
        state.reaches = Some(seen);
        drop(state);
        self.hold.tails.changed.notify_one();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.hold.leave(|state| state.readers -= 1);
    }
}
