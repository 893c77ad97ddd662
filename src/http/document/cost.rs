//! How many values the largest possible answer has: lists multiply what lies below them.
//!
//! A connection's `edges` and `nodes` count as many times as the page that was asked for, every other list as a fixed
//! number. Introspection does not multiply: the schema is as large for everyone, and the lists that lead in circles
//! (`fields` of a type of a field) may stand in each other twice only, as graphql-js has it.

use std::collections::HashMap;

use async_graphql::{
    Name, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use crate::config::DocumentLimits;

use super::{
    Violation,
    shape::is_introspection,
    types::{Answer, Types},
};

/// Introspection's lists that lead in circles, and how many may stand in each other.
const CIRCULAR: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];
const MOST_CIRCULAR: u32 = 2;

/// The cost of a selection set.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Values.
    once: u64,
    /// Values per item of the page around it.
    per_item: u64,
    /// Introspection's circular lists inside each other.
    circular: u32,
}

/// Refuses a document whose largest answer has too many values.
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

    /// A fragment costs the same wherever it stands: the page around it is multiplied in later.
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
            // An unknown field is the validation's business; `__typename` is a value.
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

    /// The items of a page: what was asked for, or what the schema says, or what the services take when nobody says.
    fn page(&self, field: &Field, answer: &Answer) -> u64 {
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
            // Services refuse the ones outside, in words of their own.
            .clamp(1, self.limits.largest_page)
    }

    /// The value of a variable: given, or the operation's default.
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
