//! The shape of a document, regardless of types: its depth, its aliases, and its size after all fragments are expanded.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use crate::{config::DocumentLimits, domain::excerpt};

use super::Violation;

/// The maximum nesting depth of selection sets, fragments included: the framework stops at 32 with its own error.
const MOST_NESTED: usize = 32;

/// The size of one selection set, with all fragments expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    selections: u64,
    fields: u64,
    aliases: u64,
    depth: usize,
    introspection_depth: usize,
    nested: usize,
}

impl Shape {
    fn beside(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.nested = self.nested.max(other.nested);
    }
}

/// Refuses a document whose shape is over a limit.
pub(super) fn check(
    document: &ExecutableDocument,
    limits: &DocumentLimits,
) -> Result<(), Violation> {
    let mut walk = Walk {
        document,
        limits,
        fragments: HashMap::new(),
        level: 0,
    };
    // the framework's checks walk unused fragments too
    for (name, fragment) in &document.fragments {
        walk.directives(&fragment.node.directives, fragment.pos)?;
        let shape = walk.fragment(name, fragment.pos)?;
        walk.compare_size(&shape)?;
    }
    let mut selections = 0_u64;
    for (_, operation) in document.operations.iter() {
        let shape = walk.operation(&operation.node, operation.pos)?;
        selections = selections.saturating_add(shape.selections);
        over(
            "root fields",
            shape.fields,
            limits.root_fields,
            "send several requests",
        )?;
        walk.compare(&shape)?;
    }
    over(
        "selections with every fragment in its place",
        selections,
        limits.selections,
        "use fewer fragments inside each other",
    )
}

/// Whether the document asks about the schema.
pub(super) fn introspects(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter();
    let operations = operations.map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values();
    let fragments = fragments.map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).any(set_introspects)
}

/// Whether the field is one of introspection's root fields.
pub(super) fn is_introspection(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

fn set_introspects(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => {
            is_introspection(&field.node.name.node)
                || set_introspects(&field.node.selection_set.node)
        }
        Selection::InlineFragment(inline) => set_introspects(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    limits: &'a DocumentLimits,
    /// The shape of each fragment; `None` while it is being measured.
    fragments: HashMap<&'a str, Option<Shape>>,
    level: usize,
}

impl<'a> Walk<'a> {
    fn operation(
        &mut self,
        operation: &'a OperationDefinition,
        at: Pos,
    ) -> Result<Shape, Violation> {
        self.directives(&operation.directives, at)?;
        for variable in &operation.variable_definitions {
            self.directives(&variable.node.directives, variable.pos)?;
        }
        self.set(&operation.selection_set.node)
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Shape, Violation> {
        if set.items.is_empty() {
            return Ok(Shape::default());
        }
        self.level += 1;
        // the stack depth must not depend on the document, not even before the whole shape is known
        over(
            "levels of selections and fragments",
            self.level,
            MOST_NESTED,
            "use fewer fragments inside each other",
        )?;
        let mut shape = Shape::default();
        for selection in &set.items {
            self.directives(selection.node.directives(), selection.pos)?;
            shape.beside(self.selection(selection)?);
        }
        self.level -= 1;
        Ok(shape)
    }

    fn selection(&mut self, selection: &'a Positioned<Selection>) -> Result<Shape, Violation> {
        let mut shape = match &selection.node {
            Selection::Field(field) => {
                let name = &field.node.name.node;
                let below = self.set(&field.node.selection_set.node)?;
                let introspection = is_introspection(name);
                Shape {
                    fields: 1,
                    aliases: below.aliases + u64::from(field.node.alias.is_some()),
                    depth: if introspection { 1 } else { 1 + below.depth },
                    introspection_depth: if introspection {
                        1 + below.depth
                    } else {
                        below.introspection_depth
                    },
                    ..below
                }
            }
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node, selection.pos)?
            }
        };
        shape.selections = shape.selections.saturating_add(1);
        shape.nested += 1;
        Ok(shape)
    }

    fn fragment(&mut self, name: &'a Name, at: Pos) -> Result<Shape, Violation> {
        match self.fragments.get(name.as_str()) {
            Some(Some(shape)) => return Ok(*shape),
            Some(None) => {
                return Err(Violation::Invalid(
                    format!("fragment {} spreads itself", excerpt(name)),
                    vec![at],
                ));
            }
            None => {}
        }
        // validation handles an unknown fragment
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Shape::default());
        };
        self.fragments.insert(name, None);
        let shape = self.set(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(shape));
        Ok(shape)
    }

    fn directives(&self, directives: &[Positioned<Directive>], at: Pos) -> Result<(), Violation> {
        if directives.len() <= self.limits.directives {
            return Ok(());
        }
        Err(Violation::TooComplex(format!(
            "{} directives at line {}, column {}, at most {} are allowed",
            directives.len(),
            at.line,
            at.column,
            self.limits.directives
        )))
    }

    fn compare(&self, shape: &Shape) -> Result<(), Violation> {
        let limits = self.limits;
        self.compare_size(shape)?;
        over(
            "levels of fields",
            shape.depth,
            limits.depth,
            "ask by id for what lies deeper",
        )?;
        over(
            "levels of fields below the schema",
            shape.introspection_depth,
            limits.introspection_depth,
            "ask for one type at a time",
        )?;
        over(
            "aliases",
            shape.aliases,
            limits.aliases,
            "send several requests",
        )
    }

    /// Checks the size, which determines the time of the framework's own checks.
    fn compare_size(&self, shape: &Shape) -> Result<(), Violation> {
        over(
            "selections with every fragment in its place",
            shape.selections,
            self.limits.selections,
            "use fewer fragments inside each other",
        )?;
        over(
            "levels of selections and fragments",
            shape.nested,
            MOST_NESTED,
            "use fewer fragments inside each other",
        )
    }
}

fn over<N: Copy + PartialOrd + std::fmt::Display>(
    what: &str,
    given: N,
    allowed: N,
    advice: &str,
) -> Result<(), Violation> {
    if given <= allowed {
        return Ok(());
    }
    Err(Violation::TooComplex(format!(
        "the document has {given} {what}, at most {allowed} are allowed; {advice}"
    )))
}
