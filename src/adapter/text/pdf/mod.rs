//! PDF: the text that pages show, in the order in which they draw it.
//!
//! Pages are read one by one, images are never decoded, and what a stream may inflate to is bounded.

mod font;
mod interpreter;
mod layout;
mod matrix;

use std::collections::HashMap;

use lopdf::{DecompressError, Dictionary, Document, LoadOptions, Object, ObjectId};

use self::{font::Font, interpreter::Interpreter, layout::Layout};
use super::{Section, budget::Budget, problem::Problem};

/// A page's content, a form or a font inflates to at most this many bytes.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;
/// A stream that holds the file's other objects, or their places, inflates to at most this many. What programs write has a
/// few hundred KiB; each byte here may become an object of fifty.
const LARGEST_STRUCTURE: usize = 4 * 1024 * 1024;

/// Reads a file. One that opens with an empty password is not protected from reading.
pub(super) fn read(content: &[u8], budget: &mut Budget) -> Result<Vec<Section>, Problem> {
    let options = LoadOptions {
        max_decompressed_size: Some(LARGEST_STRUCTURE),
        ..LoadOptions::default()
    };
    let mut document =
        Document::load_mem_with_options(content, options).map_err(|error| problem(&error))?;
    if document.is_encrypted() {
        return Err(Problem::Protected);
    }
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
    Ok(layout.finish())
}

fn read_page<'d>(
    document: &'d Document,
    page: ObjectId,
    fonts: &mut HashMap<*const Dictionary, Option<Font<'d>>>,
    layout: &mut Layout,
    budget: &mut Budget,
) -> Result<(), Problem> {
    for part in document.get_page_contents(page) {
        // a page whose content is not there would look like an empty one
        document.get_object(part).map_err(|error| problem(&error))?;
    }
    let content = document
        .get_page_content_with_limit(page, LARGEST_STREAM)
        .map_err(|error| problem(&error))?;
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
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => Problem::TooLarge,
        lopdf::Error::InvalidPassword
        | lopdf::Error::Decryption(_)
        | lopdf::Error::UnsupportedSecurityHandler(_) => Problem::Protected,
        _ => Problem::Damaged,
    }
}
