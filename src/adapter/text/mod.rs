//! Extracts the text of documents: plain text, Markdown, HTML and PDF.
//!
//! Documents are untrusted, so reading has two limits. Each document is read in its own process
//! ([`DocumentProcesses`]); when that exceeds its memory or time, only this process ends. Inside the process, a
//! [`budget::Budget`] of time, text and decompressed bytes reports most excesses precisely, before the process is
//! killed.

mod budget;
mod charset;
mod child;
mod confine;
mod html;
mod markdown;
mod media_type;
mod pdf;
mod plain;
mod problem;
mod processes;
#[cfg(test)]
mod tests;
mod wire;

pub use child::{DocumentRequest, read_document};
pub use processes::{DocumentProcessOptions, DocumentProcesses};

use self::{budget::Budget, problem::Problem};
use crate::{domain::MediaType, error::Result, port::Section};

/// The maximum length of a heading in bytes; a longer one becomes a paragraph. Each section repeats its headings.
const LONGEST_HEADING: usize = 1_000;

/// Reads a document's text in this process.
fn read(
    content: &[u8],
    media_type: MediaType,
    mut budget: Budget,
) -> Result<Vec<Section>, Problem> {
    let sections = match media_type {
        MediaType::Text => plain::read(&charset::decode(content), &mut budget)?,
        MediaType::Markdown => markdown::read(&charset::decode(content), &mut budget)?,
        MediaType::Html => html::read(&charset::decode_html(content), &mut budget)?,
        MediaType::Pdf => pdf::read(content, &mut budget)?,
    };
    let kept: Vec<Section> = sections
        .into_iter()
        .filter(|section| !section.blocks.is_empty())
        .collect();
    if kept.is_empty() {
        return Err(Problem::NoText);
    }
    Ok(kept)
}

/// Collects sections: blocks under the open headings.
#[derive(Default)]
struct Outline {
    sections: Vec<Section>,
    headings: Vec<(u8, String)>,
}

impl Outline {
    /// Starts a section. Level 1 is the outermost; headings of the same and of deeper levels are closed.
    fn heading(&mut self, level: u8, text: String, budget: &mut Budget) -> Result<(), Problem> {
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

    /// Adds a block under the open headings. A blank block is left out.
    fn block(&mut self, text: String, budget: &mut Budget) -> Result<(), Problem> {
        budget.take(&text)?;
        self.counted_block(text, budget)
    }

    /// Adds a block whose text was already deducted from the budget.
    fn counted_block(&mut self, text: String, budget: &mut Budget) -> Result<(), Problem> {
        if text.trim().is_empty() {
            return Ok(());
        }
        budget.take_parts(1 + usize::from(self.sections.is_empty()))?;
        if self.sections.is_empty() {
            self.sections.push(Section {
                headings: Vec::new(),
                blocks: Vec::new(),
            });
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(text);
        }
        Ok(())
    }

    /// Returns the sections. The heading of an empty section becomes its text, unless the next section is below it.
    fn finish(mut self) -> Vec<Section> {
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
                section.blocks.extend(section.headings.pop());
            }
        }
        self.sections
    }
}
