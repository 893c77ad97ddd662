//! Rows: words on the same baseline, across the whole width of a region.

use super::{line::Line, word::Word};

/// The height of a word above and below its baseline, as a fraction of its size.
const ABOVE: f32 = 0.7;
const BELOW: f32 = 0.2;
/// The minimum fraction of a word's height that it shares with its row.
const SHARED: f32 = 0.4;
/// The maximum distance of baselines in a row, as fractions of the larger and the smaller size.
const RAISED: f32 = 0.5;
const RAISED_SMALL: f32 = 0.8;
/// The minimum number of single letters in a row of spaced letters, the maximum of their usual gap as a fraction of the
/// size, and that of each gap as a multiple of the usual one.
const LEAST_LETTERS: usize = 5;
const WIDEST_LETTERS: f32 = 0.19;
const UNEVEN: f32 = 1.5;
/// The minimum distance of the baselines of two lines, as a fraction of their size, the minimum number of characters in a
/// word that is more than an index, and the number of words of a row that are compared.
const NEXT_LINE: f32 = 0.6;
const MORE_THAN_INDEX: usize = 3;
const COMPARED: usize = 64;
/// The number of rows above in which a word is searched.
const OPEN_ROWS: usize = 4;

/// The words on a baseline, from left to right.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) words: Vec<Word>,
    pub(super) y: f32,
    pub(super) size: f32,
}

impl Row {
    fn accepts(&self, word: &Word) -> bool {
        let top = (self.y + ABOVE * self.size).min(word.y + ABOVE * word.size);
        let bottom = (self.y - BELOW * self.size).max(word.y - BELOW * word.size);
        let height = (ABOVE + BELOW) * self.size.min(word.size);
        let raised = (self.y - word.y).abs();
        top - bottom >= SHARED * height
            && raised <= RAISED * self.size.max(word.size)
            && raised <= RAISED_SMALL * self.size.min(word.size)
            && !self.has_line_above(word)
    }

    /// Whether a word of the row is in the line above the word: lines of small text are beside a large one.
    fn has_line_above(&self, word: &Word) -> bool {
        let is_above = |own: &Word| {
            own.y - word.y > NEXT_LINE * own.size.min(word.size)
                && own.x < word.end
                && word.x < own.end
                && own.length().max(word.length()) >= MORE_THAN_INDEX
        };
        self.words.iter().rev().take(COMPARED).any(is_above)
    }

    fn push(&mut self, word: Word) {
        if word.size > self.size {
            self.size = word.size;
            self.y = word.y;
        }
        self.words.push(word);
    }

    /// The row as a line of text, in reading order.
    pub(super) fn line(&self) -> Line {
        let mut text = String::new();
        let mut previous: Option<&Word> = None;
        let letters = self.gap_of_letters();
        for word in &self.words {
            let is_apart =
                |before: &Word| before.has_space_before(word) && word.x - before.end > letters;
            if previous.is_some_and(is_apart) {
                text.push(' ');
            }
            text.push_str(&word.text);
            previous = Some(word);
        }
        Line::new(&text, self)
    }

    /// The maximum gap between the letters of a word, if the letters of the row are spaced evenly; else less than any gap.
    fn gap_of_letters(&self) -> f32 {
        let letters = self.words.iter().filter(|word| word.is_letter()).count();
        if letters < LEAST_LETTERS || letters * 5 < self.words.len() * 4 {
            return f32::MIN;
        }
        let pairs = self.words.iter().zip(self.words.iter().skip(1));
        let mut gaps: Vec<f32> = pairs.map(|(word, next)| next.x - word.end).collect();
        gaps.sort_by(f32::total_cmp);
        let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0);
        // the cells of a table can be letters too
        if usual > WIDEST_LETTERS * self.size {
            return f32::MIN;
        }
        usual * UNEVEN
    }

    pub(super) fn x(&self) -> f32 {
        self.words.first().map_or(0.0, |word| word.x)
    }

    pub(super) fn end(&self) -> f32 {
        self.words
            .iter()
            .map(|word| word.end)
            .fold(f32::MIN, f32::max)
    }
}

/// The rows of words, from top to bottom.
pub(super) fn rows(mut words: Vec<Word>) -> Vec<Row> {
    words.sort_by(|one, other| other.y.total_cmp(&one.y).then(one.order.cmp(&other.order)));
    let mut rows: Vec<Row> = Vec::new();
    for word in words {
        let first = rows.len().saturating_sub(OPEN_ROWS);
        let open = rows.get_mut(first..).unwrap_or_default();
        match open.iter_mut().rev().find(|row| row.accepts(&word)) {
            Some(row) => row.push(word),
            None => rows.push(Row {
                y: word.y,
                size: word.size,
                words: vec![word],
            }),
        }
    }
    for row in &mut rows {
        row.words
            .sort_by(|one, other| one.x.total_cmp(&other.x).then(one.order.cmp(&other.order)));
    }
    rows.sort_by(|one, other| other.y.total_cmp(&one.y));
    rows
}
