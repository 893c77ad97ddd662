//! The state of reading a page: the text since the last break, and the open list or table.

use html5ever::tokenizer::{Tag, TagKind};

use super::skip::{SkippedElement, TagPosition};
use crate::{
    DocumentText,
    budget::Budget,
    charset::{clean, one_line},
    outline::Outline,
    problem::Problem,
};

/// Stands for `<br>` in a paragraph's text, which contains no control characters.
const LINE_BREAK: char = '\u{1}';
/// The maximum depth of indentation of lists.
const DEEPEST_LIST: usize = 8;

/// A completed part of the page.
enum PageBlock {
    Heading(u8, String),
    Block(String),
}

/// The state between two tokens.
#[derive(Default)]
pub(super) struct Page {
    found: Vec<PageBlock>,
    outline: Outline,
    skip: Option<SkippedElement>,
    /// The text since the last break.
    text: String,
    /// The level of the open heading.
    heading: Option<u8>,
    /// The lines of the outermost open list or table.
    lines: String,
    lists: usize,
    tables: usize,
    preformatted: usize,
    /// The prefix of the list's next line.
    bullet: String,
}

impl Page {
    pub(super) fn text(&mut self, text: &str) {
        if self.skip.is_none() {
            self.text.push_str(text);
        }
    }

    /// Processes a tag. True for an HTML start tag, whose content may not be markup.
    pub(super) fn tag(&mut self, tag: &Tag) -> bool {
        let starts = tag.kind == TagKind::StartTag;
        if let Some(skip) = &mut self.skip {
            let is_foreign = skip.is_foreign();
            let outcome = skip.tag(tag);
            if outcome != TagPosition::Within {
                self.skip = None;
            }
            if outcome != TagPosition::EndedBefore {
                return starts && !is_foreign;
            }
        }
        self.skip = SkippedElement::beginning(tag);
        if self.skip.is_some() {
            self.text.push(' ');
        } else if starts {
            self.start(&tag.name);
        } else {
            self.end(&tag.name);
        }
        starts && !self.skip.as_ref().is_some_and(SkippedElement::is_foreign)
    }

    fn start(&mut self, name: &str) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.close_block();
                self.heading = name.bytes().last().map(|digit| digit - b'0');
            }
            "ul" | "ol" | "menu" | "dl" => {
                self.open_lines();
                self.lists += 1;
            }
            "table" => {
                self.open_lines();
                self.tables += 1;
            }
            "li" | "dt" | "dd" if self.tables == 0 => {
                self.end_line();
                let depth = self.lists.clamp(1, DEEPEST_LIST) - 1;
                let mark = if name == "dt" { "" } else { "- " };
                self.bullet = format!("{}{mark}", "  ".repeat(depth));
            }
            "tr" | "caption" => self.end_line(),
            "td" | "th" if !self.text.trim().is_empty() => self.text.push_str(" | "),
            "pre" => {
                self.end_line();
                self.preformatted += 1;
            }
            "br" if self.preformatted > 0 => self.text.push('\n'),
            "br" => self.text.push(LINE_BREAK),
            "img" | "wbr" | "td" | "th" => {}
            name if is_inline(name) => {}
            _ => self.break_paragraph(),
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.close_block(),
            "ul" | "ol" | "menu" | "dl" => {
                self.end_line();
                self.lists = self.lists.saturating_sub(1);
                self.close_lines();
            }
            "table" => {
                self.end_line();
                self.tables = self.tables.saturating_sub(1);
                self.close_lines();
            }
            "pre" => {
                self.end_line();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "li" | "dt" | "dd" if self.tables == 0 => self.end_line(),
            "tr" | "caption" | "body" | "html" => self.end_line(),
            "td" | "th" => {}
            name if is_inline(name) => {}
            _ => self.break_paragraph(),
        }
    }

    fn is_in_lines(&self) -> bool {
        self.lists > 0 || self.tables > 0
    }

    /// Starts a list or a table. The text before it becomes a separate block, unless it is inside another list or
    /// table.
    fn open_lines(&mut self) {
        if self.tables == 0 {
            self.end_line();
        } else {
            self.text.push(' ');
        }
    }

    /// Ends a paragraph. Inside a cell or a list item, this adds only a space.
    fn break_paragraph(&mut self) {
        if self.preformatted > 0 {
            return;
        }
        if self.is_in_lines() && self.heading.is_none() {
            self.text.push(' ');
        } else if !self.text.trim().is_empty() {
            self.end_line();
        }
    }

    /// Ends a line of a list or table, a paragraph, or a heading.
    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        if let Some(level) = self.heading.take() {
            let heading = one_line(&text.replace(LINE_BREAK, " "));
            self.found.push(PageBlock::Heading(level, clean(&heading)));
            return;
        }
        let text = if self.preformatted > 0 {
            text.trim_matches('\n').trim_end().to_owned()
        } else {
            let lines: Vec<String> = text
                .split(LINE_BREAK)
                .map(one_line)
                .filter(|line| !line.is_empty())
                .collect();
            lines.join(if self.is_in_lines() { " " } else { "\n" })
        };
        let text = clean(&text);
        if text.trim().is_empty() {
            return;
        }
        if self.is_in_lines() {
            self.lines.push_str(&std::mem::take(&mut self.bullet));
            self.lines.push_str(text.trim_start_matches("| "));
            self.lines.push('\n');
        } else {
            self.found.push(PageBlock::Block(text));
        }
    }

    fn close_lines(&mut self) {
        if !self.is_in_lines() {
            let lines = std::mem::take(&mut self.lines);
            self.bullet.clear();
            self.found
                .push(PageBlock::Block(lines.trim_end().to_owned()));
        }
    }

    /// Ends all open parts before a heading. A list or a table may continue after it.
    fn close_block(&mut self) {
        self.end_line();
        let lines = std::mem::take(&mut self.lines);
        self.found
            .push(PageBlock::Block(lines.trim_end().to_owned()));
    }

    /// Moves the completed parts to the outline, which checks the budget.
    pub(super) fn hand_over(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        for found in std::mem::take(&mut self.found) {
            match found {
                PageBlock::Heading(level, text) => self.outline.heading(level, text, budget)?,
                PageBlock::Block(text) => self.outline.block(text, budget)?,
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, budget: &mut Budget) -> Result<DocumentText, Problem> {
        self.close_block();
        self.hand_over(budget)?;
        Ok(self.outline.finish())
    }
}

/// Elements that do not break a line.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "col"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "meter"
            | "output"
            | "q"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
    )
}
