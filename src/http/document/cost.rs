//! Counts the values of the largest possible response: lists multiply the fields below them.
//!
//! A connection's `edges` and `nodes` count as many times as the requested page size, every other list a fixed number
//! of times. Introspection does not multiply, because the schema has the same size for every caller; its recursive
//! lists (`fields` of a type of a field) may be nested only twice, as in graphql-js.

use std::collections::HashMap;

use async_graphql::{
    Name, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use crate::config::DocumentLimits;

use super::{
    Violation,
    shape::is_introspection,
    types::{FieldType, Types},
};

/// Introspection's recursive lists, and how deep they may be nested.
const CIRCULAR: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];
const MOST_CIRCULAR: u32 = 2;

/// The cost of a selection set.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// The number of values outside pages.
    once: u64,
    /// The number of values per item of the enclosing page.
    per_item: u64,
    /// The nesting depth of introspection's recursive lists.
    circular: u32,
}

/// Refuses a document whose largest response has too many values.
pub(super) fn check(
    document: &ExecutableDocument,
    types: &Types,
    limits: &DocumentLimits,
    values: &Variables,
) -> Result<(), Violation> {
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let mut walk = Walk {
            document,
            types,
            limits,
            operation,
            values,
            fragments: HashMap::new(),
        };
        let cost = walk.set(&operation.selection_set.node, types.root(operation.ty));
        if cost.once > limits.cost {
            return Err(Violation::TooComplex(format!(
                "the answer could have {} values, at most {} are allowed; ask for smaller pages or fewer lists inside \
                 each other",
                cost.once, limits.cost
            )));
        }
        if cost.circular > MOST_CIRCULAR {
            return Err(Violation::TooComplex(format!(
                "{} of the schema's lists of fields and types stand in each other, at most {MOST_CIRCULAR} are \
                 allowed; ask for one type at a time",
                cost.circular
            )));
        }
    }
    Ok(())
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    types: &'a Types,
    limits: &'a DocumentLimits,
    operation: &'a OperationDefinition,
    values: &'a Variables,
    fragments: HashMap<&'a str, Cost>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet, parent: &str) -> Cost {
        let mut sum = Cost::default();
        for selection in &set.items {
            let cost = match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent),
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.set(&inline.node.selection_set.node, on)
                }
            };
            sum.once = sum.once.saturating_add(cost.once);
            sum.per_item = sum.per_item.saturating_add(cost.per_item);
            sum.circular = sum.circular.max(cost.circular);
        }
        sum
    }

    /// The cost of a fragment, which does not depend on where it is used: the enclosing page is multiplied in later.
    fn fragment(&mut self, name: &'a Name) -> Cost {
        if let Some(cost) = self.fragments.get(name.as_str()) {
            return *cost;
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Cost::default();
        };
        let fragment = &fragment.node;
        let cost = self.set(
            &fragment.selection_set.node,
            &fragment.type_condition.node.on.node,
        );
        self.fragments.insert(name, cost);
        cost
    }

    fn field(&mut self, field: &'a Field, parent: &str) -> Cost {
        let name = field.name.node.as_str();
        let below = &field.selection_set.node;
        if parent.starts_with("__") || is_introspection(name) {
            let below = self.set(below, "__");
            return Cost {
                once: below.once.saturating_add(1),
                per_item: 0,
                circular: below.circular + u32::from(CIRCULAR.contains(&name)),
            };
        }
        let types = self.types;
        let Some(answer) = types.answer(parent, name) else {
            // validation handles an unknown field; `__typename` is a value
            let below = self.set(below, "");
            return Cost {
                once: below.once.saturating_add(1),
                ..below
            };
        };
        let inner = self.set(below, &answer.name);
        let page = self.page(field, answer);
        let inner = inner
            .once
            .saturating_add(inner.per_item.saturating_mul(page));
        let circular = 0;
        if answer.lists > 0 && types.is_connection(parent) && matches!(name, "edges" | "nodes") {
            return Cost {
                once: 1,
                per_item: inner,
                circular,
            };
        }
        let size = if answer.paged {
            page
        } else {
            self.limits.list_size
        };
        let items = match answer.lists {
            0 => 1,
            lists => size.saturating_mul(self.limits.list_size.saturating_pow(lists - 1)),
        };
        Cost {
            once: inner.saturating_mul(items).saturating_add(1),
            per_item: 0,
            circular,
        }
    }

    /// The page size of a field: the argument, else the schema's default, else the services' default.
    fn page(&self, field: &Field, answer: &FieldType) -> u64 {
        field
            .arguments
            .iter()
            .filter(|(name, _)| matches!(name.node.as_str(), "first" | "last"))
            .filter_map(|(_, value)| {
                let value = value.node.clone();
                value
                    .into_const_with(|name| self.variable(&name).ok_or(()))
                    .ok()
            })
            .filter_map(|value| match value {
                Value::Number(number) => Some(number.as_u64().unwrap_or(1)),
                _ => None,
            })
            .max()
            .or(answer.default_page)
            .unwrap_or(self.limits.default_page)
            // services refuse other sizes, with their own error
            .clamp(1, self.limits.largest_page)
    }

    /// The value of a variable: the given one, or the operation's default.
    fn variable(&self, name: &Name) -> Option<Value> {
        if let Some(given) = self.values.get(name) {
            return Some(given.clone());
        }
        let definitions = &self.operation.variable_definitions;
        let definition = definitions
            .iter()
            .find(|definition| definition.node.name.node == *name)?;
        definition
            .node
            .default_value
            .as_ref()
            .map(|value| value.node.clone())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Variables, parser};
    use serde_json::json;

    use super::{DocumentLimits, Types, Violation, check};

    const SCHEMA: &str = "
        schema { query: Query }
        type Query { things(first: Int, last: Int): ThingConnection! search(first: Int = 8): [Thing!]! grid: [[Thing!]!]! any: Any }
        type ThingConnection { nodes: [Thing!]! edges: [ThingEdge!]! pageInfo: PageInfo! total: Int! }
        type ThingEdge { node: Thing! }
        type PageInfo { hasNextPage: Boolean! }
        interface Any { tags: [Thing!]! }
        type Thing implements Any { id: ID! tags: [Thing!]! things(first: Int): ThingConnection! }
        union Either = Thing | PageInfo";

    /// The cost of a query, found as the lowest limit that accepts it.
    fn cost(query: &str, variables: serde_json::Value) -> u64 {
        let types = Types::of(parser::parse_schema(SCHEMA).unwrap());
        let document = parser::parse_query(query).unwrap();
        let limits = DocumentLimits {
            cost: 0,
            ..DocumentLimits::default()
        };
        let variables = Variables::from_json(variables);
        let Err(Violation::TooComplex(message)) = check(&document, &types, &limits, &variables)
        else {
            return 0;
        };
        message
            .split(' ')
            .find_map(|word| word.parse().ok())
            .unwrap()
    }

    #[test]
    fn a_page_counts_its_requested_size_and_its_other_fields_once() {
        let page = |arguments| {
            format!("{{ things{arguments} {{ nodes {{ id }} total pageInfo {{ hasNextPage }} }} }}")
        };
        for (arguments, items) in [
            ("", 20),
            ("(first: 5)", 5),
            ("(last: 7)", 7),
            ("(first: 5, last: 7)", 7),
            ("(first: 0)", 1),
            ("(first: -3)", 1),
            ("(first: 1000000)", 100),
            ("(first: null)", 20),
        ] {
            assert_eq!(cost(&page(arguments), json!({})), 5 + items, "{arguments}");
        }
    }

    #[test]
    fn a_variable_counts_by_its_value_or_its_default() {
        let query = "query($n: Int = 30) { things(first: $n) { nodes { id } } }";
        assert_eq!(cost(query, json!({})), 32);
        assert_eq!(cost(query, json!({ "n": 3 })), 5);
        assert_eq!(cost(query, json!({ "n": null })), 22);
        assert_eq!(cost(query, json!({ "n": "many" })), 22);
    }

    #[test]
    fn a_list_without_pages_counts_as_ten_or_by_its_first_argument() {
        assert_eq!(cost("{ search { id } }", json!({})), 9);
        assert_eq!(cost("{ search(first: 3) { id } }", json!({})), 4);
        assert_eq!(cost("{ grid { id } }", json!({})), 101);
        assert_eq!(cost("{ search { tags { id } } }", json!({})), 1 + 8 * 11);
    }

    #[test]
    fn pages_in_pages_multiply_through_edges_and_fragments() {
        let inside = "things(first: 10) { edges { node { things(first: 10) { nodes { id } } } } }";
        let plain = cost(&format!("{{ {inside} }}"), json!({}));
        assert_eq!(plain, 2 + 10 * (1 + 2 + 10));
        let spread = "{ things(first: 10) { ...P } } fragment P on ThingConnection { ... { edges { node { ...T } } } } \
            fragment T on Thing { things(first: 10) { nodes { id } } }";
        assert_eq!(cost(spread, json!({})), plain);
    }

    #[test]
    fn a_fragment_is_counted_at_each_use_with_its_enclosing_page() {
        let query = "{ a: things(first: 10) { ...P } b: things(first: 30) { ...P } } fragment P on ThingConnection { nodes { id } }";
        assert_eq!(cost(query, json!({})), 12 + 32);
    }

    #[test]
    fn lists_behind_interfaces_are_counted() {
        assert_eq!(cost("{ any { tags { id } } }", json!({})), 12);
        assert_eq!(
            cost(
                "{ any { ... on Thing { tags { tags { id } } } } }",
                json!({})
            ),
            2 + 10 * 11
        );
    }

    #[test]
    fn the_highest_cost_does_not_wrap_around() {
        let depth = 40;
        let query = format!(
            "{{ grid {}{{ id }}{} }}",
            "{ tags ".repeat(depth),
            " }".repeat(depth)
        );
        assert_eq!(cost(&query, json!({})), u64::MAX);
    }

    #[test]
    fn introspection_is_counted_once_and_circular_introspection_is_not() {
        let schema = "{ __schema { types { fields { args { type { name } } } } } }";
        assert_eq!(cost(schema, json!({})), 6);
    }
}
