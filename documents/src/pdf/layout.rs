//! Joins drawn text: runs to lines, lines to paragraphs, and paragraphs in larger type to headings.

use std::collections::HashMap;

use crate::{
    Block, DocumentText,
    budget::{Budget, MOST_PARTS},
    charset::one_line,
    outline::Outline,
    problem::Problem,
};

/// The maximum vertical distance of text on the same line, as a fraction of its size.
const SAME_LINE: f32 = 0.4;
/// The minimum gap that counts as a space, as a fraction of the size.
const SPACE: f32 = 0.18;
/// The maximum distance of the lines of a paragraph, as a multiple of the size.
const LINE_SPACING: f32 = 1.7;
/// The maximum horizontal distance of the beginnings of these lines, as a multiple of the size; it allows indentation.
const INDENTATION: f32 = 4.0;
/// The fraction of the paragraph's width below which a line was ended on purpose.
const FULL_LINE: f32 = 0.7;
/// The minimum size of a heading relative to the most common size.
const HEADING: f32 = 1.15;
/// The maximum number of characters in a heading.
const LONGEST_HEADING: usize = 200;
/// The maximum number of lines in a document.
const MOST_LINES: usize = 4 * MOST_PARTS;

/// Text drawn by one operation. Lengths are in points.
pub(super) struct TextRun<'t> {
    pub(super) text: &'t str,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
}

struct Line {
    text: String,
    x: f32,
    y: f32,
    end: f32,
    size: f32,
}

struct Paragraph {
    text: String,
    /// The size in half points.
    size: u32,
}

/// Collects the text of a document.
#[derive(Default)]
pub(super) struct Layout {
    paragraphs: Vec<Paragraph>,
    /// The lines of the open paragraph.
    lines: Vec<Line>,
    /// The number of lines in the whole document.
    count: usize,
}

impl Layout {
    /// Adds drawn text. An error when the document has too many lines.
    pub(super) fn add(&mut self, run: &TextRun<'_>) -> Result<(), Problem> {
        if run.text.is_empty() || !(run.x + run.y + run.end + run.size).is_finite() {
            return Ok(());
        }
        if let Some(line) = self.lines.last_mut()
            && (line.y - run.y).abs() < SAME_LINE * line.size.max(run.size)
            && run.x > line.end - line.size
        {
            let gap = run.x - line.end > SPACE * line.size.max(run.size);
            if gap && !line.text.ends_with(' ') && !run.text.starts_with(' ') {
                line.text.push(' ');
            }
            line.text.push_str(run.text);
            line.end = line.end.max(run.end);
            return Ok(());
        }
        if run.text.trim().is_empty() {
            return Ok(());
        }
        self.count += 1;
        if self.count > MOST_LINES {
            return Err(Problem::TooManyParts);
        }
        if !self.lines.last().is_some_and(|line| continues(line, run)) {
            self.end_paragraph();
        }
        self.lines.push(Line {
            text: run.text.to_owned(),
            x: run.x,
            y: run.y,
            end: run.end,
            size: run.size,
        });
        Ok(())
    }

    /// Ends the page. A paragraph does not continue on the next page, even when its sentence does.
    pub(super) fn end_page(&mut self) {
        self.end_paragraph();
    }

    /// Whether there is no text yet.
    pub(super) fn is_blank(&self) -> bool {
        self.paragraphs.is_empty()
    }

    fn end_paragraph(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let Some(first) = lines.first() else { return };
        let size = half_points(first.size);
        let text = join(&lines);
        if !text.trim().is_empty() {
            self.paragraphs.push(Paragraph { text, size });
        }
    }

    /// Returns the sections. The level of a heading follows from its size; the largest one is the outermost.
    pub(super) fn finish(mut self, budget: &mut Budget) -> Result<DocumentText, Problem> {
        self.end_paragraph();
        let sizes = heading_sizes(&self.paragraphs);
        let mut outline = Outline::default();
        for paragraph in self.paragraphs {
            let level = sizes.binary_search_by(|size| paragraph.size.cmp(size));
            match level.ok().and_then(|level| u8::try_from(level + 1).ok()) {
                Some(level) if can_be_heading(&paragraph.text) => {
                    outline.heading(level, one_line(&paragraph.text), budget)?;
                }
                _ => outline.counted_block(Block::new(paragraph.text), budget)?,
            }
        }
        Ok(outline.finish())
    }
}

/// Whether the run is the next line of the same paragraph.
fn continues(line: &Line, run: &TextRun<'_>) -> bool {
    let down = line.y - run.y;
    let same_size = half_points(line.size) == half_points(run.size);
    let aligned = (run.x - line.x).abs() < INDENTATION * line.size;
    same_size && aligned && down > 0.0 && down < LINE_SPACING * line.size
}

fn join(lines: &[Line]) -> String {
    let left = lines.iter().map(|line| line.x).fold(f32::MAX, f32::min);
    let right = lines.iter().map(|line| line.end).fold(f32::MIN, f32::max);
    let full = left + FULL_LINE * (right - left);
    let mut text = String::new();
    let mut before: Option<&Line> = None;
    for line in lines {
        let own = one_line(&line.text);
        if let Some(before) = before {
            let lower = own.starts_with(char::is_lowercase);
            if lower && let Some(stem) = hyphenated(&text) {
                text.truncate(stem);
            } else if before.end < full || is_item(&own) {
                text.push('\n');
            } else {
                text.push(' ');
            }
        }
        text.push_str(&own);
        before = Some(line);
    }
    text
}

/// The length of the line without its hyphen; `None` when no word is hyphenated there.
fn hyphenated(text: &str) -> Option<usize> {
    let stem = text.strip_suffix(['-', '\u{2010}'])?;
    stem.ends_with(char::is_alphabetic).then_some(stem.len())
}

fn is_item(line: &str) -> bool {
    line.starts_with(['•', '◦', '▪', '‣', '–', '*']) || line.starts_with("- ")
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

fn can_be_heading(text: &str) -> bool {
    text.len() <= LONGEST_HEADING && text.contains(char::is_alphabetic)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded just before"
)]
fn half_points(size: f32) -> u32 {
    (size * 2.0).round().clamp(0.0, 10_000.0) as u32
}

fn to_points(half: u32) -> f32 {
    f32::from(u16::try_from(half).unwrap_or(u16::MAX)) / 2.0
}
