//! Untrusted documents: bytes in, sections of text and passages out.
//!
//! [`detect`] tells the media type of a file, [`read`] extracts its text within a [`Budget`] of time, text and
//! decompressed bytes, and [`split`] cuts the text into pieces for an embedding model. The crate does no input or
//! output and starts no threads: the caller reads each document in a confined process.

mod budget;
mod charset;
mod detect;
mod excerpt;
mod html;
mod markdown;
mod media_type;
mod outline;
mod pdf;
mod plain;
mod problem;
mod section;
mod split;
#[cfg(test)]
mod tests;

pub use self::{
    budget::{Budget, MOST_CHARACTERS, MOST_PARTS},
    detect::detect,
    media_type::MediaType,
    outline::{LONGEST_WARNING, MOST_WARNINGS},
    problem::{Problem, ReadingLimits},
    section::{Block, DocumentText, Section},
    split::{Piece, SplitLimits, split},
};

/// Reads a document's text in this process.
pub fn read(
    content: &[u8],
    media_type: MediaType,
    mut budget: Budget,
) -> Result<DocumentText, Problem> {
    let mut text = match media_type {
        MediaType::Text => plain::read(&charset::decode(content), &mut budget)?,
        MediaType::Markdown => markdown::read(&charset::decode(content), &mut budget)?,
        MediaType::Html => html::read(&charset::decode_html(content), &mut budget)?,
        MediaType::Pdf => pdf::read(content, &mut budget)?,
    };
    text.sections.retain(|section| !section.blocks.is_empty());
    if text.sections.is_empty() {
        return Err(Problem::NoText);
    }
    Ok(text)
}
