//! The caller's hold on a submitted prompt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels an answer. Dropping it changes nothing: a sink that answers [`crate::Flow::Stop`]
/// cancels too.
#[derive(Debug, Clone)]
pub struct Ticket {
    cancelled: Arc<AtomicBool>,
}

impl Ticket {
    pub(super) fn new() -> Self {
        Self {
            cancelled: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Ends the answer before its next token, or before the next chunk of its prompt. The sink
    /// still receives [`crate::Piece::Done`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
