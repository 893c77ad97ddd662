//! Search by words: each document's words are stored with its passages, and merged per agent in memory.

mod hits;
mod index;
mod indexes;
mod postings;
mod segment;
#[cfg(test)]
mod tests;

pub(super) use self::{hits::WordHits, indexes::WordIndexes, segment::WordSegment};
