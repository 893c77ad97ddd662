//! Lists of a page.

use super::{DEEPEST_LIST, LINE_BREAK, OpenTerm, Page};

impl Page {
    /// Starts a list. The text before it becomes a separate block, unless it is inside another list or a cell.
    pub(super) fn open_list(&mut self, name: &str) {
        if self.is_in_cell() {
            self.text.push(LINE_BREAK);
        } else {
            self.end_line();
        }
        self.lists += 1;
        if self.lists == 1 && name == "dl" && self.tables.is_empty() {
            self.terms = Some(OpenTerm::default());
        }
    }

    pub(super) fn close_list(&mut self) {
        if self.tables.is_empty() {
            self.end_line();
        }
        self.lists = self.lists.saturating_sub(1);
        if self.lists == 0 {
            self.flush_lines();
            self.terms = None;
        }
    }

    pub(super) fn start_item(&mut self, name: &str) {
        let depth = self.lists.clamp(1, DEEPEST_LIST) - 1;
        let mark = if name == "dt" { "" } else { "- " };
        if self.is_in_cell() {
            self.text.push(LINE_BREAK);
            self.text.push_str(mark);
            return;
        }
        self.end_line();
        if self.lists == 1 {
            self.start_term(name);
        }
        self.bullet = format!("{}{mark}", "  ".repeat(depth));
    }

    /// Each term of a list of terms is a block with its meaning, which repeats the term where it is split.
    pub(super) fn start_term(&mut self, name: &str) {
        let Some(term) = &mut self.terms else {
            return;
        };
        if name == "dd" {
            term.has_meaning = true;
        } else if term.has_meaning {
            self.flush_lines();
            self.terms = Some(OpenTerm {
                lines: 1,
                has_meaning: false,
            });
        } else {
            term.lines = term.lines.saturating_add(1);
        }
    }

    pub(super) fn end_item(&mut self) {
        if !self.is_in_cell() {
            self.end_line();
        }
    }

    pub(super) fn is_in_term(&self) -> bool {
        self.terms.as_ref().is_some_and(|term| !term.has_meaning)
    }

    /// Completes the lines of the list so far.
    pub(super) fn flush_lines(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.bullet.clear();
        let header = self.terms.as_ref().filter(|term| term.has_meaning);
        let header_lines = header.map_or(0, |term| term.lines);
        self.blocks.text(lines.trim_end().to_owned(), header_lines);
    }
}
