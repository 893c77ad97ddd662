//! Documents as programs write them, and hostile ones. The PDF samples were made with reportlab, fpdf2 and pypdf.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "the files are small, and tests are read more often than run"
)]

mod charsets;
mod hostile;
mod kinds;
mod mail;
mod markup;
mod office;
mod pdf_file;
mod pdf_fonts;
mod pdf_hostile;
mod pdf_layout;
mod pdfs;
mod tables;
mod texts;

use std::time::Duration;

use crate::{Budget, DocumentText, MediaType, Problem, ReadingLimits, Section};

const LIMITS: ReadingLimits = ReadingLimits {
    memory_mib: 512,
    time: Duration::from_mins(1),
};

/// Extracts on a thread of its own; a panic counts as a problem of the document.
fn read_within(
    limits: ReadingLimits,
    content: &[u8],
    kind: MediaType,
) -> Result<Vec<Section>, Problem> {
    let content = content.to_vec();
    let reading = std::thread::spawn(move || crate::read(&content, kind, Budget::new(limits.time)));
    let text = reading.join().unwrap_or(Err(Problem::Damaged))?;
    Ok(text.sections)
}

fn read(content: &[u8], kind: MediaType) -> Vec<Section> {
    read_within(LIMITS, content, kind).unwrap()
}

/// The text with its warnings.
fn read_text(content: &[u8], kind: MediaType) -> DocumentText {
    crate::read(content, kind, Budget::new(LIMITS.time)).unwrap()
}

/// All blocks, each preceded by its headings.
fn outline(content: &str, kind: MediaType) -> Vec<String> {
    outline_of(content.as_bytes(), kind)
}

/// The same, of bytes.
fn outline_of(content: &[u8], kind: MediaType) -> Vec<String> {
    read(content, kind)
        .into_iter()
        .flat_map(|section| {
            let headings = section.headings.join(" > ");
            section
                .blocks
                .into_iter()
                .map(move |block| format!("[{headings}] {}", block.text))
        })
        .collect()
}

/// The message of a refusal that the author of the document can act on.
fn refused(content: &[u8], kind: MediaType) -> String {
    refused_within(LIMITS.time, content, kind)
}

fn refused_within(time: Duration, content: &[u8], kind: MediaType) -> String {
    let limits = ReadingLimits { time, ..LIMITS };
    let problem = read_within(limits, content, kind).unwrap_err();
    problem.message(limits)
}
