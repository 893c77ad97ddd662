//! A table of a page while it is read.

use super::page::{LINE_BREAK, PARAGRAPH};
use crate::{
    charset::{clean, one_line},
    table::TableRow,
};

/// An open table.
#[derive(Default)]
pub(super) struct OpenTable {
    pub(super) captions: Vec<String>,
    rows: Vec<TableRow>,
    cells: Vec<String>,
    /// Whether a cell is open.
    pub(super) is_in_cell: bool,
    /// Whether the header of the table is open.
    pub(super) is_in_head: bool,
    /// Whether each cell of the row is a header.
    is_header: bool,
}

/// What the end of a row makes of it.
pub(super) enum RowEnd {
    /// Nothing, or a row of the table.
    Row,
    /// The table only arranges the page: the paragraphs of its only cell.
    Paragraphs(Vec<String>),
}

impl OpenTable {
    pub(super) fn start_cell(&mut self, is_header: bool) {
        self.is_header = is_header && (self.is_header || self.cells.is_empty());
        self.is_in_cell = true;
    }

    pub(super) fn end_cell(&mut self, text: String) {
        self.cells.push(text);
        self.is_in_cell = false;
    }

    pub(super) fn end_row(&mut self) -> RowEnd {
        let cells = std::mem::take(&mut self.cells);
        let is_header = std::mem::take(&mut self.is_header) || self.is_in_head;
        if cells.is_empty() {
            return RowEnd::Row;
        }
        if let [only] = cells.as_slice()
            && self.rows.is_empty()
            && !is_header
        {
            let paragraphs = only.split(PARAGRAPH).map(lines_of);
            return RowEnd::Paragraphs(paragraphs.collect());
        }
        let cells = cells
            .iter()
            .map(|cell| clean(&one_line(&cell.replace([LINE_BREAK, PARAGRAPH], " "))))
            .collect();
        self.rows.push(if is_header {
            TableRow::header(cells)
        } else {
            TableRow::new(cells)
        });
        RowEnd::Row
    }

    /// The rows so far, unless there are neither rows nor a caption.
    pub(super) fn take_rows(&mut self) -> Option<Vec<TableRow>> {
        if self.rows.is_empty() && self.captions.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut self.rows))
    }
}

fn lines_of(paragraph: &str) -> String {
    let lines: Vec<String> = paragraph
        .split(LINE_BREAK)
        .map(one_line)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}
