//! Collects the sections of a document while it is read.

use crate::{Block, DocumentText, Section, budget::Budget, problem::Problem};

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
    warnings: Vec<String>,
}

impl Outline {
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

    /// Adds a table whose first lines are its caption and its header.
    pub(crate) fn table(
        &mut self,
        text: String,
        header_lines: u8,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        self.add(Block::table(text, header_lines), budget)
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
        budget.take_parts(1 + usize::from(self.sections.is_empty()))?;
        if self.sections.is_empty() {
            self.sections.push(Section::default());
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(block);
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
    pub(crate) fn finish(mut self) -> DocumentText {
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
        DocumentText {
            sections: self.sections,
            warnings: self.warnings,
        }
    }
}
