//! An engine that is loaded in the background, while the process starts without it.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::{
    error::{Error, Result},
    port::Readiness,
};

/// An engine on its way.
pub(super) struct Loading<E> {
    name: &'static str,
    engine: Arc<OnceLock<Arc<E>>>,
    readiness: watch::Receiver<Readiness>,
}

impl<E: Send + Sync + 'static> Loading<E> {
    /// Begins to load; `load` may block, and says why there is no engine where there is none.
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
                    // nobody else sets it
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

    /// The engine, once it is loaded: that takes a second or two. UNAVAILABLE, with what to do, where it cannot be.
    pub(super) async fn ready(&self) -> Result<Arc<E>> {
        let mut readiness = self.readiness.clone();
        let loaded = readiness
            .wait_for(|readiness| !matches!(readiness, Readiness::Starting(_)))
            .await;
        let state = loaded
            .map(|state| state.clone())
            .map_err(|error| Error::internal(format!("loading {}", self.name)).because(error))?;
        match (state, self.engine.get()) {
            (Readiness::Missing(why) | Readiness::Starting(why), _) => Err(Error::unavailable(why)),
            (Readiness::Ready, Some(engine)) => Ok(Arc::clone(engine)),
            (Readiness::Ready, None) => Err(Error::internal(format!("finding {}", self.name))),
        }
    }

    /// The engine, if it is loaded already.
    pub(super) fn get(&self) -> Option<&Arc<E>> {
        self.engine.get()
    }

    /// Whether it could be used now.
    pub(super) fn readiness(&self) -> Readiness {
        self.readiness.borrow().clone()
    }
}
