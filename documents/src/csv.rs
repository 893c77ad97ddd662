//! Tables as text: comma-separated values (RFC 4180), with other separators as well.

use crate::{
    DocumentText,
    budget::Budget,
    charset::one_line,
    outline::Outline,
    problem::Problem,
    table::{TableRow, TableText},
};

/// Separators, the likeliest last: of two that fit equally, the later one is used.
const SEPARATORS: [char; 4] = ['|', ',', ';', '\t'];
/// The number of records from which the separator is recognised.
const SAMPLE: usize = 50;
/// The number of bytes from which it is recognised.
const SAMPLE_BYTES: usize = 32 * 1024;
/// The least number of records from which a text without a name is taken for a table.
const LEAST_RECORDS: usize = 3;
/// The number of rows between two checks of the time.
const ROWS_PER_CHECK: usize = 1024;

/// Reads a table; `separator` is known for tab-separated values.
pub(crate) fn read(
    text: &str,
    separator: Option<char>,
    budget: &mut Budget,
) -> Result<DocumentText, Problem> {
    let mut outline = Outline::default();
    // a spreadsheet program writes the separator it used in the first line
    let (told, text) = separator_line(text);
    let separator = separator
        .or(told)
        .or_else(|| separator_of(text).map(|(found, _)| found));
    let mut table = TableText::default();
    for (index, record) in Records::new(text, separator.unwrap_or('\t')).enumerate() {
        if index % ROWS_PER_CHECK == 0 {
            budget.check_time()?;
        }
        table.push(&TableRow::new(record), budget)?;
    }
    table.finish(&mut outline, budget)?;
    outline.finish(budget)
}

/// Whether a text without a name or declared type is a table: each of its records has the same number of cells.
pub(crate) fn is_table(text: &str) -> bool {
    let Some((separator, cells)) = separator_of(text) else {
        return false;
    };
    let sample = text
        .get(..text.floor_char_boundary(SAMPLE_BYTES))
        .unwrap_or(text);
    let is_prose = sample
        .lines()
        .filter(|line| line.ends_with(['.', '!', '?']))
        .count()
        > 1;
    let least = if separator == '\t' { 2 } else { 3 };
    cells >= least && !is_prose && !sample.trim_start().starts_with(['#', '|', '<', '{', '['])
}

/// The separator that gives all records the same number of cells, more than one; and this number.
fn separator_of(text: &str) -> Option<(char, usize)> {
    let sample = text
        .get(..text.floor_char_boundary(SAMPLE_BYTES))
        .unwrap_or(text);
    let is_cut = sample.len() < text.len();
    let mut best: Option<(usize, usize, char)> = None;
    for separator in SEPARATORS {
        let mut counts: Vec<usize> = Records::new(sample, separator)
            .filter(|record| record.iter().any(|cell| !cell.trim().is_empty()))
            .take(SAMPLE)
            .map(|record| record.len())
            .collect();
        if is_cut && counts.len() < SAMPLE {
            counts.pop();
        }
        let cells = counts.first().copied().unwrap_or_default();
        if counts.len() < LEAST_RECORDS || cells < 2 {
            continue;
        }
        let same = counts.iter().filter(|count| **count == cells).count();
        // a few records may have more cells: an unquoted separator in a text
        if same * 10 >= counts.len() * 9
            && best.is_none_or(|(most, many, _)| (same, cells) >= (most, many))
        {
            best = Some((same, cells, separator));
        }
    }
    best.map(|(_, cells, separator)| (separator, cells))
}

fn separator_line(text: &str) -> (Option<char>, &str) {
    let told = text.strip_prefix("sep=").and_then(|rest| {
        let mut characters = rest.chars();
        let separator = characters.next()?;
        let rest = characters.as_str();
        Some((separator, rest.strip_prefix('\n')?))
    });
    told.map_or((None, text), |(separator, rest)| (Some(separator), rest))
}

/// The records of a text. A quoted cell may contain separators, line breaks and doubled quotes.
struct Records<'t> {
    rest: &'t str,
    separator: char,
}

impl<'t> Records<'t> {
    fn new(text: &'t str, separator: char) -> Self {
        Self {
            rest: text,
            separator,
        }
    }

    /// Takes a cell; true when another one follows in the same record.
    fn cell(&mut self) -> (String, bool) {
        if let Some(quoted) = self.rest.strip_prefix('"')
            && let Some((cell, rest)) = unquoted(quoted, self.separator)
        {
            self.rest = rest;
            return (one_line(&cell), self.take_separator());
        }
        let end = self
            .rest
            .find([self.separator, '\n'])
            .unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        self.rest = rest;
        (one_line(cell), self.take_separator())
    }

    fn take_separator(&mut self) -> bool {
        if let Some(rest) = self.rest.strip_prefix(self.separator) {
            self.rest = rest;
            return true;
        }
        self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
        false
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Vec::new();
        loop {
            let (cell, has_next) = self.cell();
            record.push(cell);
            if !has_next {
                return Some(record);
            }
        }
    }
}

/// The content of a quoted cell and what follows it; `None` when the quote is not closed before a separator or the end
/// of a line, because it is a part of the text then.
fn unquoted(text: &str, separator: char) -> Option<(String, &str)> {
    /// The longest quoted cell in bytes; a quote that is closed later is taken for a sign in the text.
    const LONGEST: usize = 64 * 1024;
    let mut cell = String::new();
    let mut rest = text;
    while cell.len() <= LONGEST {
        let (part, after) = rest.split_once('"')?;
        cell.push_str(part);
        if let Some(later) = after.strip_prefix('"') {
            cell.push('"');
            rest = later;
            continue;
        }
        let ends = after.is_empty() || after.starts_with([separator, '\n']);
        return ends.then_some((cell, after));
    }
    None
}
