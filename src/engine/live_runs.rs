//! The runs that this process is answering.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::stop::{StopReason, StopSignal};
use crate::{domain::RunId, port::Offer};

/// The runs that this process is answering, by id.
#[derive(Default)]
pub(super) struct LiveRuns {
    runs: Mutex<HashMap<RunId, LiveRun>>,
}

/// A run that this process is answering.
struct LiveRun {
    /// How the run is offered to other processes when this one ends.
    offer: Offer,
    stop: Arc<StopSignal>,
    ended: watch::Receiver<()>,
}

/// Keeps a run registered; dropping the guard removes the run and wakes the tasks that wait for its end.
pub(super) struct LiveRunGuard {
    runs: Arc<LiveRuns>,
    run: RunId,
    _ended: watch::Sender<()>,
}

impl LiveRuns {
    /// Adds a run until the guard is dropped.
    pub(super) fn add(
        self: &Arc<Self>,
        run: RunId,
        offer: Offer,
        stop: Arc<StopSignal>,
    ) -> LiveRunGuard {
        let (sender, ended) = watch::channel(());
        let live = LiveRun { offer, stop, ended };
        self.lock().insert(run, live);
        LiveRunGuard {
            runs: Arc::clone(self),
            run,
            _ended: sender,
        }
    }

    /// Stops a run because a caller cancelled it. The receiver closes when the run's end is recorded; `None` when this
    /// process does not answer the run.
    pub(super) fn cancel(&self, run: RunId) -> Option<watch::Receiver<()>> {
        let runs = self.lock();
        let live = runs.get(&run)?;
        live.stop.set(StopReason::Cancelled);
        Some(live.ended.clone())
    }

    /// The number of these runs.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// The offer of each run to other processes.
    pub(super) fn offers(&self) -> Vec<Offer> {
        self.lock().values().map(|live| live.offer).collect()
    }

    /// Each run with the signal that stops it.
    pub(super) fn stop_signals(&self) -> Vec<(RunId, Arc<StopSignal>)> {
        let runs = self.lock();
        let signals = runs.iter();
        signals
            .map(|(run, live)| (*run, Arc::clone(&live.stop)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, LiveRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LiveRunGuard {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.run);
    }
}
