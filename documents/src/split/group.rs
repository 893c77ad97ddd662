//! Decides which sections share pieces: a tiny one and its neighbour under the same parent heading, such as short
//! questions and answers.

use super::SplitLimits;
use crate::{Block, Section};

/// A section is tiny if it fills less than this fraction of a piece: 1 / `TINY_PART`.
const TINY_PART: usize = 4;

/// Sections whose text is split together.
pub(super) struct Group<'t> {
    /// The headings that all sections of the group have in common.
    pub(super) headings: Vec<String>,
    /// The blocks of the sections; with several sections, each section's own heading comes before its blocks.
    pub(super) blocks: Vec<BlockRef<'t>>,
}

/// A block of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockRef<'t> {
    pub(super) text: &'t str,
    /// The number of first lines that each piece of the block repeats.
    pub(super) header_lines: usize,
    /// Whether the block is the heading of the next one.
    pub(super) is_heading: bool,
}

impl<'t> BlockRef<'t> {
    fn new(block: &'t Block) -> Self {
        Self {
            text: &block.text,
            header_lines: usize::from(block.header_lines),
            is_heading: false,
        }
    }

    fn heading(text: &'t str) -> Self {
        Self {
            text,
            header_lines: 0,
            is_heading: true,
        }
    }

    /// The header and the lines below it; none without a header.
    pub(super) fn parts(&self) -> Option<(&'t str, &'t str)> {
        let last = self.header_lines.checked_sub(1)?;
        let (end, _) = self.text.match_indices('\n').nth(last)?;
        let (header, rows) = self.text.split_at(end);
        Some((header, rows.trim_start_matches('\n')))
    }
}

/// The sections in order, with tiny ones joined to their neighbours.
pub(super) fn groups<'t>(
    sections: &'t [Section],
    limits: SplitLimits,
    count_tokens: &impl Fn(&str) -> usize,
) -> Vec<Group<'t>> {
    let tiny = limits.longest / TINY_PART;
    let mut groups = Vec::new();
    let mut open: Vec<&Section> = Vec::new();
    let mut tokens = 0;
    for section in sections {
        let own = length(section, limits.longest, count_tokens);
        let joins = open.last().is_some_and(|last| {
            (tokens < tiny || own < tiny)
                && tokens.saturating_add(own) <= limits.longest
                && are_siblings(last, section)
        });
        if !joins {
            groups.extend(close(&open));
            open.clear();
            tokens = 0;
        }
        open.push(section);
        tokens = tokens.saturating_add(own);
    }
    groups.extend(close(&open));
    groups
}

fn close<'t>(sections: &[&'t Section]) -> Option<Group<'t>> {
    let (first, others) = sections.split_first()?;
    let alike = others.iter().all(|other| other.headings == first.headings);
    let mut blocks = Vec::new();
    for section in sections {
        if !alike {
            blocks.extend(section.headings.last().map(|text| BlockRef::heading(text)));
        }
        blocks.extend(section.blocks.iter().map(BlockRef::new));
    }
    let headings = if alike {
        first.headings.as_slice()
    } else {
        parent(first)
    };
    Some(Group {
        headings: headings.to_vec(),
        blocks,
    })
}

fn are_siblings(one: &Section, other: &Section) -> bool {
    one.headings == other.headings
        || (one.headings.len() == other.headings.len() && parent(one) == parent(other))
}

fn parent(section: &Section) -> &[String] {
    section
        .headings
        .split_last()
        .map_or(&[], |(_, outer)| outer)
}

/// The number of tokens of a section with its own heading; counting stops above the length of a piece.
fn length(section: &Section, longest: usize, count_tokens: &impl Fn(&str) -> usize) -> usize {
    let mut tokens: usize = 0;
    let blocks = section.blocks.iter().map(|block| &block.text);
    for text in section.headings.last().into_iter().chain(blocks) {
        tokens = tokens.saturating_add(count_tokens(text));
        if tokens > longest {
            break;
        }
    }
    tokens
}
