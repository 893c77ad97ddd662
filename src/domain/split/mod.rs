//! Splits a document into pieces that an embedding model reads at once.
//!
//! A piece follows the document's structure as far as its length allows: it stays within a section; whole blocks go into it
//! where they fit, else lines or sentences, else words, else characters. Neighbouring pieces of a section share some
//! sentences, so that what refers to the sentence before is still understood. Nothing is lost, and the work grows with the
//! text's length only.

mod atom;
mod group;
mod packer;
#[cfg(test)]
mod tests;

use self::{group::groups, packer::Packer};
use crate::domain::Section;

/// How long pieces are; tokens are counted by the caller's function.
#[derive(Debug, Clone, Copy)]
pub struct SplitLimits {
    /// The tokens that a piece may have, at least 1; the headings do not count.
    pub longest: usize,
    /// About how many tokens of a piece are repeated at the beginning of the next one, in whole sentences or lines.
    pub overlap: usize,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// Its text, without these headings.
    pub text: String,
    /// Its length, as counted.
    pub tokens: usize,
}

/// Splits a document's sections into pieces of at most `limits.longest` tokens each; only a single character that alone has
/// more tokens is longer. A section that is tiny shares a piece with the next one under the same parent heading.
pub fn split(
    sections: &[Section],
    limits: SplitLimits,
    count_tokens: impl Fn(&str) -> usize,
) -> Vec<Piece> {
    let limits = SplitLimits {
        longest: limits.longest.max(1),
        overlap: limits.overlap,
    };
    let mut pieces = Vec::new();
    for group in groups(sections, limits, &count_tokens) {
        let mut packer = Packer::new(&group.headings, limits, &count_tokens);
        for block in &group.blocks {
            packer.add(block);
        }
        pieces.append(&mut packer.finish());
    }
    pieces
}
