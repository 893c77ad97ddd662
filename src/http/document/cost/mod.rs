//! The cost of an operation: the number of items that its lists can return at most.
//!
//! Fields with one value or one object are free. A connection counts 1, and each item of a connection or of a list of
//! objects counts 1; the items of lists inside an item are multiplied. A connection's `edges` and `nodes` have as many
//! items as the requested page, every other list a fixed number. Introspection counts its fields and does not multiply,
//! because the schema has the same size for every caller; its recursive lists (`fields` of a type of a field) may be
//! nested only twice, as in graphql-js.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use async_graphql::{
    Name, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use crate::{config::DocumentLimits, domain::excerpt};

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
    /// The number of items outside pages.
    once: u64,
    /// The number of items per item of the enclosing page, with itself.
    per_item: u64,
    /// The nesting depth of introspection's recursive lists.
    circular: u32,
}

/// The cost of an operation, and the limit that it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OperationCost {
    requested: u64,
    limit: u64,
}

impl OperationCost {
    /// The cost as an extension of the response.
    pub(crate) fn value(self) -> Value {
        let Self { requested, limit } = self;
        let fields = [("requested", requested), ("limit", limit)];
        let fields = fields.map(|(name, value)| (Name::new(name), Value::from(value)));
        Value::Object(fields.into_iter().collect())
    }
}

/// A cost over the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CostExcess {
    /// The cost of the operation.
    pub(crate) cost: u64,
    /// The maximum.
    pub(crate) limit: u64,
    /// The response keys from the root to the most expensive list, joined by dots.
    pub(crate) path: String,
}

impl CostExcess {
    /// The message for the client.
    pub(crate) fn message(&self) -> String {
        let Self { cost, limit, path } = self;
        format!(
            "the answer could have {cost} items, at most {limit} are allowed, most of them at {path}; ask for smaller \
             pages or fewer lists inside each other"
        )
    }
}

/// The most expensive operation of a document. Refuses one over the limit.
pub(super) fn check(
    document: &ExecutableDocument,
    types: &Types,
    limits: &DocumentLimits,
    values: &Variables,
) -> Result<OperationCost, Violation> {
    let mut requested = 0;
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
        let set = &operation.selection_set.node;
        let cost = walk.set(set, types.root(operation.ty));
        if cost.once > limits.cost {
            return Err(Violation::TooCostly(CostExcess {
                cost: cost.once,
                limit: limits.cost,
                path: walk.dearest_path(set, types.root(operation.ty)),
            }));
        }
        requested = requested.max(cost.once);
        if cost.circular > MOST_CIRCULAR {
            return Err(Violation::TooComplex(format!(
                "{} of the schema's lists of fields and types stand in each other, at most {MOST_CIRCULAR} are \
                 allowed; ask for one type at a time",
                cost.circular
            )));
        }
    }
    Ok(OperationCost {
        requested,
        limit: limits.cost,
    })
}

/// A field with its cost, and the type that it is selected on.
#[derive(Clone, Copy)]
struct DearestField<'a> {
    cost: u64,
    field: &'a Field,
    parent: &'a str,
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
            // validation handles an unknown field; `__typename` is free
            return self.set(below, "");
        };
        let inner = self.set(below, &answer.name);
        let page = self.page(field, answer);
        let inner = inner
            .once
            .saturating_add(inner.per_item.saturating_mul(page));
        let item = inner.saturating_add(1);
        if answer.lists > 0 && types.is_connection(parent) && matches!(name, "edges" | "nodes") {
            return Cost {
                per_item: item,
                ..Cost::default()
            };
        }
        let size = if answer.paged {
            page
        } else {
            self.limits.list_size
        };
        let once = match answer.lists {
            0 if types.is_connection(&answer.name) => item,
            0 => inner,
            // a list of values is one value
            _ if below.items.is_empty() => 0,
            lists => size
                .saturating_mul(self.limits.list_size.saturating_pow(lists - 1))
                .saturating_mul(item),
        };
        Cost {
            once,
            ..Cost::default()
        }
    }

    /// The response keys from the root to the most expensive list. The shape of the document was checked before, so
    /// fragments can be walked at every use.
    fn dearest_path(&mut self, set: &'a SelectionSet, parent: &'a str) -> String {
        let mut keys = Vec::new();
        let mut next = self.dearest(set, parent);
        while let Some(dearest) = next.filter(|dearest| dearest.cost > 0) {
            let field = dearest.field;
            keys.push(excerpt(&field.response_key().node));
            let answer = self.types.answer(dearest.parent, &field.name.node);
            let below = answer.map_or("", |answer| answer.name.as_str());
            next = self.dearest(&field.selection_set.node, below);
        }
        keys.join(".")
    }

    /// The most expensive field of a selection set; the first of several.
    fn dearest(&mut self, set: &'a SelectionSet, parent: &'a str) -> Option<DearestField<'a>> {
        let mut dearest: Option<DearestField<'a>> = None;
        for selection in &set.items {
            let found = match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let cost = self.field(field, parent);
                    Some(DearestField {
                        cost: cost.once.saturating_add(cost.per_item),
                        field,
                        parent,
                    })
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.document.fragments.get(name).map(|it| &it.node);
                    fragment.and_then(|fragment| {
                        let on = &fragment.type_condition.node.on.node;
                        self.dearest(&fragment.selection_set.node, on)
                    })
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.dearest(&inline.node.selection_set.node, on)
                }
            };
            let least = dearest.map_or(0, |dearest| dearest.cost);
            dearest = found.filter(|found| found.cost > least).or(dearest);
        }
        dearest
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
