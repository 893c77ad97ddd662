//! The caller's hold on what it submitted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels an answer, or the vectors of some texts. Dropping it changes nothing: a sink that answers [`crate::Flow::Stop`]
/// cancels too.
#[derive(Debug, Clone)]
pub struct Ticket {
    cancelled: Arc<AtomicBool>,
}

impl Ticket {
    pub(crate) fn new() -> Self {
        Self {
            cancelled: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Ends the answer before its next token, or before the next chunk of its prompt; the sink
    /// still receives [`crate::Piece::Done`]. Of texts to embed, no further one is read.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
