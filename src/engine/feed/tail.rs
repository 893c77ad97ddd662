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

/// A run keeps at most this many of its last events in memory.
const LONGEST_TAIL: usize = 1024;

/// The tails, by run; one is there for as long as somebody writes or reads its run.
pub(super) struct Tails {
    by_run: Mutex<HashMap<RunId, Arc<Tail>>>,
    /// Something changed for the watcher.
    changed: Arc<Notify>,
}

/// The last events of a run, and a mark that changes with each.
struct Tail {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Arc<RunEvent>>,
    /// The last event that was here or that somebody has read up to; none before anyone said.
    reaches: Option<i64>,
    /// Attempts of this process that write the run.
    writers: usize,
    /// The account, once somebody reads; and how many do.
    account: Option<AccountId>,
    readers: usize,
    ended: bool,
}

/// What a reader finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The next events.
    Found,
    /// Nothing new; the mark changes when there is.
    Level,
    /// The next event is not in memory (any more); the logs may have it.
    Behind,
}

impl Tail {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what follows on what is there; false when there is a gap, and nothing after it is added.
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

    /// Told when the watcher has another set of runs to look after.
    pub(super) fn changed(&self) -> &Notify {
        &self.changed
    }

    /// This process writes the run from after `sequence` on.
    pub(super) fn write(this: &Arc<Self>, run: RunId, sequence: i64) -> Writing {
        let tail = this.get(run);
        {
            let mut state = tail.state();
            state.writers += 1;
            if state.reaches != Some(sequence) {
                // what is between is in the logs
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

    /// This process reads the run.
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

    /// Where the run is, if this process writes it.
    pub(super) fn written_to(&self, run: RunId) -> Option<i64> {
        let tail = self.lock().get(&run).map(Arc::clone)?;
        let state = tail.state();
        (state.writers > 0).then_some(state.reaches).flatten()
    }

    /// Adds events of one run; false when some before them are missing, or nobody here wants to know.
    pub(super) fn publish(&self, run: RunId, events: &[Arc<RunEvent>]) -> bool {
        let tail = self.lock().get(&run).map(Arc::clone);
        tail.is_some_and(|tail| tail.extend(events))
    }

    /// The runs that are read here and written elsewhere, and up to where they are known.
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

/// Somebody's part in a tail; the last one to let go takes it away.
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

/// Held while somebody here reads a run.
pub(super) struct Reading {
    hold: Hold,
    changes: watch::Receiver<()>,
}

impl Reading {
    /// Adds what comes after `seen`; a change from now on is not missed by [`Reading::changed`].
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
        // the sender lives as long as the tail that we hold
        let _ = self.changes.changed().await;
    }

    /// The logs have nothing after `seen` yet: from here on the watcher looks after this run, if nobody here writes it.
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
