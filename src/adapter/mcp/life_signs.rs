//! Signs of life of a server during a call: every byte of its answer, and progress notifications.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{ProgressToken, RequestId};
use tokio::sync::Notify;

/// The waiting calls of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct CallWatches(Arc<Mutex<Vec<CallWatch>>>);

#[derive(Debug, Clone)]
struct CallWatch {
    request: RequestId,
    progress: ProgressToken,
    heard: Arc<Notify>,
}

/// The signs of life that belong to one request, or to any request of a connection.
#[derive(Debug, Clone)]
pub(super) struct LifeSigns {
    watches: CallWatches,
    request: Option<RequestId>,
}

/// Receives the signs of life of one call until it is dropped.
pub(super) struct CallListener {
    watch: CallWatch,
    watches: CallWatches,
}

impl CallWatches {
    /// Watches a call that was sent.
    pub(super) fn watch(&self, request: RequestId, progress: ProgressToken) -> CallListener {
        let watch = CallWatch {
            request,
            progress,
            heard: Arc::default(),
        };
        self.lock().push(watch.clone());
        CallListener {
            watch,
            watches: self.clone(),
        }
    }

    /// The signs that a response stream gives; of an unknown request, they count for all calls.
    pub(super) fn signs_of(&self, request: Option<RequestId>) -> LifeSigns {
        LifeSigns {
            watches: self.clone(),
            request,
        }
    }

    /// Reports the progress of a call.
    pub(super) fn progressed(&self, token: &ProgressToken) {
        for watch in self.lock().iter().filter(|watch| watch.progress == *token) {
            watch.heard.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<CallWatch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LifeSigns {
    /// Reports that something was received.
    pub(super) fn heard(&self) {
        for watch in self.watches.lock().iter() {
            if self.request.as_ref().is_none_or(|id| *id == watch.request) {
                watch.heard.notify_one();
            }
        }
    }
}

impl CallListener {
    /// Waits for the next sign of life.
    pub(super) async fn heard(&self) {
        self.watch.heard.notified().await;
    }
}

impl Drop for CallListener {
    fn drop(&mut self) {
        let own = &self.watch.heard;
        self.watches
            .lock()
            .retain(|watch| !Arc::ptr_eq(&watch.heard, own));
    }
}
