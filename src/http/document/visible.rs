//! The fields that an end user may read: an operation that asks for another one does not run.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationType, Selection, SelectionSet,
};

use crate::graphql::{END_USER_FIELDS, end_user_operations};

use super::{Violation, types::Types};

/// The fields that end users may read, by type.
#[derive(Debug)]
pub(super) struct VisibleFields(HashMap<String, HashSet<&'static str>>);

impl VisibleFields {
    /// The fields for end users; the root types are those of the schema.
    pub(super) fn of(types: &Types) -> Self {
        let roots = [
            OperationType::Query,
            OperationType::Mutation,
            OperationType::Subscription,
        ];
        let operations: HashSet<_> = end_user_operations().collect();
        let roots = roots.map(|root| (types.root(root).to_owned(), operations.clone()));
        let listed = END_USER_FIELDS.iter().map(|(name, fields)| {
            let fields = fields.iter().copied().collect();
            ((*name).to_owned(), fields)
        });
        Self(roots.into_iter().chain(listed).collect())
    }

    /// Refuses a document with a field that end users may not read, wherever it stands.
    pub(super) fn check(
        &self,
        document: &ExecutableDocument,
        types: &Types,
    ) -> Result<(), Violation> {
        for (_, operation) in document.operations.iter() {
            let root = types.root(operation.node.ty);
            self.set(&operation.node.selection_set.node, root, types)?;
        }
        // each fragment once, regardless of the number of its uses
        for fragment in document.fragments.values() {
            let on = &fragment.node.type_condition.node.on.node;
            self.set(&fragment.node.selection_set.node, on, types)?;
        }
        Ok(())
    }

    fn set(&self, set: &SelectionSet, parent: &str, types: &Types) -> Result<(), Violation> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent, types)?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.set(&inline.node.selection_set.node, on, types)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn field(&self, field: &Field, parent: &str, types: &Types) -> Result<(), Violation> {
        let name = field.name.node.as_str();
        // `__typename` is no secret, and introspection is refused elsewhere
        if name.starts_with("__") {
            return Ok(());
        }
        let visible = self.0.get(parent);
        if !visible.is_some_and(|fields| fields.contains(name)) {
            return Err(Violation::Hidden(
                format!("{parent}.{name} is not for end users; it needs an API key"),
                vec![field.name.pos],
            ));
        }
        let below = types
            .answer(parent, name)
            .map(|answer| answer.name.as_str());
        self.set(&field.selection_set.node, below.unwrap_or_default(), types)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser;

    use super::*;
    use crate::graphql::sdl;

    fn check(text: &str) -> Result<(), Violation> {
        let types = Types::of(parser::parse_schema(sdl()).unwrap());
        let document = parser::parse_query(text).unwrap();
        VisibleFields::of(&types).check(&document, &types)
    }

    #[test]
    fn a_hidden_field_is_refused_wherever_it_stands() {
        for (hidden, text) in [
            ("Query.account", "{ account { id } }"),
            ("Query.account", "{ viewer { role } own: account { id } }"),
            ("Viewer.account", "{ viewer { account { id } } }"),
            (
                "Agent.configuration",
                "{ agents { nodes { configuration } } }",
            ),
            (
                "Agent.configuration",
                "{ agents { ...A } } fragment A on AgentConnection { nodes { configuration } }",
            ),
            (
                "Agent.configuration",
                "{ node(id: 1) { ... on Agent { configuration } } }",
            ),
            (
                "Agent.tier",
                "{ conversations { nodes { agent { ... { tier } } } } }",
            ),
            ("Account.id", "{ node(id: 1) { ... on Account { id } } }"),
            (
                "Run.usage",
                "subscription { runEvents(runId: 1) { ... on RunStarted { run { usage { costUsd } } } } }",
            ),
            (
                "Mutation.handOff",
                "mutation { handOff(input: {}) { handoff { id } } }",
            ),
            ("Nothing.id", "{ node(id: 1) { ... on Nothing { id } } }"),
        ] {
            let Err(Violation::Hidden(message, _)) = check(text) else {
                panic!("{text}");
            };
            assert!(message.starts_with(hidden), "{message}");
        }
    }

    #[test]
    fn what_a_chat_shows_is_visible() {
        check(
            "query { viewer { role endUser { externalId } } conversations { __typename nodes { id messages(last: 5) {
                nodes { text citations { start passage { text document { title } } } } } } } }",
        )
        .unwrap();
    }

    #[test]
    fn every_listed_field_exists() {
        let types = Types::of(parser::parse_schema(sdl()).unwrap());
        for (name, fields) in END_USER_FIELDS {
            for field in *fields {
                assert!(types.answer(name, field).is_some(), "{name}.{field}");
            }
        }
    }
}
