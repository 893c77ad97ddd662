//! PDF: the text that pages show, in the order in which they draw it.
//!
//! Pages are read one by one, images are never decoded, and everything that a file inflates to is taken from one budget.

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
use super::{Section, budget::Budget, problem::Problem};

/// A page's content, a form or a font inflates to at most this many bytes.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;

/// Reads a file. One that opens with an empty password is not protected from reading.
pub(super) fn read(content: &[u8], budget: &mut Budget) -> Result<Vec<Section>, Problem> {
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

/// What a page draws: its streams, one after the other.
fn page_content(
    document: &Document,
    page: ObjectId,
    budget: &mut Budget,
) -> Result<Vec<u8>, Problem> {
    let mut content = Vec::new();
    for part in document.get_page_contents(page) {
        // a page whose content is not there would look like an empty one
        let part = document.get_object(part).map_err(|error| problem(&error))?;
        let Ok(stream) = part.as_stream() else {
            continue;
        };
        let part = match inflate(stream, LARGEST_STREAM, &mut budget.inflated) {
            // what no filter of ours reads shows nothing
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

/// How many pages the file says it has, where it says that right.
fn expected_pages(document: &Document) -> usize {
    let count = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"Pages", document))
        .and_then(Object::as_dict)
        .and_then(|pages| pages.get_deref(b"Count", document))
        .and_then(Object::as_i64);
    // a rebuilt file may have lost some of its pages; others may just count wrong
    if document.xref_recovery.is_none() {
        return 0;
    }
    count.map_or(0, |count| usize::try_from(count).unwrap_or_default())
}

/// Makes fonts that say what their characters are in Unicode be read by that, and not by the names of glyphs, which a
/// program may choose at will.
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
