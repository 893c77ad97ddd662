//! The fields that an end user, or a caller without credentials, may read: an operation that asks for another one does not
//! run.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationType, Selection, SelectionSet,
};

use crate::graphql::{
    ANONYMOUS_FIELDS, END_USER_FIELDS, anonymous_operations, end_user_operations,
};

use super::{Violation, types::Types};

/// The fields that some callers may read, by type.
#[derive(Debug)]
pub(super) struct VisibleFields {
    fields: HashMap<String, HashSet<&'static str>>,
    readers: Readers,
}

/// Who may read only some fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    EndUsers,
    /// Callers without credentials. A field that the schema does not have is left to the framework, which executes nothing
    /// of such a document.
    Anonymous,
}

impl VisibleFields {
    /// The fields for end users; the root types are those of the schema.
    pub(super) fn of_end_users(types: &Types) -> Self {
        Self {
            fields: fields(types, &end_user_operations().collect(), END_USER_FIELDS),
            readers: Readers::EndUsers,
        }
    }

    /// The fields for callers without credentials.
    pub(super) fn of_anonymous(types: &Types) -> Self {
        Self {
            fields: fields(types, &anonymous_operations().collect(), ANONYMOUS_FIELDS),
            readers: Readers::Anonymous,
        }
    }

    /// Refuses a document with a field that the callers may not read, wherever it stands.
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
        let visible = self.fields.get(parent);
        if !visible.is_some_and(|fields| fields.contains(name)) {
            let at = vec![field.name.pos];
            return match self.readers {
                Readers::EndUsers => Err(Violation::Hidden(
                    format!("{parent}.{name} is not for end users; it needs an API key"),
                    at,
                )),
                Readers::Anonymous if types.answer(parent, name).is_some() => {
                    Err(Violation::NeedsCredentials(at))
                }
                Readers::Anonymous => Ok(()),
            };
        }
        let below = types
            .answer(parent, name)
            .map(|answer| answer.name.as_str());
        self.set(&field.selection_set.node, below.unwrap_or_default(), types)
    }
}

/// The listed fields by type; those of the root types are operations.
fn fields(
    types: &Types,
    operations: &HashSet<&'static str>,
    listed: &[(&str, &[&'static str])],
) -> HashMap<String, HashSet<&'static str>> {
    let roots = [
        OperationType::Query,
        OperationType::Mutation,
        OperationType::Subscription,
    ];
    let roots = roots.map(|root| (types.root(root).to_owned(), operations.clone()));
    let listed = listed.iter().map(|(name, fields)| {
        let fields = fields.iter().copied().collect();
        ((*name).to_owned(), fields)
    });
    roots.into_iter().chain(listed).collect()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser;

    use super::*;
    use crate::graphql::sdl;

    fn check(text: &str) -> Result<(), Violation> {
        let types = Types::of(parser::parse_schema(sdl()).unwrap());
        let document = parser::parse_query(text).unwrap();
        VisibleFields::of_end_users(&types).check(&document, &types)
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
        for (name, fields) in END_USER_FIELDS.iter().chain(ANONYMOUS_FIELDS) {
            for field in *fields {
                assert!(types.answer(name, field).is_some(), "{name}.{field}");
            }
        }
    }

    #[test]
    fn a_caller_without_credentials_reads_nothing_but_its_new_session() {
        let types = Types::of(parser::parse_schema(sdl()).unwrap());
        let check = |text: &str| {
            let document = parser::parse_query(text).unwrap();
            VisibleFields::of_anonymous(&types).check(&document, &types)
        };
        let start =
            "mutation { startPublicSession(input: {agentId: 1}) { token session { expiresAt }
            endUser { externalId } } }";
        check(start).unwrap();
        check("{ __typename }").unwrap();
        // not in the schema: the framework says so
        check("{ nonsense }").unwrap();
        for text in [
            "{ viewer { role } }",
            "{ nonsense viewer { role } }",
            "{ ...V } fragment V on Query { viewer { role } }",
            "mutation { startPublicSession(input: {agentId: 1}) { endUser { conversations { totalCount } } } }",
            "mutation { startPublicSession(input: {agentId: 1}) { session { agents { id } } } }",
            "subscription { agentChanged(agentId: 1) { id } }",
        ] {
            let refused = check(text);
            assert!(
                matches!(refused, Err(Violation::NeedsCredentials(_))),
                "{text}"
            );
        }
    }
}
