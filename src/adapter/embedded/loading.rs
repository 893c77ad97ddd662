//! Loads an engine in the background, so that the process starts without waiting for it.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::{
    error::{Error, Result},
    port::Readiness,
};

/// An engine that is being loaded.
pub(super) struct LazyEngine<E> {
    name: &'static str,
    engine: Arc<OnceLock<Arc<E>>>,
    readiness: watch::Receiver<Readiness>,
}

impl<E: Send + Sync + 'static> LazyEngine<E> {
    /// Starts loading. `load` may block; its error is the readiness to report when there is no engine.
    pub(super) fn begin(
        name: &'static str,
        tracker: &TaskTracker,
        load: impl FnOnce() -> std::result::Result<E, Readiness> + Send + 'static,
    ) -> Self {
        let starting = Readiness::Starting(format!("{name} is being loaded"));
        let (loaded, readiness) = watch::channel(starting);
        let engine: Arc<OnceLock<Arc<E>>> = Arc::default();
        let place = Arc::clone(&engine);
        tracker.spawn_blocking(move || {
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
        });
        Self {
            name,
            engine,
            readiness,
        }
    }

    /// Waits until the engine is loaded, which takes a second or two. UNAVAILABLE, with what to do, when loading
    /// failed.
    pub(super) async fn ready(&self) -> Result<Arc<E>> {
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
        self.readiness.borrow().clone()
    }
}
