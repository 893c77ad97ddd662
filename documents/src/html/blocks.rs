//! The completed parts of a page, before they become a part of the document.

use crate::{
    Block,
    budget::Budget,
    charset::clean,
    html, markup,
    outline::Outline,
    problem::Problem,
    table::{TableRow, TableText},
};

/// A completed part of a page.
enum PageBlock {
    Title(String),
    Heading(u8, String),
    /// The headings of this level and of deeper ones end.
    EndOfHeadings(u8),
    /// A headline that belongs to the next block.
    Lead(String),
    Text(Block),
    /// A caption, and rows.
    Table(Vec<String>, Vec<TableRow>),
}

/// A navigation: it is left out if most of its text is links.
struct Navigation {
    /// The number of parts before it.
    parts: usize,
    name: String,
    /// The number of open elements with the same name inside it.
    same: usize,
    text: usize,
    links: usize,
}

/// The parts since the last ones were handed over.
#[derive(Default)]
pub(super) struct PageBlocks {
    parts: Vec<PageBlock>,
    lead: Option<String>,
    navigation: Option<Navigation>,
    /// Whether the text of an element may be markup itself, as in feeds.
    may_nest: bool,
}

impl PageBlocks {
    pub(super) fn new(may_nest: bool) -> Self {
        Self {
            may_nest,
            ..Self::default()
        }
    }

    pub(super) fn title(&mut self, title: String) {
        self.parts.push(PageBlock::Title(title));
    }

    pub(super) fn heading(&mut self, level: u8, text: String) {
        self.parts.push(PageBlock::Heading(level, text));
    }

    pub(super) fn end_headings(&mut self, level: u8) {
        self.parts.push(PageBlock::EndOfHeadings(level));
    }

    pub(super) fn lead(&mut self, text: String) {
        self.parts.push(PageBlock::Lead(text));
    }

    /// Adds lines, the first of which each piece repeats.
    pub(super) fn text(&mut self, text: String, header_lines: u8) {
        if !text.trim().is_empty() {
            self.parts
                .push(PageBlock::Text(Block::table(text, header_lines)));
        }
    }

    pub(super) fn table(&mut self, captions: Vec<String>, rows: Vec<TableRow>) {
        self.parts.push(PageBlock::Table(captions, rows));
    }

    pub(super) fn is_in_navigation(&self) -> bool {
        self.navigation.is_some()
    }

    pub(super) fn begin_navigation(&mut self, name: &str) {
        if self.navigation.is_none() {
            self.navigation = Some(Navigation {
                parts: self.parts.len(),
                name: name.to_owned(),
                same: 0,
                text: 0,
                links: 0,
            });
        }
    }

    /// Whether the tag with this name ends the navigation.
    pub(super) fn ends_navigation(&mut self, name: &str, is_start: bool) -> bool {
        let Some(navigation) = self.navigation.as_mut().filter(|open| open.name == name) else {
            return false;
        };
        if is_start {
            navigation.same += 1;
        } else if navigation.same > 0 {
            navigation.same -= 1;
        } else {
            return true;
        }
        false
    }

    /// Leaves the navigation out if most of its text is links.
    pub(super) fn end_navigation(&mut self) {
        if let Some(navigation) = self.navigation.take()
            && navigation.links * 10 >= navigation.text * 6
        {
            self.parts.truncate(navigation.parts);
        }
    }

    /// Counts text for the open navigation.
    pub(super) fn count(&mut self, text: &str, is_link: bool) {
        if let Some(navigation) = &mut self.navigation {
            let characters = text.chars().filter(|c| !c.is_whitespace()).count();
            navigation.text += characters;
            if is_link {
                navigation.links += characters;
            }
        }
    }

    /// Moves the completed parts to the document, which checks the budget. A navigation waits for its end.
    pub(super) fn hand_over(
        &mut self,
        outline: &mut Outline,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        let end = self
            .navigation
            .as_ref()
            .map_or(self.parts.len(), |open| open.parts);
        if end == 0 {
            return Ok(());
        }
        let later = self.parts.split_off(end.min(self.parts.len()));
        if let Some(open) = &mut self.navigation {
            open.parts = 0;
        }
        for part in std::mem::replace(&mut self.parts, later) {
            self.add(part, outline, budget)?;
        }
        Ok(())
    }

    /// Hands over everything.
    pub(super) fn finish(
        mut self,
        outline: &mut Outline,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        self.navigation = None;
        self.hand_over(outline, budget)?;
        self.release_lead(outline, budget)
    }

    fn add(
        &mut self,
        part: PageBlock,
        outline: &mut Outline,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        match part {
            PageBlock::Title(title) => {
                outline.title(&title);
                Ok(())
            }
            PageBlock::Heading(level, text) => {
                self.release_lead(outline, budget)?;
                outline.heading(level, text, budget)
            }
            PageBlock::EndOfHeadings(level) => {
                self.release_lead(outline, budget)?;
                outline.close_headings(level);
                Ok(())
            }
            PageBlock::Lead(text) => {
                self.release_lead(outline, budget)?;
                self.lead = Some(text);
                Ok(())
            }
            PageBlock::Text(block) if self.may_nest && markup::is_markup(&block.text) => {
                html::read_into(&block.text, outline, budget)
            }
            PageBlock::Text(block) => {
                let block = match self.lead.take() {
                    Some(lead) => Block::table(format!("{lead}\n{}", block.text), 1),
                    None => block,
                };
                outline.add(block, budget)
            }
            PageBlock::Table(captions, rows) => {
                let mut table = TableText::default();
                for caption in self.lead.take().into_iter().chain(captions) {
                    table.caption(&clean(&caption), budget)?;
                }
                for row in &rows {
                    table.push(row, budget)?;
                }
                table.finish(outline, budget)
            }
        }
    }

    fn release_lead(&mut self, outline: &mut Outline, budget: &mut Budget) -> Result<(), Problem> {
        match self.lead.take() {
            Some(lead) => outline.block(lead, budget),
            None => Ok(()),
        }
    }
}
