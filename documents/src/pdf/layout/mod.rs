//! Joins drawn characters by their places: to words, lines and columns, and these to paragraphs, tables and headings.
//!
//! The characters of a page are read in the direction of the text itself. Lines are characters on the same baseline; a gap
//! that crosses several lines separates columns of prose, which are read one after the other, or the cells of a table,
//! whose rows are lines.

mod bidi;
mod columns;
mod glyph;
mod gutter;
mod line;
mod page_text;
mod paragraph;
mod row;
mod running;
mod word;

use std::collections::HashMap;

pub(super) use self::{
    bidi::is_right_to_left,
    glyph::UNREADABLE,
    page_text::{Drawn, PageText},
};
use self::{line::Line, paragraph::Paragraph};
use crate::{
    Block, DocumentText,
    budget::{Budget, MOST_PARTS},
    charset::one_line,
    outline::Outline,
    problem::Problem,
};

/// The minimum size of a heading relative to the most common size.
const HEADING: f32 = 1.15;
/// The maximum number of characters in a heading.
const LONGEST_HEADING: usize = 200;
/// The maximum number of lines in a document.
const MOST_LINES: usize = 4 * MOST_PARTS;

/// Collects the lines of a document.
#[derive(Default)]
pub(super) struct Layout {
    /// The lines of each page.
    pages: Vec<Vec<Line>>,
    count: usize,
}

impl Layout {
    /// Adds the text of a page. An error when the document has too many lines.
    pub(super) fn add_page(&mut self, page: PageText, budget: &Budget) -> Result<(), Problem> {
        let mut lines = Vec::new();
        for glyphs in page.into_directions() {
            columns::read(word::words(glyphs), &mut lines, budget)?;
        }
        self.count += lines.len();
        if self.count > MOST_LINES {
            return Err(Problem::TooManyParts);
        }
        self.pages.push(lines);
        Ok(())
    }

    /// Whether there is no text yet.
    pub(super) fn is_blank(&self) -> bool {
        self.count == 0
    }

    /// Returns the sections. A paragraph does not continue on the next page, even when its sentence does. The level of a
    /// heading follows from its size; the largest one is the outermost.
    pub(super) fn finish(
        mut self,
        warnings: Vec<String>,
        budget: &mut Budget,
    ) -> Result<DocumentText, Problem> {
        running::remove(&mut self.pages);
        let mut paragraphs = Vec::new();
        for lines in self.pages {
            budget.check_time()?;
            paragraph::join(lines, &mut paragraphs);
        }
        let sizes = heading_sizes(&paragraphs);
        let mut outline = Outline::default();
        for warning in warnings {
            outline.warn(warning);
        }
        for paragraph in paragraphs {
            let level = sizes.binary_search_by(|size| paragraph.size.cmp(size));
            match level.ok().and_then(|level| u8::try_from(level + 1).ok()) {
                Some(level) if paragraph.can_be_heading(LONGEST_HEADING) => {
                    outline.heading(level, one_line(&paragraph.text), budget)?;
                }
                _ => {
                    let block = Block::table(paragraph.text, paragraph.header_lines);
                    outline.counted_block(block, budget)?;
                }
            }
        }
        outline.finish(budget)
    }
}

/// The sizes of headings, largest first: those larger than the most common size.
fn heading_sizes(paragraphs: &[Paragraph]) -> Vec<u32> {
    let mut lengths: HashMap<u32, usize> = HashMap::new();
    for paragraph in paragraphs {
        *lengths.entry(paragraph.size).or_default() += paragraph.text.len();
    }
    let usual = lengths
        .iter()
        .max_by_key(|(size, length)| (**length, **size))
        .map_or(0, |(size, _)| *size);
    let least = to_points(usual) * HEADING;
    let mut sizes: Vec<u32> = lengths
        .into_keys()
        .filter(|size| to_points(*size) >= least)
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes
}

fn to_points(half: u32) -> f32 {
    f32::from(u16::try_from(half).unwrap_or(u16::MAX)) / 2.0
}
