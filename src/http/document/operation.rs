//! Selects the operation of a document that will run.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};

use super::Violation;
use crate::{domain::excerpt, error::Problem};

/// The operation with this name, or the only one.
pub(crate) fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, Violation> {
    let wrong = |message: String| Violation::Input(Problem::new("operationName", message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| &operation.node)
            .ok_or_else(|| {
                wrong(format!(
                    "the document has no operation \"{}\"",
                    excerpt(name)
                ))
            }),
        (DocumentOperations::Single(_), Some(name)) => Err(wrong(format!(
            "the document has no operation \"{}\"",
            excerpt(name)
        ))),
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(&only.node),
                _ => Err(wrong(format!(
                    "is missing, expected one of the document's {} operations",
                    operations.len()
                ))),
            }
        }
    }
}
