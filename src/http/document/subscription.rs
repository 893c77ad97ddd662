//! Moves the root field of a subscription out of its fragments: async-graphql finds the field only outside of
//! fragments. Remove when async-graphql resolves fragments at a subscription's root.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition,
        OperationType, Selection, SelectionSet,
    },
};

use super::Violation;

/// The fragments of a document, by name.
type Fragments = std::collections::HashMap<Name, Positioned<FragmentDefinition>>;

/// Replaces the root selection of every subscription by its one field, and drops the fragments that are then unused.
pub(super) fn flatten(document: &mut ExecutableDocument) -> Result<(), Violation> {
    let mut used_up = HashSet::new();
    let operations: Vec<&mut Positioned<OperationDefinition>> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        if operation.node.ty != OperationType::Subscription {
            continue;
        }
        let set = &mut operation.node.selection_set.node;
        let mut root = Root {
            fragments: &document.fragments,
            visited: HashSet::new(),
            fields: Vec::new(),
        };
        root.collect(set)?;
        used_up.extend(root.visited);
        set.items = vec![the_one(root.fields, operation.pos)?];
    }
    document.fragments.retain(|name, _| !used_up.contains(name));
    Ok(())
}

struct Root<'a> {
    fragments: &'a Fragments,
    visited: HashSet<Name>,
    fields: Vec<Positioned<Field>>,
}

impl Root<'_> {
    fn collect(&mut self, set: &SelectionSet) -> Result<(), Violation> {
        for selection in &set.items {
            conditional(selection)?;
            match &selection.node {
                Selection::Field(field) => self.fields.push(field.clone()),
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.fragments.get(name)
                        && self.visited.insert(name.clone())
                    {
                        self.collect(&fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The root field. The same field may come from several fragments; two different fields would be two streams.
fn the_one(fields: Vec<Positioned<Field>>, at: Pos) -> Result<Positioned<Selection>, Violation> {
    let mut fields = fields.into_iter();
    let Some(mut first) = fields.next() else {
        return Err(invalid("a subscription has a field at its root", at));
    };
    for other in fields {
        if other.node.response_key().node != first.node.response_key().node
            || other.node.name.node != first.node.name.node
            || other.node.arguments != first.node.arguments
        {
            return Err(invalid("a subscription has one field at its root", at));
        }
        let more = other.node.selection_set.node.items;
        first.node.selection_set.node.items.extend(more);
    }
    if first.node.name.node.starts_with("__") {
        return Err(invalid(
            "a subscription asks for a field of its own at its root",
            first.pos,
        ));
    }
    let at = first.pos;
    Ok(Positioned::new(Selection::Field(first), at))
}

fn conditional(selection: &Positioned<Selection>) -> Result<(), Violation> {
    let conditional = selection
        .node
        .directives()
        .iter()
        .any(|directive| matches!(directive.node.name.node.as_str(), "skip" | "include"));
    if conditional {
        return Err(invalid(
            "a subscription's field cannot be skipped or included at its root",
            selection.pos,
        ));
    }
    Ok(())
}

fn invalid(message: &str, at: Pos) -> Violation {
    Violation::Invalid(message.to_owned(), vec![at])
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::Selection};

    use super::{Violation, flatten};

    /// The names of the root field and of the remaining fragments.
    fn flat(query: &str) -> Result<(String, Vec<String>), Violation> {
        let mut document = parse_query(query).unwrap();
        flatten(&mut document)?;
        let (_, operation) = document.operations.iter().next().unwrap();
        let [root] = operation.node.selection_set.node.items.as_slice() else {
            panic!("not one selection");
        };
        let Selection::Field(field) = &root.node else {
            panic!("not a field");
        };
        let mut left: Vec<_> = document.fragments.keys().map(ToString::to_string).collect();
        left.sort();
        Ok((field.node.name.node.to_string(), left))
    }

    #[test]
    fn only_fragments_around_the_root_field_are_inlined() {
        let query = "subscription { ... { ...A } } fragment A on Subscription { ... on Subscription { chat { ...B } } } \
            fragment B on Event { id }";
        assert_eq!(flat(query), Ok(("chat".to_owned(), vec!["B".to_owned()])));
    }

    #[test]
    fn a_repeated_root_field_is_accepted_and_two_root_fields_are_refused() {
        assert!(flat("subscription { chat { a } ... { chat { b } } }").is_ok());
        for query in [
            "subscription { chat { a } other { b } }",
            "subscription { chat { a } b: chat { b } }",
            "subscription { chat(x: 1) { a } chat(x: 2) { b } }",
            "subscription { ...A } fragment A on Subscription { ...A }",
            "subscription { ...Unknown }",
            "subscription { __typename }",
            "subscription { ... @include(if: true) { chat { a } } }",
        ] {
            assert!(
                matches!(flat(query), Err(Violation::Invalid(..))),
                "{query}"
            );
        }
    }

    #[test]
    fn queries_are_left_unchanged() {
        let mut document = parse_query("{ ...A } fragment A on Query { a b }").unwrap();
        assert_eq!(flatten(&mut document), Ok(()));
        assert_eq!(document.fragments.len(), 1);
    }
}
