//! The state of reading a page: the text since the last break, and the open list or table.

mod lines;
mod lists;
mod tables;

use html5ever::tokenizer::{Tag, TagKind};

use super::{
    blocks::PageBlocks,
    elements::{description, is_block, is_navigation, is_toggle},
    open_table::OpenTable,
    skip::{SkippedElement, TagPosition},
};
use crate::{budget::Budget, markup, outline::Outline, problem::Problem};

/// Stands for `<br>` in a paragraph's text, which contains no control characters.
pub(super) const LINE_BREAK: char = '\u{1}';
/// Stands for the end of a paragraph within a cell.
pub(super) const PARAGRAPH: char = '\u{2}';
/// The maximum depth of indentation of lists.
const DEEPEST_LIST: usize = 8;
/// The level of a `summary`, below the six levels of headings.
const SUMMARY: u8 = 7;
/// The level of the smallest heading in a cell that shows that a table only arranges the page.
const LAYOUT: u8 = 2;
/// The maximum length of a control's text in bytes.
const LONGEST_LABEL: usize = 500;
/// The number of words from which a control that is no toggle is text, and not only a command.
const WORDY: usize = 4;

/// The language of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Html,
    /// HTML in which `<div/>` is a whole element.
    Xhtml,
    /// XML in which the elements mean nothing to us: each begins a line.
    OtherXml,
}

impl Dialect {
    pub(super) fn of(text: &str) -> Self {
        let is_xml = text.trim_start().starts_with("<?xml");
        if is_xml && !markup::is_page(text) {
            Self::OtherXml
        } else if is_xml || text.contains("http://www.w3.org/1999/xhtml") {
            Self::Xhtml
        } else {
            Self::Html
        }
    }
}

/// A control outside a heading.
struct Control {
    /// Where its text begins.
    at: usize,
    is_toggle: bool,
}

/// The state between two tokens.
pub(super) struct Page {
    dialect: Dialect,
    blocks: PageBlocks,
    skip: Option<SkippedElement>,
    /// The text since the last break.
    text: String,
    /// The page's title, while it is open.
    title: Option<String>,
    /// The level of the open heading.
    heading: Option<u8>,
    details: u8,
    links: usize,
    control: Option<Control>,
    /// The lines of the outermost open list.
    lines: String,
    lists: usize,
    /// The outermost list is a list of terms: the number of lines of the open term, and whether its meaning began.
    terms: Option<OpenTerm>,
    tables: Vec<OpenTable>,
    preformatted: usize,
    /// The prefix of the list's next line.
    bullet: String,
}

/// The open term of a list of terms.
#[derive(Default)]
struct OpenTerm {
    lines: u8,
    has_meaning: bool,
}

impl Page {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            blocks: PageBlocks::new(dialect == Dialect::OtherXml),
            skip: None,
            text: String::new(),
            title: None,
            heading: None,
            details: 0,
            links: 0,
            control: None,
            lines: String::new(),
            lists: 0,
            terms: None,
            tables: Vec::new(),
            preformatted: 0,
            bullet: String::new(),
        }
    }

    pub(super) fn is_xml(&self) -> bool {
        self.dialect != Dialect::Html
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.skip.is_some() {
            return;
        }
        if let Some(title) = &mut self.title {
            title.push_str(text);
            return;
        }
        self.blocks.count(text, self.links > 0);
        self.text.push_str(text);
    }

    /// Processes a tag. True for an HTML start tag, whose content may not be markup.
    pub(super) fn tag(&mut self, tag: &Tag) -> bool {
        let starts = tag.kind == TagKind::StartTag;
        let is_whole = tag.self_closing && self.is_xml();
        if let Some(skip) = &mut self.skip {
            let is_foreign = skip.is_foreign();
            let position = if is_whole {
                TagPosition::Within
            } else {
                skip.tag(tag)
            };
            if position != TagPosition::Within {
                self.skip = None;
            }
            if position != TagPosition::EndedBefore {
                return starts && !is_foreign && !is_whole;
            }
        }
        if self.dialect == Dialect::OtherXml {
            self.break_paragraph();
            return false;
        }
        self.skip = SkippedElement::beginning(tag).filter(|_| !is_whole);
        if self.skip.is_some() {
            self.text.push(' ');
            return starts && !self.skip.as_ref().is_some_and(SkippedElement::is_foreign);
        }
        if starts {
            self.start(tag);
        }
        if !starts || is_whole {
            self.end(&tag.name);
        }
        starts && !is_whole
    }

    fn start(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if is_navigation(tag) && !self.blocks.is_in_navigation() {
            self.close_block();
            self.links = 0;
            self.blocks.begin_navigation(name);
        } else {
            self.blocks.ends_navigation(name, true);
        }
        match name {
            "title" => self.title = Some(String::new()),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.start_heading(name),
            "details" => {
                self.break_paragraph();
                self.details = self.details.saturating_add(1);
            }
            "summary" => {
                self.close_block();
                self.heading = Some(self.summary_level());
            }
            "ul" | "ol" | "menu" | "dl" => self.open_list(name),
            "li" | "dt" | "dd" => self.start_item(name),
            "table" => self.open_table(),
            "caption" | "tr" | "thead" | "tbody" | "tfoot" | "td" | "th"
                if !self.tables.is_empty() =>
            {
                self.start_table_part(name);
            }
            "pre" | "listing" => {
                self.end_line();
                self.preformatted += 1;
            }
            "br" if self.preformatted > 0 => self.text.push('\n'),
            "br" => self.text.push(LINE_BREAK),
            "a" => self.links += 1,
            "button" => self.start_control(is_toggle(tag)),
            "img" => {
                if let Some(text) = description(tag) {
                    self.text.extend([" ", text, " "]);
                }
            }
            "div" if self.heading.is_some() => self.text.push(' '),
            name if is_block(name) => self.break_paragraph(),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.blocks.ends_navigation(name, false) {
            self.close_block();
            self.blocks.end_navigation();
        }
        match name {
            "title" => {
                if let Some(title) = self.title.take() {
                    self.blocks.title(title);
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
                if self.heading.is_some_and(|level| level < SUMMARY) =>
            {
                self.close_block();
            }
            "h3" | "h4" | "h5" | "h6" if self.is_in_cell() => self.text.push(PARAGRAPH),
            "summary" => self.close_block(),
            "details" => {
                self.close_block();
                self.blocks.end_headings(self.summary_level());
                self.details = self.details.saturating_sub(1);
            }
            "ul" | "ol" | "menu" | "dl" => self.close_list(),
            "table" => self.close_table(),
            "caption" | "tr" | "thead" | "td" | "th" if !self.tables.is_empty() => {
                self.end_table_part(name);
            }
            "pre" | "listing" => {
                self.end_line();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "li" | "dt" | "dd" => self.end_item(),
            "body" | "html" => self.end_line(),
            "a" => self.links = self.links.saturating_sub(1),
            "button" => self.end_control(),
            "div" if self.heading.is_some() => self.text.push(' '),
            name if is_block(name) => self.break_paragraph(),
            _ => {}
        }
    }

    fn summary_level(&self) -> u8 {
        SUMMARY.saturating_add(self.details.saturating_sub(1))
    }

    /// Starts a heading; within a `summary` it is a part of the text, and a small one within a cell as well.
    fn start_heading(&mut self, name: &str) {
        let level = name.bytes().last().map_or(1, |digit| digit - b'0');
        if self.heading.is_some_and(|level| level >= SUMMARY) {
            self.text.push(' ');
            return;
        }
        if level > LAYOUT && self.is_in_cell() {
            self.text.push(PARAGRAPH);
            return;
        }
        self.close_block();
        self.heading = Some(level);
    }

    /// Moves the completed parts to the document, which checks the budget.
    pub(super) fn hand_over(
        &mut self,
        outline: &mut Outline,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        self.blocks.hand_over(outline, budget)
    }

    pub(super) fn finish(
        mut self,
        outline: &mut Outline,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        if self.heading.is_some() {
            self.close_block();
        }
        while !self.tables.is_empty() {
            self.close_table();
        }
        self.close_block();
        self.blocks.finish(outline, budget)
    }
}
