//! Loads a file's objects. Those inside object streams have a separate budget.
//!
//! lopdf limits the decompressed size of each object stream, but neither the number of object streams nor the number of
//! their values (<https://github.com/J-F-Liu/lopdf/issues/569>). Its load filter sees each object stream before it is
//! parsed, so the limits are enforced there; remove this when lopdf has them. The filter is a plain function, so the
//! remaining budget is a thread local. lopdf does not call the filter for an encrypted file, whose object streams only
//! the memory limit of the process bounds. With a filter, lopdf does not search for a lost page tree by itself.

use std::cell::Cell;

use lopdf::{Document, LoadOptions, Object, ObjectId, xref::XrefRecovery};

use super::{inflate::inflate, operations::count_values, problem};
use crate::{budget::Budget, problem::Problem};

/// The maximum decompressed size in bytes of an object stream or a cross-reference stream.
const LARGEST_STRUCTURE: usize = 4 * 1024 * 1024;
/// The maximum decompressed size in bytes of all object streams together.
const MOST_STRUCTURE: usize = 64 * 1024 * 1024;
/// The maximum number of values in all object streams together. Each takes up to 100 bytes.
const MOST_VALUES: usize = 3_000_000;

/// The remaining budget for the object streams of the file that is being loaded.
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

/// Loads a file. The decompressed size of its object streams is deducted from the budget.
pub(super) fn load(content: &[u8], budget: &mut Budget) -> Result<Document, Problem> {
    let document = load_once(content, false, budget)?;
    if document.is_encrypted() {
        return Err(Problem::Protected);
    }
    let is_rebuilt = document.xref_recovery == Some(XrefRecovery::Reconstructed);
    if !is_rebuilt && !has_page_tree(&document) {
        budget.check_time()?;
        // the cross-reference table is readable but wrong, so search for the objects themselves
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

/// The load filter: rejects object streams beyond the budget. lopdf uses the returned object only for objects inside an
/// object stream, and otherwise only whether there is one. A stream cannot be inside an object stream, so it is not
/// copied.
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
            // lopdf skips what it cannot decompress
            Err(_) => {}
        }
        LEFT.set(left);
        left.problem.map_or(Some(()), |_| None)?;
    }
    Some((id, Object::Null))
}

/// Whether the catalog refers to a page tree.
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
