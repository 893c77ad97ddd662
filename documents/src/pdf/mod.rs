//! PDF: the text of the pages, in drawing order.
//!
//! Pages are read one by one and images are never decoded. All decompressed bytes of a file come from one budget.

mod font;
mod inflate;
mod interpreter;
mod layout;
mod matrix;
mod operations;
mod structure;

use std::collections::HashMap;

use lopdf::{DecompressError, Dictionary, Document, Object, ObjectId};

use self::{font::Font, inflate::inflate, interpreter::Interpreter, layout::Layout};
use crate::{DocumentText, budget::Budget, problem::Problem};

/// The maximum decompressed size in bytes of a page's content, a form or a font.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;

/// Reads a file. A file that opens with the empty password can be read.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut document = structure::load(content, budget)?;
    prefer_unicode(&mut document);
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if pages.is_empty() || pages.len() < expected_pages(&document) {
        return Err(Problem::Damaged);
    }
    let mut fonts = HashMap::new();
    let mut layout = Layout::default();
    for page in pages {
        budget.check_time()?;
        read_page(&document, page, &mut fonts, &mut layout, budget)?;
        layout.end_page();
    }
    if layout.is_blank() {
        return Err(Problem::OnlyImages);
    }
    layout.finish(budget)
}

fn read_page<'d>(
    document: &'d Document,
    page: ObjectId,
    fonts: &mut HashMap<*const Dictionary, Option<Font<'d>>>,
    layout: &mut Layout,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let content = page_content(document, page, budget)?;
    let mut resources: Vec<&Dictionary> = Vec::new();
    if let Ok((direct, references)) = document.get_page_resources(page) {
        resources.extend(direct);
        resources.extend(
            references
                .into_iter()
                .filter_map(|id| document.get_dictionary(id).ok()),
        );
    }
    Interpreter::new(document, fonts, layout, budget).run(&content, &resources)
}

/// The concatenated content streams of a page.
fn page_content(
    document: &Document,
    page: ObjectId,
    budget: &mut Budget,
) -> Result<Vec<u8>, Problem> {
    let mut content = Vec::new();
    for part in document.get_page_contents(page) {
        // without this error, a page with missing content would look empty
        let part = document.get_object(part).map_err(|error| problem(&error))?;
        let Ok(stream) = part.as_stream() else {
            continue;
        };
        let part = match inflate(stream, LARGEST_STREAM, &mut budget.inflated) {
            // a stream with an unsupported filter shows nothing
            Err(Problem::Damaged) => continue,
            part => part?,
        };
        if content.len() + part.len() > LARGEST_STREAM {
            return Err(Problem::PartTooLarge);
        }
        content.extend(part);
        content.push(b'\n');
    }
    Ok(content)
}

/// The number of pages that the file declares; 0 when the declaration is not reliable.
fn expected_pages(document: &Document) -> usize {
    let count = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"Pages", document))
        .and_then(Object::as_dict)
        .and_then(|pages| pages.get_deref(b"Count", document))
        .and_then(Object::as_i64);
    // a reconstructed file may have lost pages; in an intact one, a wrong count is harmless
    if document.xref_recovery.is_none() {
        return 0;
    }
    count.map_or(0, |count| usize::try_from(count).unwrap_or_default())
}

/// Removes the encoding of fonts that have a Unicode map, so that lopdf uses the map. Glyph names are less reliable,
/// because the program that writes the file can choose them freely.
fn prefer_unicode(document: &mut Document) {
    let named: Vec<ObjectId> = document
        .objects
        .iter()
        .filter(|(_, object)| {
            object.as_dict().is_ok_and(|font| {
                font.has_type(b"Font")
                    && font.has(b"ToUnicode")
                    && (is_composite(font) || has_own_encoding(font, document))
            })
        })
        .map(|(id, _)| *id)
        .collect();
    for id in named {
        if let Ok(font) = document.get_dictionary_mut(id) {
            font.remove(b"Encoding");
        }
    }
}

fn is_composite(font: &Dictionary) -> bool {
    font.get(b"Subtype")
        .and_then(Object::as_name)
        .is_ok_and(|name| name == b"Type0")
}

fn has_own_encoding(font: &Dictionary, document: &Document) -> bool {
    font.get_deref(b"Encoding", document)
        .and_then(Object::as_dict)
        .is_ok_and(|encoding| encoding.has(b"Differences"))
}

fn problem(error: &lopdf::Error) -> Problem {
    match error {
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => {
            Problem::PartTooLarge
        }
        lopdf::Error::InvalidPassword
        | lopdf::Error::Decryption(_)
        | lopdf::Error::UnsupportedSecurityHandler(_) => Problem::Protected,
        _ => Problem::Damaged,
    }
}
