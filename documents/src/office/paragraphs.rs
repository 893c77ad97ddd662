//! The paragraphs, lists and tables of a word processor's file, in the order of their ends.

use crate::{
    Block,
    budget::Budget,
    charset::{clean, one_line},
    outline::Outline,
    problem::Problem,
    table::{TableRow, TableText},
};

/// The maximum depth of indentation of lists.
const DEEPEST_LIST: usize = 8;

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParagraphKind {
    /// Level 0 is the title of the document.
    Heading(u8),
    /// An item of a list at this depth, from 0.
    Item(usize),
    /// The caption of a table or picture.
    Caption,
    Text,
}

/// A table that is open.
#[derive(Default)]
struct OpenTable {
    rows: Vec<TableRow>,
    cells: Vec<String>,
    cell: String,
    is_header: bool,
}

/// Collects paragraphs: list items as lines of one block, rows as lines of a table.
#[derive(Default)]
pub(crate) struct Paragraphs {
    pub(crate) outline: Outline,
    lines: String,
    caption: Option<String>,
    /// The open tables, from the outermost.
    tables: Vec<OpenTable>,
    /// Notes that belong to the open paragraph or row.
    notes: Vec<String>,
}

impl Paragraphs {
    /// Adds a paragraph. Within a cell it is a part of the cell.
    pub(crate) fn paragraph(
        &mut self,
        kind: ParagraphKind,
        text: &str,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        let lines: Vec<String> = text
            .split('\n')
            .map(one_line)
            .filter(|line| !line.is_empty())
            .collect();
        let text = clean(&lines.join("\n"));
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(table) = self.tables.last_mut() {
            if !table.cell.is_empty() {
                table.cell.push(' ');
            }
            table.cell.push_str(&one_line(&text));
            return Ok(());
        }
        if let ParagraphKind::Item(depth) = kind {
            self.release_caption(budget)?;
            let indent = "  ".repeat(depth.min(DEEPEST_LIST));
            self.lines
                .extend([indent.as_str(), "- ", &one_line(&text), "\n"]);
            return self.release_notes_of_list(budget);
        }
        self.close_list(budget)?;
        self.release_caption(budget)?;
        match kind {
            ParagraphKind::Heading(level) => {
                self.outline.heading(level, one_line(&text), budget)?;
            }
            ParagraphKind::Caption => self.caption = Some(text),
            ParagraphKind::Text | ParagraphKind::Item(_) => self.outline.block(text, budget)?,
        }
        self.release_notes(budget)
    }

    /// Adds a note that follows the open paragraph or table.
    pub(crate) fn note(&mut self, mark: &str, text: &str) {
        let text = clean(&one_line(text));
        if !text.is_empty() {
            self.notes.push(format!("[{mark}] {text}"));
        }
    }

    pub(crate) fn start_table(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        if self.tables.is_empty() {
            self.close_list(budget)?;
        }
        self.tables.push(OpenTable::default());
        Ok(())
    }

    pub(crate) fn start_row(&mut self, is_header: bool) {
        if let Some(table) = self.tables.last_mut() {
            table.is_header = is_header;
        }
    }

    pub(crate) fn mark_header(&mut self) {
        self.start_row(true);
    }

    pub(crate) fn end_cell(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            let cell = std::mem::take(&mut table.cell);
            table.cells.push(cell);
        }
    }

    /// Ends a cell that stands for several columns with the same text.
    pub(crate) fn end_cells(&mut self, columns: usize) {
        self.end_cell();
        if let Some(table) = self.tables.last_mut()
            && let Some(cell) = table.cells.last().cloned()
        {
            table
                .cells
                .extend(std::iter::repeat_n(cell, columns.saturating_sub(1)));
        }
    }

    pub(crate) fn end_row(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            let cells = std::mem::take(&mut table.cells);
            let is_header = std::mem::take(&mut table.is_header);
            table.rows.push(if is_header {
                TableRow::header(cells)
            } else {
                TableRow::new(cells)
            });
        }
    }

    /// Ends a table. A table inside a cell becomes a part of the cell.
    pub(crate) fn end_table(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        let Some(table) = self.tables.pop() else {
            return Ok(());
        };
        if let Some(outer) = self.tables.last_mut() {
            for row in &table.rows {
                outer.cell.push(' ');
                outer.cell.push_str(&row.line());
            }
            return Ok(());
        }
        let mut text = TableText::default();
        if let Some(caption) = self.caption.take() {
            text.caption(&one_line(&caption), budget)?;
        }
        for row in &table.rows {
            text.push(row, budget)?;
        }
        text.finish(&mut self.outline, budget)?;
        self.release_notes(budget)
    }

    /// Ends the open list.
    pub(crate) fn close_list(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        let lines = std::mem::take(&mut self.lines);
        self.outline.add(Block::new(lines.trim_end()), budget)
    }

    /// Ends everything that is open.
    pub(crate) fn finish(mut self, budget: &mut Budget) -> Result<Outline, Problem> {
        while !self.tables.is_empty() {
            self.end_row();
            self.end_table(budget)?;
        }
        self.close_list(budget)?;
        self.release_caption(budget)?;
        self.release_notes(budget)?;
        Ok(self.outline)
    }

    fn release_caption(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        match self.caption.take() {
            Some(caption) => self.outline.block(caption, budget),
            None => Ok(()),
        }
    }

    fn release_notes_of_list(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        if self.notes.is_empty() {
            return Ok(());
        }
        self.close_list(budget)?;
        self.release_notes(budget)
    }

    fn release_notes(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        for note in std::mem::take(&mut self.notes) {
            self.outline.block(note, budget)?;
        }
        Ok(())
    }
}
