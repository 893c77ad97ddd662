//! A handle of submitted work, for its cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels an answer, or the embedding of some texts. Dropping it has no effect. A sink can also cancel by returning
/// [`crate::Flow::Stop`].
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

    /// Ends the answer before its next token, or before the next chunk of its prompt; the sink still receives
    /// [`crate::Piece::Done`]. For embeddings, no further text is read and the sink is not called.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
