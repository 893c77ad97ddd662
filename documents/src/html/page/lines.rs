//! Paragraphs and controls of a page.

use super::{Control, LINE_BREAK, LONGEST_LABEL, PARAGRAPH, Page, WORDY};
use crate::charset::{clean, one_line};

impl Page {
    /// Ends a paragraph. Inside a cell, a list item or a control, this adds only a space.
    pub(super) fn break_paragraph(&mut self) {
        if self.preformatted > 0 {
            return;
        }
        // a control that is not closed must not swallow the page
        let is_in_control = self
            .control
            .as_ref()
            .is_some_and(|control| self.text.len() < control.at + LONGEST_LABEL);
        if is_in_control {
            self.text.push(' ');
        } else if self.is_in_cell() && self.heading.is_none() {
            self.text.push(PARAGRAPH);
        } else if self.lists > 0 && self.tables.is_empty() && self.heading.is_none() {
            self.text.push(' ');
        } else if !self.text.trim().is_empty() {
            self.end_line();
        }
    }

    /// Ends a line of a list, a paragraph, or a heading.
    pub(super) fn end_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        if let Some(level) = self.heading.take() {
            let heading = one_line(&text.replace([LINE_BREAK, PARAGRAPH], " "));
            self.blocks.heading(level, clean(&heading));
            return;
        }
        if self.is_in_cell() {
            self.text = text;
            self.text.push(PARAGRAPH);
            return;
        }
        let is_in_list = self.lists > 0 && self.tables.is_empty();
        let text = if self.preformatted > 0 {
            text.trim_matches('\n').trim_end().to_owned()
        } else {
            let lines: Vec<String> = text
                .split(LINE_BREAK)
                .map(one_line)
                .filter(|line| !line.is_empty())
                .collect();
            lines.join(if is_in_list { " " } else { "\n" })
        };
        let text = clean(&text);
        if text.trim().is_empty() {
            return;
        }
        if is_in_list {
            self.lines.push_str(&std::mem::take(&mut self.bullet));
            self.lines.push_str(&text);
            self.lines.push('\n');
        } else {
            self.blocks.text(text, 0);
        }
    }

    /// Ends all open parts before a heading. A list or a table may continue after it.
    pub(super) fn close_block(&mut self) {
        self.control = None;
        if let Some(table) = self.tables.last() {
            let is_in_cell = table.is_in_cell && self.heading.is_none();
            if self.heading.is_some() {
                self.end_line();
            } else {
                self.end_row();
                self.flush_table();
            }
            if is_in_cell && let Some(table) = self.tables.last_mut() {
                table.start_cell(false);
            }
            return;
        }
        self.end_line();
        self.flush_lines();
    }

    /// Starts a control. In a heading, a term or a cell it is a part of the text.
    pub(super) fn start_control(&mut self, is_toggle: bool) {
        if self.heading.is_some()
            || self.is_in_term()
            || !self.tables.is_empty()
            || self.control.is_some()
        {
            return;
        }
        self.break_paragraph();
        self.control = Some(Control {
            at: self.text.len(),
            is_toggle,
        });
    }

    /// Ends a control: the headline of what it unfolds is text, a command is not.
    pub(super) fn end_control(&mut self) {
        let Some(control) = self.control.take() else {
            return;
        };
        let label = self
            .text
            .split_off(self.text.floor_char_boundary(control.at));
        let label = clean(&one_line(&label));
        let is_text =
            control.is_toggle || label.ends_with(['?', '？']) || label.split(' ').count() >= WORDY;
        if label.is_empty() || !is_text {
            return;
        }
        if self.lists > 0 {
            self.end_line();
            self.text = label;
            self.end_line();
        } else {
            self.blocks.lead(label);
        }
    }
}
