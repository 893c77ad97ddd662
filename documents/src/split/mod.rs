//! Splits a document into pieces that fit into one input of an embedding model.
//!
//! A piece follows the document's structure as far as its length allows: it stays within a section; it contains whole
//! blocks if they fit, else lines or sentences, else words, else characters. Neighbouring pieces of a section share
//! some sentences, so that references to the previous sentence can be understood. Each piece of a table begins with the
//! table's header. A question, or what else introduces the next block, stays with its beginning. No text is lost, and the
//! work is linear in the text's length.

mod atom;
mod group;
mod packer;
#[cfg(test)]
mod tests;

use self::{group::groups, packer::Packer};
use crate::Section;

/// The limits of a piece, in tokens as the caller's function counts them.
#[derive(Debug, Clone, Copy)]
pub struct SplitLimits {
    /// The maximum number of tokens of a piece without its headings, at least 1.
    pub longest: usize,
    /// The approximate number of tokens that the next piece repeats, in whole sentences or lines.
    pub overlap: usize,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The headings above the piece, the outermost first.
    pub headings: Vec<String>,
    /// The text without the headings.
    pub text: String,
    /// The number of tokens of the text.
    pub tokens: usize,
}

/// Splits a document's sections into pieces of at most `limits.longest` tokens each; only a single character with more
/// tokens makes a longer piece. A tiny section shares a piece with the next one under the same parent heading.
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
        for (index, block) in group.blocks.iter().enumerate() {
            packer.add(*block, group.blocks.get(index + 1).copied());
        }
        pieces.append(&mut packer.finish());
    }
    pieces
}
