//! What reading one document may cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::problem::Problem;

/// A document has at most this many characters of text.
const MOST_CHARACTERS: usize = 20_000_000;

/// What is left of the time and the text that one document may take. Asked while reading, since a thread cannot be stopped
/// from outside.
pub(super) struct Budget {
    until: Instant,
    unwanted: Arc<AtomicBool>,
    characters: usize,
}

impl Budget {
    /// A budget of this much time, and what ends it at once.
    pub(super) fn new(time: Duration) -> (Self, StopOnDrop) {
        let unwanted = Arc::new(AtomicBool::new(false));
        let stop = StopOnDrop(Arc::clone(&unwanted));
        let budget = Self {
            until: Instant::now() + time,
            unwanted,
            characters: MOST_CHARACTERS,
        };
        (budget, stop)
    }

    /// Whether there is time for more.
    pub(super) fn check_time(&self) -> Result<(), Problem> {
        if self.unwanted.load(Ordering::Relaxed) || Instant::now() > self.until {
            return Err(Problem::TooSlow);
        }
        Ok(())
    }

    /// Takes the room of a text that was found.
    pub(super) fn take(&mut self, text: &str) -> Result<(), Problem> {
        // bytes are at least as many as characters: count only what may be too much
        let characters = if text.len() > self.characters {
            text.chars().count()
        } else {
            text.len()
        };
        self.characters = self
            .characters
            .checked_sub(characters)
            .ok_or(Problem::TooMuchText)?;
        Ok(())
    }
}

/// Ends the reading when nobody waits for it any more.
pub(super) struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
