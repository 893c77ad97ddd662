//! Converts an answer's bytes to deliverable text: first whole characters, then stop strings.

use super::stop::{Passed, StopStrings};
use super::utf8::Utf8Buffer;

pub(crate) struct TextStream {
    characters: Utf8Buffer,
    stops: StopStrings,
}

impl TextStream {
    /// Makes a stream that ends at any of these strings.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self {
            characters: Utf8Buffer::default(),
            stops: StopStrings::new(stops),
        }
    }

    /// Adds a token's bytes; returns the text to deliver, and whether the answer ends there.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> (String, bool) {
        match self.stops.push(&self.characters.push(bytes)) {
            Passed::Open(text) => (text, false),
            Passed::Stopped(text) => (text, true),
        }
    }

    /// The text that was held back; an incomplete character is dropped.
    pub(crate) fn finish(&mut self) -> String {
        self.stops.finish()
    }
}
