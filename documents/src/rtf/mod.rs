//! Rich Text Format (RTF 1.9.1): paragraphs, headings by their outline level or style, tables and notes.

mod characters;
mod encodings;
mod reader;
mod tokens;

use self::reader::RtfReader;
use crate::{DocumentText, budget::Budget, problem::Problem};

/// Reads a document. Pictures, fields' codes and other destinations without text are skipped.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    RtfReader::default().read(content, budget)
}
