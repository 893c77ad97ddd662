//! Gutters: gaps that cross several rows.

use std::ops::Range;

use super::{row::Row, word::Word};

/// The minimum width of a gutter, as a multiple of the size.
const NARROWEST: f32 = 1.0;
/// The maximum number of rows, and of steps of the search, beyond which none is searched.
const MOST_ROWS: usize = 3_000;
const MOST_STEPS: usize = 20_000_000;
/// The minimum number of characters in a cell of prose, if columns were drawn one after the other, and if row by row.
const PROSE: f32 = 10.0;
const PROSE_IN_ROWS: f32 = 16.0;
/// The minimum number of words in a cell of prose; a word of a script without spaces has this many characters.
const PROSE_WORDS: f32 = 2.2;
const SPACELESS_WORD: f32 = 2.0;
/// The minimum fraction of its column that a line of prose fills, and of such lines.
const FULL: f32 = 0.6;
const MOSTLY_FULL: f32 = 0.6;
/// The maximum number of characters in the mark of a list's item.
const LONGEST_MARK: usize = 4;

/// A gap that crosses several rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gutter {
    pub(super) left: f32,
    pub(super) right: f32,
    /// The first and the last row that it crosses.
    pub(super) first: usize,
    pub(super) last: usize,
    /// The number of rows with words on both sides.
    both: usize,
    /// The number of rows with words on the side that has fewer of them.
    least: usize,
}

/// What is on the two sides of a gutter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GutterKind {
    /// Columns of prose.
    Columns,
    /// Cells of a table.
    Cells,
    /// The marks of a list and its items, or nothing of note.
    None,
}

/// The cells of one side.
#[derive(Default)]
struct Side {
    cells: usize,
    characters: usize,
    words: f32,
    /// The width of each cell.
    widths: Vec<f32>,
    /// Whether all cells are the marks of a list: signs, or short texts such as `1.` and `b)`.
    are_marks: bool,
    first_order: usize,
    last_order: usize,
}

impl Gutter {
    /// The gutters of rows, those that cross most rows first.
    pub(super) fn all(rows: &[Row]) -> Vec<Self> {
        let words: usize = rows.iter().map(|row| row.words.len()).sum();
        let mut gutters: Vec<Self> = Vec::new();
        let mut steps = 0_usize;
        if rows.len() > MOST_ROWS {
            return gutters;
        }
        for (at, row) in rows.iter().enumerate() {
            for gap in gaps(row).chain(gap_beside(row, rows.get(at + 1))) {
                let is_known = |gutter: &Self| {
                    (gutter.first..=gutter.last).contains(&at)
                        && gutter.left < gap.end
                        && gutter.right > gap.start
                };
                if gutters.iter().any(is_known) {
                    continue;
                }
                steps += words;
                if steps > MOST_STEPS {
                    return gutters;
                }
                let gutter = Self::around(rows, at, &gap);
                if gutter.both > 1 || gutter.least > 2 {
                    gutters.push(gutter);
                }
            }
        }
        gutters.sort_by_key(|gutter| std::cmp::Reverse(gutter.least));
        gutters
    }

    /// The gutter of a gap, extended to the rows above and below.
    fn around(rows: &[Row], at: usize, gap: &Range<f32>) -> Self {
        let mut gutter = Self {
            left: gap.start,
            right: gap.end,
            first: at,
            last: at,
            both: 0,
            least: 0,
        };
        let below = rows.iter().enumerate().skip(at + 1);
        let above = rows.iter().enumerate().take(at).rev();
        for (index, row) in below {
            if !gutter.cross(row) {
                break;
            }
            gutter.last = index;
        }
        for (index, row) in above {
            if !gutter.cross(row) {
                break;
            }
            gutter.first = index;
        }
        let crossed = rows.get(gutter.first..=gutter.last).unwrap_or_default();
        let is_both = |row: &&Row| row.x() < gutter.left && row.end() > gutter.right;
        gutter.both = crossed.iter().filter(is_both).count();
        let left = crossed.iter().filter(|row| row.x() < gutter.left).count();
        let right = crossed
            .iter()
            .filter(|row| row.end() > gutter.right)
            .count();
        gutter.least = left.min(right);
        if gutter.both == 0 {
            return gutter;
        }
        // rows with words on one side only, before the first and after the last with both
        let before = crossed.iter().take_while(|row| !is_both(row)).count();
        let after = crossed.iter().rev().take_while(|row| !is_both(row)).count();
        gutter.first += before.min(crossed.len());
        gutter.last = gutter.last.saturating_sub(after).max(gutter.first);
        gutter
    }

    /// Narrows the gutter to what is free in a row. False when the row leaves too little of it.
    fn cross(&mut self, row: &Row) -> bool {
        let mut start = self.left;
        let mut free = (0.0, 0.0);
        let inside = row
            .words
            .iter()
            .filter(|word| word.end > self.left && word.x < self.right);
        for (x, end) in inside
            .map(|word| (word.x, word.end))
            .chain([(self.right, self.right)])
        {
            if x - start > free.1 - free.0 {
                free = (start, x);
            }
            start = start.max(end);
        }
        let is_wide = free.1 - free.0 >= NARROWEST * row.size;
        if is_wide {
            (self.left, self.right) = free;
        }
        is_wide
    }

    /// What the gutter separates.
    pub(super) fn kind(&self, rows: &[Row]) -> GutterKind {
        let crossed = rows.get(self.first..=self.last).unwrap_or_default();
        let (left, right) = (self.side(crossed, true), self.side(crossed, false));
        if left.are_marks && left.cells > 0 {
            return GutterKind::None;
        }
        let in_columns = left.last_order < right.first_order;
        let least = if in_columns { PROSE } else { PROSE_IN_ROWS };
        if left.is_prose(least) && right.is_prose(least) {
            return GutterKind::Columns;
        }
        if self.both >= 3 || (self.both == 2 && crossed.len() == 2 && self.right - self.left > 30.0)
        {
            return GutterKind::Cells;
        }
        GutterKind::None
    }

    fn side(&self, rows: &[Row], is_left: bool) -> Side {
        let middle = f32::midpoint(self.left, self.right);
        let mut side = Side {
            first_order: usize::MAX,
            are_marks: true,
            ..Side::default()
        };
        for row in rows {
            let words = row.words.iter().filter(|word| (word.x < middle) == is_left);
            let (mut characters, mut x, mut end) = (0, f32::MAX, f32::MIN);
            let mut previous: Option<&Word> = None;
            let mut is_mark = false;
            for word in words {
                let length = word.length();
                characters += length;
                x = x.min(word.x);
                end = end.max(word.end);
                if previous.is_none_or(|before| before.has_space_before(word)) {
                    side.words += 1.0;
                }
                if word.text.chars().any(is_spaceless) {
                    side.words += to_float(length) / SPACELESS_WORD;
                }
                side.first_order = side.first_order.min(word.order);
                side.last_order = side.last_order.max(word.order);
                is_mark =
                    word.text.ends_with(['.', ')']) || !word.text.contains(char::is_alphanumeric);
                previous = Some(word);
            }
            if characters > 0 {
                side.cells += 1;
                side.characters += characters;
                side.are_marks &= characters <= LONGEST_MARK && is_mark;
                side.widths.push(end - x);
            }
        }
        side
    }
}

impl Side {
    /// Whether the cells are lines of prose of at least this many characters each.
    fn is_prose(&self, least: f32) -> bool {
        let widest = self.widths.iter().copied().fold(0.0, f32::max);
        let full = self
            .widths
            .iter()
            .filter(|width| **width >= FULL * widest)
            .count();
        let cells = to_float(self.cells);
        self.cells >= 3
            && to_float(self.characters) >= least * cells
            && self.words >= PROSE_WORDS * cells
            && to_float(full) >= MOSTLY_FULL * cells
    }
}

/// The gaps between the words of a row that are wide enough for a gutter.
fn gaps(row: &Row) -> impl Iterator<Item = Range<f32>> {
    let mut end: Option<f32> = None;
    row.words.iter().filter_map(move |word| {
        let gap = end.unwrap_or(word.x)..word.x;
        end = Some(end.map_or(word.end, |end| end.max(word.end)));
        (gap.end - gap.start >= NARROWEST * row.size).then_some(gap)
    })
}

/// The gap between a row and the next one, if they are beside each other: the lines of columns need not be level.
fn gap_beside(row: &Row, next: Option<&Row>) -> Option<Range<f32>> {
    let next = next.filter(|next| row.y - next.y < row.size.min(next.size))?;
    let gap = if row.x() < next.x() {
        row.end()..next.x()
    } else {
        next.end()..row.x()
    };
    (gap.end - gap.start >= NARROWEST * row.size).then_some(gap)
}

/// Whether a character is of a script that has no spaces between its words.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

fn to_float(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
