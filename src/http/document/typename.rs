//! Checks `__typename`: async-graphql validates nothing of this field, neither its arguments nor its directives (version
//! 8.0.0-rc.5, `visit_selection` in `src/validation/visitor.rs`). Remove when it does.

use async_graphql::{
    Pos, Positioned,
    parser::types::{BaseType, Directive, ExecutableDocument, Field, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::Violation;
use crate::domain::excerpt;

/// The directives that a field may have.
const CONDITIONS: [&str; 2] = ["skip", "include"];

/// Refuses a document with a `__typename` that has arguments, fields of its own, or invalid directives.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Violation> {
    for (_, operation) in document.operations.iter() {
        set(document, &operation.node.selection_set.node)?;
    }
    // each fragment once, regardless of the number of its uses
    for fragment in document.fragments.values() {
        set(document, &fragment.node.selection_set.node)?;
    }
    Ok(())
}

fn set(document: &ExecutableDocument, selected: &SelectionSet) -> Result<(), Violation> {
    for selection in &selected.items {
        match &selection.node {
            Selection::Field(field) if field.node.name.node == "__typename" => {
                typename(document, field)?;
            }
            Selection::Field(field) => set(document, &field.node.selection_set.node)?,
            Selection::InlineFragment(inline) => set(document, &inline.node.selection_set.node)?,
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

fn typename(document: &ExecutableDocument, field: &Positioned<Field>) -> Result<(), Violation> {
    let node = &field.node;
    if let Some((name, _)) = node.arguments.first() {
        let name = excerpt(&name.node);
        return invalid(
            &format!("unknown argument \"{name}\" on \"__typename\""),
            name_at(field),
        );
    }
    if !node.selection_set.node.items.is_empty() {
        return invalid("\"__typename\" has no fields of its own", name_at(field));
    }
    for (index, directive) in node.directives.iter().enumerate() {
        let name = directive.node.name.node.as_str();
        let shown = excerpt(name);
        if !CONDITIONS.contains(&name) {
            return invalid(&format!("unknown directive \"@{shown}\""), directive.pos);
        }
        let mut before = node.directives.iter().take(index);
        if before.any(|other| other.node.name.node == name) {
            return invalid(
                &format!("the directive \"@{shown}\" is repeated"),
                directive.pos,
            );
        }
        condition(document, directive)?;
    }
    Ok(())
}

/// Checks the argument of `@skip` or `@include`: exactly `if`, with a Boolean or a variable of this type.
fn condition(
    document: &ExecutableDocument,
    directive: &Positioned<Directive>,
) -> Result<(), Violation> {
    let is_valid = match directive.node.arguments.as_slice() {
        [(name, value)] if name.node == "if" => match &value.node {
            Value::Boolean(_) => true,
            Value::Variable(variable) => is_boolean(document, variable),
            _ => false,
        },
        _ => false,
    };
    if is_valid {
        return Ok(());
    }
    let name = excerpt(&directive.node.name.node);
    let message =
        format!("the directive \"@{name}\" has one argument, \"if\", of the type Boolean!");
    invalid(&message, directive.pos)
}

/// Whether an operation of the document defines the variable as a Boolean.
fn is_boolean(document: &ExecutableDocument, variable: &str) -> bool {
    let mut definitions = document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.variable_definitions);
    definitions.any(|definition| {
        let definition = &definition.node;
        definition.name.node == variable
            && matches!(&definition.var_type.node.base, BaseType::Named(name) if name == "Boolean")
    })
}

fn name_at(field: &Positioned<Field>) -> Pos {
    field.node.name.pos
}

fn invalid(message: &str, at: Pos) -> Result<(), Violation> {
    Err(Violation::Invalid(message.to_owned(), vec![at]))
}
