//! The text of documents: plain text, Markdown, HTML and PDF.
//!
//! Documents come from outside, so everything here is bounded: the time, the text, and what a compressed part may inflate to.
//! A library that panics costs its document only.

mod budget;
mod charset;
mod html;
mod markdown;
mod media_type;
mod pdf;
mod plain;
mod problem;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;

use self::{budget::Budget, problem::Problem};
use crate::{
    domain::MediaType,
    error::{Error, Result},
    port::{Section, TextExtractor},
};

/// The field that a problem with a document is reported for.
const FIELD: &str = "content";
/// Reading a document may take this long.
const TIME: Duration = Duration::from_mins(1);

/// Reads documents that come as files, on a thread of their own.
#[derive(Debug, Clone, Copy)]
pub struct TextFiles {
    time: Duration,
}

impl TextFiles {
    /// One that reads a document for up to a minute.
    pub fn new() -> Self {
        Self { time: TIME }
    }
}

impl Default for TextFiles {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl TextExtractor for TextFiles {
    fn media_type(
        &self,
        field: &str,
        content: &[u8],
        told: Option<&str>,
        name: &str,
    ) -> Result<MediaType> {
        media_type::detect(content, told, name).map_err(|problem| Error::bad_input(field, problem))
    }

    async fn extract(&self, content: Vec<u8>, media_type: MediaType) -> Result<Vec<Section>> {
        // dropped with this future, so that nobody reads on for a caller who has gone
        let (budget, _stop) = Budget::new(self.time);
        let reading = tokio::task::spawn_blocking(move || read(&content, media_type, budget));
        let problem = match tokio::time::timeout(self.time, reading).await {
            Ok(Ok(Ok(sections))) => return Ok(sections),
            Ok(Ok(Err(problem))) => problem,
            // a library has panicked: the panic is in the log, the document is to blame
            Ok(Err(_)) => Problem::Damaged,
            Err(_) => Problem::TooSlow,
        };
        Err(Error::bad_input(FIELD, problem.message()))
    }
}

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

/// Sections being collected: blocks under the headings that are open.
#[derive(Default)]
struct Outline {
    sections: Vec<Section>,
    headings: Vec<(u8, String)>,
}

impl Outline {
    /// A heading of this level, 1 the outermost: closes those of its own level and deeper ones.
    fn heading(&mut self, level: u8, text: String) {
        if text.is_empty() {
            return;
        }
        self.headings.retain(|(outer, _)| *outer < level);
        self.headings.push((level, text));
        let headings = self.headings.iter().map(|(_, text)| text.clone()).collect();
        self.sections.push(Section {
            headings,
            blocks: Vec::new(),
        });
    }

    /// A block under the open headings. A blank one is left out.
    fn block(&mut self, text: String, budget: &mut Budget) -> Result<(), Problem> {
        budget.take(&text)?;
        self.counted_block(text);
        Ok(())
    }

    /// A block whose text was taken from the budget before.
    fn counted_block(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
        if self.sections.is_empty() {
            self.sections.push(Section {
                headings: Vec::new(),
                blocks: Vec::new(),
            });
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(text);
        }
    }

    /// The sections. A heading without a text of its own becomes one, unless others stand under it: they name it.
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
