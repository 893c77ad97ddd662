//! Tables of a page.

use super::{LINE_BREAK, PARAGRAPH, Page};
use crate::{
    charset::{clean, one_line},
    html::open_table::{OpenTable, RowEnd},
};

impl Page {
    pub(super) fn open_table(&mut self) {
        if self.tables.is_empty() {
            self.end_line();
            self.flush_lines();
        } else {
            self.end_row();
            self.flush_table();
        }
        self.tables.push(OpenTable::default());
    }

    pub(super) fn close_table(&mut self) {
        self.end_row();
        self.flush_table();
        self.tables.pop();
        self.text.clear();
    }

    pub(super) fn start_table_part(&mut self, name: &str) {
        match name {
            "td" | "th" => {
                self.end_cell();
                if let Some(table) = self.tables.last_mut() {
                    table.start_cell(name == "th");
                }
            }
            _ => {
                self.end_row();
                if let Some(table) = self.tables.last_mut() {
                    table.is_in_head = name == "thead" || name == "tr" && table.is_in_head;
                }
            }
        }
    }

    pub(super) fn end_table_part(&mut self, name: &str) {
        match name {
            "caption" => {
                let caption =
                    one_line(&std::mem::take(&mut self.text).replace([LINE_BREAK, PARAGRAPH], " "));
                if let Some(table) = self.tables.last_mut() {
                    table.captions.push(caption);
                }
            }
            "td" | "th" => self.end_cell(),
            _ => {
                self.end_row();
                if let Some(table) = self.tables.last_mut() {
                    table.is_in_head &= name != "thead";
                }
            }
        }
    }

    /// Ends the open cell. Text between cells is a paragraph of its own.
    pub(super) fn end_cell(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = match self.tables.last_mut() {
            Some(table) if table.is_in_cell => {
                table.end_cell(text);
                return;
            }
            _ => text,
        };
        self.blocks.text(
            clean(&one_line(&text.replace([LINE_BREAK, PARAGRAPH], " "))),
            0,
        );
    }

    pub(super) fn end_row(&mut self) {
        self.end_cell();
        match self.tables.last_mut().map(OpenTable::end_row) {
            Some(RowEnd::Paragraphs(paragraphs)) => {
                for paragraph in paragraphs {
                    self.blocks.text(clean(&paragraph), 0);
                }
            }
            Some(RowEnd::Row) | None => {}
        }
    }

    /// Completes the rows of the open table so far.
    pub(super) fn flush_table(&mut self) {
        if let Some(table) = self.tables.last_mut()
            && let Some(rows) = table.take_rows()
        {
            self.blocks.table(std::mem::take(&mut table.captions), rows);
        }
    }

    pub(super) fn is_in_cell(&self) -> bool {
        self.tables.last().is_some_and(|table| table.is_in_cell)
    }
}
