//! The budget of elapsed time, text and decompressed bytes for reading one document.

use std::time::{Duration, Instant};

use crate::problem::Problem;

/// The maximum number of characters in a document; a heading counts each time that it is repeated.
pub const MOST_CHARACTERS: usize = 20_000_000;
/// The maximum number of paragraphs, sections and headings in a document.
pub const MOST_PARTS: usize = 500_000;
/// The maximum number of bytes to which the compressed parts of a document may decompress in total.
const MOST_INFLATED: usize = 256 * 1024 * 1024;
/// The part of these bytes that the Unicode maps of fonts may use.
const MOST_FONT_MAPS: usize = 32 * 1024 * 1024;

/// The remaining time, text and decompressed bytes for one document. It is checked while reading, so that most
/// documents that exceed a limit get a precise error, before the process is killed.
pub struct Budget {
    until: Instant,
    characters: usize,
    parts: usize,
    /// The remaining bytes for compressed parts.
    pub(crate) inflated: usize,
    /// The remaining bytes for Unicode maps of fonts.
    pub(crate) font_maps: usize,
}

impl Budget {
    /// A full budget with this much elapsed time, from now on.
    pub fn new(time: Duration) -> Self {
        Self {
            until: Instant::now() + time,
            characters: MOST_CHARACTERS,
            parts: MOST_PARTS,
            inflated: MOST_INFLATED,
            font_maps: MOST_FONT_MAPS,
        }
    }

    /// An error when the time is used up.
    pub(crate) fn check_time(&self) -> Result<(), Problem> {
        if Instant::now() > self.until {
            return Err(Problem::TooSlow);
        }
        Ok(())
    }

    /// Deducts the characters of a text.
    pub(crate) fn take(&mut self, text: &str) -> Result<(), Problem> {
        // a text has at least as many bytes as characters, so characters are counted only when the bytes exceed the
        // budget
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

    /// Deducts paragraphs, sections or headings.
    pub(crate) fn take_parts(&mut self, parts: usize) -> Result<(), Problem> {
        self.parts = self.parts.checked_sub(parts).ok_or(Problem::TooManyParts)?;
        Ok(())
    }
}
