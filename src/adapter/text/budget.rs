//! What reading one document may cost.

use std::time::{Duration, Instant};

use super::problem::Problem;

/// A document has at most this many characters of text, headings included where they are repeated.
pub(super) const MOST_CHARACTERS: usize = 20_000_000;
/// A document has at most this many paragraphs, sections and headings.
pub(super) const MOST_PARTS: usize = 500_000;
/// The compressed parts of a document inflate to at most this many bytes, all together.
const MOST_INFLATED: usize = 256 * 1024 * 1024;
/// The Unicode maps of its fonts, among them.
const MOST_FONT_MAPS: usize = 32 * 1024 * 1024;

/// What is left of the time, the text and the inflated bytes that one document may take. Asked while reading, so that an
/// ordinary excess is told before the process is ended for it.
pub(super) struct Budget {
    until: Instant,
    characters: usize,
    parts: usize,
    /// Bytes that compressed parts may still inflate to.
    pub(super) inflated: usize,
    /// Bytes that Unicode maps of fonts may still inflate to.
    pub(super) font_maps: usize,
}

impl Budget {
    /// A budget of this much time.
    pub(super) fn new(time: Duration) -> Self {
        Self {
            until: Instant::now() + time,
            characters: MOST_CHARACTERS,
            parts: MOST_PARTS,
            inflated: MOST_INFLATED,
            font_maps: MOST_FONT_MAPS,
        }
    }

    /// Whether there is time for more.
    pub(super) fn check_time(&self) -> Result<(), Problem> {
        if Instant::now() > self.until {
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

    /// Takes the room of some paragraphs, sections or headings.
    pub(super) fn take_parts(&mut self, parts: usize) -> Result<(), Problem> {
        self.parts = self.parts.checked_sub(parts).ok_or(Problem::TooManyParts)?;
        Ok(())
    }
}
