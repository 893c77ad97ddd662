//! Collects the sections of a document while it is read.

use crate::{
    Block, DocumentText, Section,
    budget::Budget,
    charset::{clean, one_line},
    problem::Problem,
};

/// The maximum length of a heading in bytes; a longer one becomes a paragraph. Each section repeats its headings.
pub(crate) const LONGEST_HEADING: usize = 1_000;
/// The maximum number of warnings about a document.
pub const MOST_WARNINGS: usize = 20;
/// The maximum length of a warning in bytes.
pub const LONGEST_WARNING: usize = 500;

/// Collects sections: blocks under the open headings; and warnings about what could not be read.
#[derive(Default)]
pub(crate) struct Outline {
    sections: Vec<Section>,
    headings: Vec<(u8, String)>,
    /// Whether the open headings are not those of the last section.
    is_between: bool,
    title: Option<String>,
    warnings: Vec<String>,
}

impl Outline {
    /// Names the whole document: the outermost heading of every section. It is no text of its own.
    pub(crate) fn title(&mut self, title: &str) {
        let title = one_line(&clean(title));
        if self.title.is_none() && !title.is_empty() && title.len() <= LONGEST_HEADING {
            self.title = Some(title);
        }
    }

    /// Closes the headings of this level and of deeper ones: what follows belongs to those that stay open.
    pub(crate) fn close_headings(&mut self, level: u8) {
        let open = self.headings.len();
        self.headings.retain(|(outer, _)| *outer < level);
        self.is_between |= self.headings.len() < open;
    }

    /// Starts a section. Level 1 is the outermost; headings of the same and of deeper levels are closed.
    pub(crate) fn heading(
        &mut self,
        level: u8,
        text: String,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > LONGEST_HEADING {
            return self.block(text, budget);
        }
        self.headings.retain(|(outer, _)| *outer < level);
        self.headings.push((level, text));
        self.open_section(budget)
    }

    fn open_section(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        self.is_between = false;
        budget.take_parts(1 + self.headings.len())?;
        for (_, text) in &self.headings {
            budget.take(text)?;
        }
        let headings = self.headings.iter().map(|(_, text)| text.clone()).collect();
        self.sections.push(Section {
            headings,
            blocks: Vec::new(),
        });
        Ok(())
    }

    /// Adds a paragraph, list or code block under the open headings. A blank one is left out.
    pub(crate) fn block(&mut self, text: String, budget: &mut Budget) -> Result<(), Problem> {
        self.add(Block::new(text), budget)
    }

    /// Adds a block under the open headings. A blank block is left out.
    pub(crate) fn add(&mut self, block: Block, budget: &mut Budget) -> Result<(), Problem> {
        budget.take(&block.text)?;
        self.counted_block(block, budget)
    }

    /// Adds a block whose text was already deducted from the budget.
    pub(crate) fn counted_block(
        &mut self,
        block: Block,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        if block.text.trim().is_empty() {
            return Ok(());
        }
        budget.take_parts(1)?;
        if self.sections.is_empty() || self.is_between {
            self.open_section(budget)?;
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(block);
        }
        Ok(())
    }

    /// Adds a text that was read before; its parts were deducted from the budget.
    pub(crate) fn append(
        &mut self,
        text: DocumentText,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        let open: Vec<String> = self.headings.iter().map(|(_, text)| text.clone()).collect();
        for mut section in text.sections {
            budget.take_parts(1)?;
            section.headings.splice(0..0, open.iter().cloned());
            self.sections.push(section);
        }
        for warning in text.warnings {
            self.warn(warning);
        }
        Ok(())
    }

    /// Adds a warning: a sentence about what could not be read, without a full stop. The first [`MOST_WARNINGS`] are
    /// kept, and longer ones are cut.
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        let mut warning: String = warning.into();
        if self.warnings.len() >= MOST_WARNINGS || self.warnings.contains(&warning) {
            return;
        }
        if warning.len() > LONGEST_WARNING {
            warning.truncate(warning.floor_char_boundary(LONGEST_WARNING - '…'.len_utf8()));
            warning.push('…');
        }
        self.warnings.push(warning);
    }

    /// Returns the text. The heading of an empty section becomes its text, unless the next section is below it.
    pub(crate) fn finish(mut self, budget: &mut Budget) -> Result<DocumentText, Problem> {
        let named: Vec<bool> = self
            .sections
            .iter()
            .skip(1)
            .map(|next| Some(next.headings.as_slice()))
            .chain([None])
            .zip(&self.sections)
            .map(|(next, section)| next.is_some_and(|next| next.starts_with(&section.headings)))
            .collect();
        for (section, named) in self.sections.iter_mut().zip(named) {
            if section.blocks.is_empty() && !named {
                section
                    .blocks
                    .extend(section.headings.pop().map(Block::new));
            }
        }
        self.sections.retain(|section| !section.blocks.is_empty());
        if let Some(title) = self.title {
            for section in &mut self.sections {
                // a page's title usually repeats its first heading
                if section.headings.first() == Some(&title) {
                    continue;
                }
                budget.take(&title)?;
                budget.take_parts(1)?;
                section.headings.insert(0, title.clone());
            }
        }
        Ok(DocumentText {
            sections: self.sections,
            warnings: self.warnings,
        })
    }
}
