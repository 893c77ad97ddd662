//! Joins the lines of a page to paragraphs and tables.

use super::{line::Line, word::is_ideograph};

/// The maximum distance of the lines of a paragraph, as a multiple of the size, and the same if the lines of the page are
/// usually further apart.
const LINE_SPACING: f32 = 1.7;
const WIDEST_SPACING: f32 = 2.6;
/// The maximum distance relative to the usual one.
const UNEVEN: f32 = 1.1;
/// The maximum horizontal distance of the beginnings of these lines, as a multiple of the size; it allows indentation.
const INDENTATION: f32 = 4.0;
/// The distance from the edge within which a line is full, and the width of a space, as fractions of the size.
const RAGGED: f32 = 3.0;
const SPACE: f32 = 0.25;
/// The minimum number of dots in a leader.
const LEADER: usize = 4;
/// The minimum number of rows in a table whose first row can be its header.
const ROWS_WITH_HEADER: usize = 3;

/// A paragraph or a table.
pub(super) struct Paragraph {
    pub(super) text: String,
    /// The size in half points.
    pub(super) size: u32,
    /// The number of first lines that are the header of a table.
    pub(super) header_lines: u8,
    is_table: bool,
}

impl Paragraph {
    fn of(lines: &[Line], is_table: bool) -> Self {
        let size = lines.first().map_or(0.0, |line| line.size);
        let texts = || lines.iter().map(|line| line.text.as_str());
        Self {
            text: if is_table {
                texts().collect::<Vec<_>>().join("\n")
            } else {
                wrapped(lines)
            },
            size: half_points(size),
            header_lines: u8::from(is_table && has_header(lines)),
            is_table,
        }
    }

    pub(super) fn can_be_heading(&self, longest: usize) -> bool {
        !self.is_table && self.text.len() <= longest && self.text.contains(char::is_alphabetic)
    }
}

/// Adds the paragraphs of a page's lines, which are in reading order.
pub(super) fn join(lines: Vec<Line>, paragraphs: &mut Vec<Paragraph>) {
    let spacing = (UNEVEN * usual_spacing(&lines)).clamp(LINE_SPACING, WIDEST_SPACING);
    let mut open: Vec<Line> = Vec::new();
    for line in lines {
        if !open
            .last()
            .is_some_and(|before| continues(before, &line, spacing))
        {
            end(&mut open, paragraphs);
        }
        open.push(line);
    }
    end(&mut open, paragraphs);
}

fn end(open: &mut Vec<Line>, paragraphs: &mut Vec<Paragraph>) {
    let lines = std::mem::take(open);
    let is_table = lines.first().is_some_and(|line| line.cells.is_some());
    let paragraph = Paragraph::of(&lines, is_table);
    if !paragraph.text.trim().is_empty() {
        paragraphs.push(paragraph);
    }
}

/// Whether the line is the next one of the same paragraph or table.
fn continues(line: &Line, next: &Line, spacing: f32) -> bool {
    if line.cells.is_some() || next.cells.is_some() {
        return line.region == next.region;
    }
    let down = line.y - next.y;
    let same_size = half_points(line.size) == half_points(next.size);
    let aligned = (next.x - line.x).abs() < INDENTATION * line.size;
    line.region == next.region && same_size && aligned && down > 0.0 && down < spacing * line.size
}

/// The most common distance of the page's lines, as a multiple of their size.
fn usual_spacing(lines: &[Line]) -> f32 {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let mut distances: Vec<f32> = pairs
        .filter(|(line, next)| line.region == next.region && line.size > 0.0)
        .map(|(line, next)| (line.y - next.y) / line.size)
        .filter(|distance| *distance > 0.0)
        .collect();
    distances.sort_by(f32::total_cmp);
    distances
        .get(distances.len() / 2)
        .copied()
        .unwrap_or_default()
}

/// The text of a paragraph's lines. A line break stays where the next word would have fitted into the line.
fn wrapped(lines: &[Line]) -> String {
    let longest = lines.iter().map(|line| line.end).fold(f32::MIN, f32::max);
    let full = lines
        .iter()
        .filter(|line| line.end >= longest - RAGGED * line.size)
        .count();
    let mut text = String::new();
    let mut before: Option<&Line> = None;
    for line in lines {
        let own = line.text.trim();
        if let Some(before) = before {
            let edge = if full > 1 { longest } else { before.edge };
            let fits = before.end + SPACE * before.size + line.first_word < edge;
            if own.starts_with(char::is_lowercase)
                && let Some(stem) = hyphenated(&text)
            {
                text.truncate(stem);
            } else if is_item(own) || fits || ends_entry(&text) || is_within_word(&text, own) {
                text.push('\n');
            } else {
                text.push(' ');
            }
        }
        text.push_str(own);
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

/// Whether the last line is an entry of a table of contents: a leader of dots and a number.
fn ends_entry(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let dots = before.chars().rev().filter(|c| !c.is_whitespace());
    before.len() < text.len() && dots.take_while(|c| *c == '.').count() >= LEADER
}

/// Whether a line may end within a word, in a script without spaces. It stays a line: a space would be a mistake, and
/// without one, it is not known where words end.
fn is_within_word(before: &str, next: &str) -> bool {
    before.ends_with(is_ideograph) && next.starts_with(is_ideograph)
}

/// Whether the first row of a table is its header: it has a cell for each column and no number, and others have numbers.
fn has_header(rows: &[Line]) -> bool {
    let [first, others @ ..] = rows else {
        return false;
    };
    let has_number = |line: &Line| line.text.contains(|c: char| c.is_ascii_digit());
    let most = rows.iter().filter_map(|row| row.cells).max();
    rows.len() >= ROWS_WITH_HEADER
        && first.cells == most
        && !has_number(first)
        && others.iter().filter(|row| has_number(row)).count() * 2 > others.len()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded just before"
)]
fn half_points(size: f32) -> u32 {
    (size * 2.0).round().clamp(0.0, 10_000.0) as u32
}
