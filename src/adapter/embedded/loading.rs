//! Loads an engine in the background, so that the process starts without waiting for it, or without its memory.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::{
    error::{Error, Result},
    port::Readiness,
};

/// An engine that is loaded in the background: at once, or when it is asked for.
pub(super) struct LazyEngine<E> {
    name: &'static str,
    engine: Arc<OnceLock<Arc<E>>>,
    readiness: watch::Receiver<Readiness>,
    /// Starts loading; none once it was started.
    pending: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// The readiness to report until the engine is loaded or has failed, if it is loaded only when it is asked for.
    unloaded: Option<Readiness>,
}

impl<E: Send + Sync + 'static> LazyEngine<E> {
    /// Starts loading. `load` may block; its error is the readiness to report when there is no engine.
    pub(super) fn begin(
        name: &'static str,
        tracker: &TaskTracker,
        load: impl FnOnce() -> std::result::Result<E, Readiness> + Send + 'static,
    ) -> Self {
        let this = Self::new(name, tracker, None, load);
        this.start();
        this
    }

    /// As [`Self::begin`], but loads when the engine is asked for; it counts as ready until then, unless `missing` says
    /// that it cannot be loaded.
    pub(super) fn on_demand(
        name: &'static str,
        tracker: &TaskTracker,
        missing: Option<Readiness>,
        load: impl FnOnce() -> std::result::Result<E, Readiness> + Send + 'static,
    ) -> Self {
        let unloaded = missing.unwrap_or(Readiness::Ready);
        Self::new(name, tracker, Some(unloaded), load)
    }

    fn new(
        name: &'static str,
        tracker: &TaskTracker,
        unloaded: Option<Readiness>,
        load: impl FnOnce() -> std::result::Result<E, Readiness> + Send + 'static,
    ) -> Self {
        let starting = Readiness::Starting(format!("{name} is being loaded"));
        let (loaded, readiness) = watch::channel(starting);
        let engine: Arc<OnceLock<Arc<E>>> = Arc::default();
        let (place, tracker) = (Arc::clone(&engine), tracker.clone());
        let start = move || {
            drop(tracker.spawn_blocking(move || {
                let state = match load() {
                    Ok(started) => {
                        tracing::info!("{name} is ready");
                        // only this task sets the cell
                        let _ = place.set(Arc::new(started));
                        Readiness::Ready
                    }
                    Err(state) => state,
                };
                loaded.send_replace(state);
            }));
        };
        Self {
            name,
            engine,
            readiness,
            pending: Mutex::new(Some(Box::new(start))),
            unloaded,
        }
    }

    /// Starts loading, unless it was started before.
    fn start(&self) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(start) = pending.take() {
            start();
        }
    }

    /// Waits until the engine is loaded, which takes a second or two. UNAVAILABLE, with what to do, when loading
    /// failed.
    pub(super) async fn ready(&self) -> Result<Arc<E>> {
        self.start();
        let mut readiness = self.readiness.clone();
        let loaded = readiness
            .wait_for(|readiness| !matches!(readiness, Readiness::Starting(_)))
            .await;
        let state = loaded.map(|state| state.clone()).map_err(|error| {
            Error::internal(format!("loading {}", self.name)).with_source(error)
        })?;
        match (state, self.engine.get()) {
            (Readiness::Missing(why) | Readiness::Starting(why), _) => Err(Error::unavailable(why)),
            (Readiness::Ready, Some(engine)) => Ok(Arc::clone(engine)),
            (Readiness::Ready, None) => Err(Error::internal(format!("finding {}", self.name))),
        }
    }

    /// The engine, if it is already loaded.
    pub(super) fn get(&self) -> Option<&Arc<E>> {
        self.engine.get()
    }

    /// Whether the engine can be used now.
    pub(super) fn readiness(&self) -> Readiness {
        let now = self.readiness.borrow().clone();
        match (&now, &self.unloaded) {
            (Readiness::Starting(_), Some(unloaded)) => unloaded.clone(),
            _ => now,
        }
    }
}
