//! The way of an answer's bytes to the sink: whole characters first, stop strings second.

use super::stop::{Passed, StopStrings};
use super::utf8::Utf8Buffer;

/// The text of one answer while it is written.
pub(crate) struct TextStream {
    characters: Utf8Buffer,
    stops: StopStrings,
}

impl TextStream {
    /// A stream that ends at any of these strings.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self {
            characters: Utf8Buffer::default(),
            stops: StopStrings::new(stops),
        }
    }

    /// Adds a token's bytes; returns what may be shown, and whether the answer ends there.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> (String, bool) {
        match self.stops.push(&self.characters.push(bytes)) {
            Passed::Open(text) => (text, false),
            Passed::Stopped(text) => (text, true),
        }
    }

    /// What was held back and is now shown; half a character is not.
    pub(crate) fn finish(&mut self) -> String {
        self.stops.finish()
    }
}
