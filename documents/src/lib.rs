//! Untrusted documents: bytes in, sections of text and passages out.
//!
//! [`detect()`] tells the media type of a file, [`read`] extracts its text within a [`Budget`] of time, text and
//! decompressed bytes, and [`split()`] cuts the text into pieces for an embedding model. The crate does no input or
//! output and starts no threads: the caller reads each document in a confined process.

mod budget;
mod charset;
mod csv;
mod detect;
mod excerpt;
mod html;
mod mail;
mod markdown;
mod markup;
mod media_type;
mod office;
mod outline;
mod pdf;
mod plain;
mod problem;
mod rtf;
mod section;
mod split;
mod table;
#[cfg(test)]
mod tests;
mod text_forms;

pub use self::{
    budget::{Budget, MOST_CHARACTERS, MOST_PARTS},
    charset::Charset,
    detect::{DocumentLabel, detect},
    media_type::{ContentType, MediaType, charset_parameter},
    outline::{LONGEST_WARNING, MOST_WARNINGS},
    problem::{Problem, ReadingLimits},
    section::{Block, DocumentText, Section},
    split::{Piece, SplitLimits, split},
    text_forms::normalize,
};

/// Reads a document's text in this process.
pub fn read(
    content: &[u8],
    kind: impl Into<ContentType>,
    mut budget: Budget,
) -> Result<DocumentText, Problem> {
    let budget = &mut budget;
    let ContentType {
        media_type,
        charset,
    } = kind.into();
    let mut text = match media_type {
        MediaType::Text => plain::read(&charset::decode(content, charset)?, budget)?,
        MediaType::Markdown => markdown::read(&charset::decode(content, charset)?, budget)?,
        MediaType::Html => html::read(&charset::decode_markup(content, charset)?, budget)?,
        MediaType::Csv => csv::read(&charset::decode(content, charset)?, None, budget)?,
        MediaType::Tsv => csv::read(&charset::decode(content, charset)?, Some('\t'), budget)?,
        MediaType::Pdf => pdf::read(content, budget)?,
        MediaType::Docx => office::docx::read(content, budget)?,
        MediaType::Pptx => office::pptx::read(content, budget)?,
        MediaType::Xlsx => office::xlsx::read(content, budget)?,
        MediaType::Odt | MediaType::Ods | MediaType::Odp => office::odf::read(content, budget)?,
        MediaType::Epub => office::epub::read(content, budget)?,
        MediaType::Rtf => rtf::read(content, budget)?,
        MediaType::Mail | MediaType::WebArchive => mail::read(content, media_type, budget)?,
    };
    text.sections.retain(|section| !section.blocks.is_empty());
    if text.sections.is_empty() {
        return Err(Problem::NoText);
    }
    if media_type != MediaType::Pdf {
        warn_of_unreadable(&mut text);
    }
    Ok(text)
}

/// Counts the characters that were not valid in the document's encoding.
fn warn_of_unreadable(text: &mut DocumentText) {
    let blocks = text.sections.iter().flat_map(|section| &section.blocks);
    let unreadable: usize = blocks
        .map(|block| block.text.matches('\u{fffd}').count())
        .sum();
    if unreadable > 0 && text.warnings.len() < MOST_WARNINGS {
        let warning = format!("{unreadable} characters could not be read");
        text.warnings.push(warning);
    }
}
