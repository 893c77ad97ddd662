//! Loads a file's objects, those of its object streams within a budget of their own.
//!
//! lopdf bounds what each object stream inflates to, and not how many there are nor how many values they hold
//! (<https://github.com/J-F-Liu/lopdf/issues/569>): its filter, which sees each of them before they are taken apart, does it
//! here. It is a plain function, so what is left of the budget is kept by thread. It is not asked in an encrypted file, whose
//! object streams only the process's memory bounds; and with it, lopdf does not look for a lost page tree by itself.

use std::cell::Cell;

use lopdf::{Document, LoadOptions, Object, ObjectId, xref::XrefRecovery};

use super::{
    super::{budget::Budget, problem::Problem},
    inflate::inflate,
    operations::count_values,
    problem,
};

/// A stream that holds the file's other objects, or their places, inflates to at most this many bytes.
const LARGEST_STRUCTURE: usize = 4 * 1024 * 1024;
/// All object streams inflate to at most this many bytes.
const MOST_STRUCTURE: usize = 64 * 1024 * 1024;
/// All object streams hold at most this many values, each of which takes up to a hundred bytes.
const MOST_VALUES: usize = 3_000_000;

/// What is left for the object streams of the file that is being loaded.
#[derive(Clone, Copy)]
struct StructureBudget {
    bytes: usize,
    values: usize,
    problem: Option<Problem>,
}

impl StructureBudget {
    const WHOLE: Self = Self {
        bytes: MOST_STRUCTURE,
        values: MOST_VALUES,
        problem: None,
    };
}

thread_local! {
    static LEFT: Cell<StructureBudget> = const { Cell::new(StructureBudget::WHOLE) };
}

/// Loads a file; what its object streams inflate to is taken from the budget.
pub(super) fn load(content: &[u8], budget: &mut Budget) -> Result<Document, Problem> {
    let document = load_once(content, false, budget)?;
    if document.is_encrypted() {
        return Err(Problem::Protected);
    }
    let is_rebuilt = document.xref_recovery == Some(XrefRecovery::Reconstructed);
    if !is_rebuilt && !has_page_tree(&document) {
        budget.check_time()?;
        // the table reads, and leads nowhere: look for the objects themselves
        match load_once(content, true, budget) {
            Ok(rebuilt)
                if rebuilt.xref_recovery == Some(XrefRecovery::Reconstructed)
                    && has_page_tree(&rebuilt) =>
            {
                return Ok(rebuilt);
            }
            Err(excess @ (Problem::TooLarge | Problem::TooManyValues)) => return Err(excess),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(document)
}

fn load_once(
    content: &[u8],
    force_reconstruct: bool,
    budget: &mut Budget,
) -> Result<Document, Problem> {
    let options = LoadOptions {
        filter: Some(admit),
        max_decompressed_size: Some(LARGEST_STRUCTURE),
        force_reconstruct,
        ..LoadOptions::default()
    };
    LEFT.set(StructureBudget::WHOLE);
    let loaded = Document::load_mem_with_options(content, options);
    let left = LEFT.get();
    if let Some(problem) = left.problem {
        return Err(problem);
    }
    budget.inflated = budget
        .inflated
        .checked_sub(MOST_STRUCTURE - left.bytes)
        .ok_or(Problem::TooLarge)?;
    loaded.map_err(|error| problem(&error))
}

/// Lets an object in, unless it is an object stream that there is no budget for. What is returned replaces an object of an
/// object stream, and says of others only that they stay: a stream, which is no object of an object stream, is not copied.
fn admit(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let mut left = LEFT.get();
    if left.problem.is_some() {
        return None;
    }
    let Ok(stream) = object.as_stream() else {
        return Some((id, object.clone()));
    };
    if stream.dict.has_type(b"ObjStm") {
        match inflate(stream, LARGEST_STRUCTURE, &mut left.bytes) {
            Ok(inflated) => {
                let values = count_values(&inflated, left.values);
                match left.values.checked_sub(values) {
                    Some(values) => left.values = values,
                    None => left.problem = Some(Problem::TooManyValues),
                }
            }
            Err(Problem::TooLarge | Problem::PartTooLarge) => {
                left.problem = Some(Problem::TooManyValues);
            }
            // lopdf leaves out what it cannot read
            Err(_) => {}
        }
        LEFT.set(left);
        left.problem.map_or(Some(()), |_| None)?;
    }
    Some((id, Object::Null))
}

/// Whether the catalog leads to a page tree.
fn has_page_tree(document: &Document) -> bool {
    document
        .catalog()
        .and_then(|catalog| catalog.get(b"Pages"))
        .and_then(Object::as_reference)
        .and_then(|root| document.get_dictionary(root))
        .and_then(|root| root.get_deref(b"Kids", document))
        .and_then(Object::as_array)
        .is_ok()
}
