//! PDF: the text of the pages, in the order in which they are read.
//!
//! Pages are read one by one and images are never decoded. All decompressed bytes of a file come from one budget.

mod annotations;
mod file;
mod font;
mod inflate;
mod interpreter;
mod layout;
mod matrix;
mod operand;
mod operations;
mod page;
mod structure;
mod unread;

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{DecompressError, Document, Object, ObjectId};

use self::{
    file::File,
    layout::{Layout, PageText},
    unread::Unread,
};
use crate::{DocumentText, budget::Budget, problem::Problem};

/// The maximum decompressed size in bytes of a page's content, a form or a font.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;

/// Reads a file. A file that opens with the empty password can be read.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let document = structure::load(content, budget)?;
    let pages = pages(&document)?;
    let mut file = File::new(&document);
    let mut layout = Layout::default();
    let mut unread = Unread::new(expected_pages(&document), pages.len());
    for (number, page) in (1..).zip(pages) {
        budget.check_time()?;
        // a defect of a library costs a page, and not the document
        let text = catch_unwind(AssertUnwindSafe(|| page::read(&mut file, page, budget)))
            .unwrap_or_else(|_| Ok(PageText::unreadable()))?;
        unread.add(number, &text);
        layout.add_page(text, budget)?;
    }
    unread.check(layout.is_blank())?;
    layout.finish(unread.warnings(), budget)
}

fn pages(document: &Document) -> Result<Vec<ObjectId>, Problem> {
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if pages.is_empty() {
        return Err(Problem::Damaged);
    }
    Ok(pages)
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
