//! Reads the text of one page: its content, its form fields and its annotations.

use lopdf::{Dictionary, Object, ObjectId};

use super::{
    LARGEST_STREAM, annotations, file::File, inflate::inflate, interpreter::Interpreter,
    layout::PageText,
};
use crate::{budget::Budget, problem::Problem};

/// The maximum number of nodes between a page and the root of the page tree.
const DEEPEST_TREE: usize = 64;

/// Reads a page. What cannot be read is noted in the text.
pub(super) fn read(
    file: &mut File<'_>,
    page: ObjectId,
    budget: &mut Budget,
) -> Result<PageText, Problem> {
    let document = file.document;
    let Ok(dictionary) = document.get_dictionary(page) else {
        return Ok(PageText::unreadable());
    };
    let mut text = PageText::new(bounds(file, dictionary));
    let content = content(file, page, &mut text, budget)?;
    let mut resources: Vec<&Dictionary> = Vec::new();
    if let Ok((direct, references)) = document.get_page_resources(page) {
        resources.extend(direct);
        resources.extend(
            references
                .into_iter()
                .filter_map(|id| document.get_dictionary(id).ok()),
        );
    }
    Interpreter::new(file, &mut text, budget).run(&content, &resources)?;
    annotations::read(file, dictionary, &mut text, budget)?;
    Ok(text)
}

/// The concatenated content streams of a page.
fn content(
    file: &File<'_>,
    page: ObjectId,
    text: &mut PageText,
    budget: &mut Budget,
) -> Result<Vec<u8>, Problem> {
    let mut content = Vec::new();
    for part in file.document.get_page_contents(page) {
        let part = file.document.get_object(part).and_then(Object::as_stream);
        let Ok(stream) = part else {
            text.is_incomplete = true;
            continue;
        };
        let part = match inflate(stream, LARGEST_STREAM, &mut budget.inflated) {
            // a stream with an unsupported filter shows nothing
            Err(Problem::Damaged) => {
                text.is_incomplete = true;
                continue;
            }
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

/// The left, bottom, right and top edge of the page; what is drawn beyond them is not shown. `None` when they are not
/// known.
fn bounds(file: &File<'_>, page: &Dictionary) -> Option<[f32; 4]> {
    let document = file.document;
    let mut node = page;
    for _ in 0..DEEPEST_TREE {
        if let Ok(edges) = node
            .get_deref(b"MediaBox", document)
            .and_then(Object::as_array)
        {
            return rectangle(file, edges)
                .filter(|[left, bottom, right, top]| left < right && bottom < top);
        }
        node = node
            .get_deref(b"Parent", document)
            .and_then(Object::as_dict)
            .ok()?;
    }
    None
}

/// The left, bottom, right and top edge of a rectangle.
pub(super) fn rectangle(file: &File<'_>, corners: &[Object]) -> Option<[f32; 4]> {
    let mut numbers = corners.iter().map(|number| {
        let (_, number) = file.document.dereference(number).ok()?;
        number.as_float().ok().filter(|number| number.is_finite())
    });
    let mut next = || numbers.next().flatten();
    let (x, y, other_x, other_y) = (next()?, next()?, next()?, next()?);
    Some([
        x.min(other_x),
        y.min(other_y),
        x.max(other_x),
        y.max(other_y),
    ])
}
