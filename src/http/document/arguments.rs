//! Checks of all arguments, whatever their meaning: the number of items of a list is limited, and no text contains NUL,
//! which PostgreSQL cannot store. They apply to every list and text of the schema's inputs, at any depth, in the
//! document or in a variable. Some services have lower limits; none has to repeat these limits, so none can forget
//! them. Values of the scalar `JSON` are not part of the schema, and are measured where they are used.
//!
//! The walk follows the types and never enters a list that is too long: it costs no more than processing the accepted
//! values.

use std::collections::HashSet;

use async_graphql::{
    Name, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use crate::{domain::excerpt, error::Problem};

use super::{
    Violation,
    inputs::{Input, Inputs},
    types::Types,
};

/// The schema that arguments are checked against, and the limit of their lists.
#[derive(Clone, Copy)]
pub(super) struct ArgumentLimits<'a> {
    pub(super) types: &'a Types,
    pub(super) inputs: &'a Inputs,
    /// The maximum number of items of a list.
    pub(super) list_items: usize,
}

/// Refuses a document or its variables if a list in an argument has more than `most` items, or a text contains NUL.
pub(super) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    values: &Variables,
    limits: ArgumentLimits<'_>,
) -> Result<(), Violation> {
    let mut walk = Walk {
        operation,
        values,
        types: limits.types,
        inputs: limits.inputs,
        most: limits.list_items,
        checked: HashSet::new(),
    };
    for (_, other) in document.operations.iter() {
        walk.set(
            &other.node.selection_set.node,
            limits.types.root(other.node.ty),
        )?;
    }
    // each fragment once, regardless of the number of its uses
    for fragment in document.fragments.values() {
        let on = &fragment.node.type_condition.node.on.node;
        walk.set(&fragment.node.selection_set.node, on)?;
    }
    Ok(())
}

/// The scalars whose values are texts to store or search for.
const TEXTS: [&str; 2] = ["String", "ID"];

struct Walk<'a> {
    operation: &'a OperationDefinition,
    values: &'a Variables,
    types: &'a Types,
    inputs: &'a Inputs,
    most: usize,
    /// The checked variables, each with the type that it was checked as.
    checked: HashSet<(&'a str, &'a str, u32)>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet, parent: &'a str) -> Result<(), Violation> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent)?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.set(&inline.node.selection_set.node, on)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Field, parent: &'a str) -> Result<(), Violation> {
        let name = field.name.node.as_str();
        for (argument, value) in &field.arguments {
            let argument = argument.node.as_str();
            if let Some(input) = self.inputs.argument(parent, name, argument) {
                self.literal(&value.node, input, input.lists, argument)?;
            }
        }
        let types = self.types;
        let below = types
            .answer(parent, name)
            .map(|answer| answer.name.as_str());
        self.set(&field.selection_set.node, below.unwrap_or_default())
    }

    /// Checks a value in the document, which may contain variables.
    fn literal(
        &mut self,
        value: &'a Value,
        input: &'a Input,
        lists: u32,
        path: &str,
    ) -> Result<(), Violation> {
        match value {
            Value::Variable(name) => self.variable(name, input, lists, path),
            Value::List(items) if lists > 0 => {
                self.count(items.len(), path)?;
                for (index, item) in items.iter().enumerate() {
                    self.literal(item, input, lists - 1, &format!("{path}[{index}]"))?;
                }
                Ok(())
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    if let Some(input) = self.inputs.field(&input.name, name) {
                        self.literal(value, input, input.lists, &format!("{path}.{name}"))?;
                    }
                }
                Ok(())
            }
            Value::String(text) => check_text(text, input, path),
            _ => Ok(()),
        }
    }

    /// Checks a variable, once for each type that it is used as.
    fn variable(
        &mut self,
        name: &'a Name,
        input: &'a Input,
        lists: u32,
        path: &str,
    ) -> Result<(), Violation> {
        if !self.checked.insert((name, &input.name, lists)) {
            return Ok(());
        }
        let definitions = &self.operation.variable_definitions;
        let default = || {
            let definition = definitions
                .iter()
                .find(|definition| definition.node.name.node == *name)?;
            let default = definition.node.default_value.as_ref()?;
            Some(&default.node)
        };
        match self.values.get(name).or_else(default) {
            Some(value) => self.given(value, input, lists, path),
            None => Ok(()),
        }
    }

    /// Checks a value of a variable.
    fn given(
        &self,
        value: &ConstValue,
        input: &Input,
        lists: u32,
        path: &str,
    ) -> Result<(), Violation> {
        match value {
            ConstValue::List(items) if lists > 0 => {
                self.count(items.len(), path)?;
                for (index, item) in items.iter().enumerate() {
                    self.given(item, input, lists - 1, &format!("{path}[{index}]"))?;
                }
                Ok(())
            }
            ConstValue::Object(fields) => {
                for (name, value) in fields {
                    if let Some(input) = self.inputs.field(&input.name, name) {
                        self.given(value, input, input.lists, &format!("{path}.{name}"))?;
                    }
                }
                Ok(())
            }
            ConstValue::String(text) => check_text(text, input, path),
            _ => Ok(()),
        }
    }

    fn count(&self, items: usize, path: &str) -> Result<(), Violation> {
        if items <= self.most {
            return Ok(());
        }
        let most = self.most;
        Err(Violation::Input(Problem::new(
            excerpt(path),
            format!("{items} items, at most {most} are allowed"),
        )))
    }
}

fn check_text(text: &str, input: &Input, path: &str) -> Result<(), Violation> {
    if !TEXTS.contains(&input.name.as_str()) || !text.contains('\0') {
        return Ok(());
    }
    Err(Violation::Input(Problem::new(
        excerpt(path),
        "has the character U+0000, which is not allowed; remove it",
    )))
}

#[cfg(test)]
mod tests {
    use async_graphql::{Variables, parser};
    use serde_json::{Value, json};

    use super::{ArgumentLimits, Inputs, Types, Violation, check};

    const SCHEMA: &str = "
        schema { query: Query }
        type Query { things(ids: [ID!], grid: [[Int!]!], filter: Filter, any: JSON): [Thing!]! }
        type Thing { parts(filter: Filter): [Thing!]! name: String }
        input Filter { status: [Int!] inner: Filter rows: [Filter!] any: JSON }
        scalar JSON";

    /// The path of the refused argument, with a limit of three items per list.
    fn refused(query: &str, variables: Value) -> Option<String> {
        let schema = parser::parse_schema(SCHEMA).unwrap();
        let inputs = Inputs::of(&schema);
        let types = Types::of(schema);
        let document = parser::parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let values = Variables::from_json(variables);
        let known = ArgumentLimits {
            types: &types,
            inputs: &inputs,
            list_items: 3,
        };
        match check(&document, &operation.node, &values, known) {
            Ok(()) => None,
            Err(Violation::Input(problem)) => Some(problem.path),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_list_over_the_limit_is_refused_naming_the_argument() {
        let query = "query($v: [ID!]) { things(ids: $v) { name } }";
        assert_eq!(refused(query, json!({"v": ["a", "b", "c"]})), None);
        assert_eq!(
            refused(query, json!({"v": ["a", "a", "a", "a"]})),
            Some("ids".to_owned())
        );
        let literal = "{ things(ids: [1, 2, 3, 4]) { name } }";
        assert_eq!(refused(literal, json!({})), Some("ids".to_owned()));
    }

    #[test]
    fn lists_are_found_in_input_objects_in_lists_and_in_defaults() {
        let four = json!([1, 2, 3, 4]);
        let query = "query($f: Filter) { things(filter: $f) { name } }";
        for (filter, path) in [
            (json!({"status": four}), "filter.status"),
            (json!({"inner": {"status": four}}), "filter.inner.status"),
            (
                json!({"rows": [{}, {"status": four}]}),
                "filter.rows[1].status",
            ),
            (json!({"rows": {"status": four}}), "filter.rows.status"),
        ] {
            assert_eq!(refused(query, json!({"f": filter})).as_deref(), Some(path));
        }
        let inside = "query($s: [Int!]) { things(filter: {inner: {status: $s}}) { name } }";
        assert_eq!(
            refused(inside, json!({"s": four})).as_deref(),
            Some("filter.inner.status")
        );
        let default = "query($s: [Int!] = [1, 2, 3, 4]) { things(filter: {status: $s}) { name } }";
        assert_eq!(
            refused(default, json!({})).as_deref(),
            Some("filter.status")
        );
        let grid = "query($g: [[Int!]!]) { things(grid: $g) { name } }";
        assert_eq!(
            refused(grid, json!({"g": [[1], four]})).as_deref(),
            Some("grid[1]")
        );
    }

    #[test]
    fn lists_are_found_below_fields_and_in_fragments() {
        let four = json!({"s": [1, 2, 3, 4]});
        for query in [
            "query($s: [Int!]) { things { parts(filter: {status: $s}) { name } } }",
            "query($s: [Int!]) { things { ... { parts(filter: {status: $s}) { name } } } }",
            "query($s: [Int!]) { things { ...P } } fragment P on Thing { parts(filter: {status: $s}) { name } }",
        ] {
            let found = refused(query, four.clone());
            assert_eq!(found.as_deref(), Some("filter.status"), "{query}");
        }
    }

    #[test]
    fn a_text_with_a_nul_is_refused_in_every_position() {
        let query = "query($v: [ID!]) { things(ids: $v) { name } }";
        assert_eq!(
            refused(query, json!({"v": ["a", "b\0"]})),
            Some("ids[1]".to_owned())
        );
        let one = "query($v: [ID!]) { things(ids: $v) { name } }";
        assert_eq!(refused(one, json!({"v": "\0"})), Some("ids".to_owned()));
        let json = "query($v: JSON) { things(any: $v) { name } }";
        assert_eq!(refused(json, json!({"v": "\0"})), None);
    }

    #[test]
    fn a_list_inside_a_json_scalar_is_not_counted() {
        let query = "query($v: JSON, $f: Filter) { things(any: $v, filter: $f) { name } }";
        let values = json!({"v": [1, 2, 3, 4], "f": {"any": [1, 2, 3, 4]}});
        assert_eq!(refused(query, values), None);
    }
}
