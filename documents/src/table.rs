//! A table as text: a line for each row, its cells separated by bars, the caption and the header first.

use crate::{Block, budget::Budget, outline::Outline, problem::Problem};

/// The separator of cells.
const BETWEEN: &str = " | ";
/// The maximum size of a caption and header together in bytes: each piece of the table repeats them.
const LONGEST_HEADER: usize = 1_500;
/// The maximum number of lines that are repeated.
const MOST_HEADER_LINES: u32 = 8;
/// The maximum number of rows with one cell above a header.
const MOST_TITLES: u32 = 3;

/// A row of a table.
#[derive(Debug, Default)]
pub(crate) struct TableRow {
    cells: Vec<String>,
    is_header: bool,
}

impl TableRow {
    pub(crate) fn new(cells: Vec<String>) -> Self {
        Self {
            cells,
            is_header: false,
        }
    }

    /// A row that the document itself marks as a header.
    pub(crate) fn header(cells: Vec<String>) -> Self {
        Self {
            cells,
            is_header: true,
        }
    }

    fn filled(&self) -> impl Iterator<Item = &str> {
        let cells = self.cells.iter().map(|cell| cell.trim());
        cells.filter(|cell| !cell.is_empty())
    }

    /// The row's line: without the empty cells at its end, and blank when all are.
    pub(crate) fn line(&self) -> String {
        let mut line = self.cells.join(BETWEEN);
        let end = line.trim_end_matches([' ', '|']).len();
        line.truncate(end);
        line
    }

    /// Whether the row names columns: at least two texts; years may be among them.
    fn names_columns(&self) -> bool {
        let mut cells = self.filled();
        let is_named = cells.next().is_some_and(|first| !is_value(first));
        let mut others = cells.peekable();
        is_named && others.peek().is_some() && others.all(|cell| !is_value(cell) || is_year(cell))
    }

    /// Whether the row may be the first of a table: a title or names of columns.
    pub(crate) fn begins_table(&self) -> bool {
        self.has_one_cell() || self.names_columns()
    }

    /// Whether the row may be a title above the table.
    fn has_one_cell(&self) -> bool {
        self.filled().nth(1).is_none()
    }
}

/// Numbers, amounts, dates and addresses.
fn is_value(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    digits > letters || cell.contains('@') || cell.contains("://")
}

fn is_year(cell: &str) -> bool {
    cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20"))
}

/// What the rows so far say about the header.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum HeaderState {
    /// No row yet, or only titles above the table.
    #[default]
    Open,
    /// All rows are marked as headers by the document.
    Marked,
    /// No further row belongs to the header.
    Complete,
}

/// Collects the rows of a table.
#[derive(Debug, Default)]
pub(crate) struct TableText {
    text: String,
    lines: u32,
    rows: u32,
    header: HeaderState,
    header_lines: u32,
    /// The size of these lines in bytes.
    header_bytes: usize,
}

impl TableText {
    /// Adds a line above the rows that each piece repeats.
    pub(crate) fn caption(&mut self, caption: &str, budget: &mut Budget) -> Result<(), Problem> {
        if caption.trim().is_empty() {
            return Ok(());
        }
        budget.take(caption)?;
        self.add_line(caption);
        if self.rows == 0 {
            self.extend_header();
        }
        Ok(())
    }

    /// Adds a row. A blank one is left out.
    pub(crate) fn push(&mut self, row: &TableRow, budget: &mut Budget) -> Result<(), Problem> {
        let line = row.line();
        if line.trim().is_empty() {
            return Ok(());
        }
        budget.take(&line)?;
        self.add_line(&line);
        self.rows += 1;
        match self.header {
            HeaderState::Open | HeaderState::Marked if row.is_header => {
                self.header = HeaderState::Marked;
                self.extend_header();
            }
            HeaderState::Open if row.names_columns() => {
                self.header = HeaderState::Complete;
                self.extend_header();
            }
            // a title above the table belongs to the header below it, if there is one
            HeaderState::Open if row.has_one_cell() && self.rows <= MOST_TITLES => {}
            _ => self.header = HeaderState::Complete,
        }
        Ok(())
    }

    /// Adds the table as a block. A header without rows below it is no header.
    pub(crate) fn finish(self, outline: &mut Outline, budget: &mut Budget) -> Result<(), Problem> {
        let is_header = self.lines > self.header_lines
            && self.header_lines <= MOST_HEADER_LINES
            && self.header_bytes <= LONGEST_HEADER;
        let header_lines = if is_header { self.header_lines } else { 0 };
        let header_lines = u8::try_from(header_lines).unwrap_or_default();
        outline.counted_block(Block::table(self.text, header_lines), budget)
    }

    fn add_line(&mut self, line: &str) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
    }

    /// Everything so far belongs to the header.
    fn extend_header(&mut self) {
        self.header_lines = self.lines;
        self.header_bytes = self.text.len();
    }
}
