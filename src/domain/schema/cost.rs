//! The cost of compiling a JSON Schema and of checking a value with it, counted before either is done.
//!
//! A schema of one kilobyte can expand to millions of schemas, if each definition refers twice to the next one. The
//! size is therefore counted with references followed, each target once, as the guard of GraphQL documents counts
//! fragments. The compiler (jsonschema 0.61) follows the same references; for `unevaluated…` and dynamic references it
//! repeats this at each of them, so schemas with these keywords have a far lower limit.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    keyword::{Applies, references, subschemas},
    pattern,
    reference::{Located, References, Target},
};
use crate::domain::{excerpt, text::DEEPEST_JSON};

/// The maximum number of schemas and listed values of a schema, with references followed.
pub(super) const MOST_NODES: u64 = 10_000;
/// The maximum nesting depth of schemas, with references followed.
const DEEPEST: usize = 64;
/// The same limit for a schema with keywords whose references the compiler follows again at each use.
const MOST_NODES_FOLLOWED_ANEW: u64 = 500;
/// The size that a reference to a draft's meta-schema counts as.
const META_SCHEMA: Size = Size {
    nodes: 300,
    height: 16,
};
/// The number of listed values that count as one step; comparing them is faster than checking a schema.
const VALUES_PER_STEP: usize = 8;

/// The cost of a schema, known before it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaCost {
    /// The maximum number of steps for each value inside the checked value.
    pub(super) steps_per_value: u64,
}

/// The size of a schema with its references followed.
#[derive(Debug, Clone, Copy)]
struct Size {
    nodes: u64,
    height: usize,
}

/// The address of a schema, as its identity; the document is borrowed during the measurement.
type SchemaAddress = usize;

/// Measures a schema; the error is the reason why it cannot be used, in words that continue "schema that".
pub(super) fn measure(schema: &Value) -> Result<SchemaCost, String> {
    if is_deeper(schema, DEEPEST * 2) {
        return Err(too_deep());
    }
    let mut meter = SizeCounter {
        references: References::of(schema),
        sizes: HashMap::new(),
        open: HashSet::new(),
        is_cyclic: false,
        followed_anew: None,
    };
    let root = Located {
        schema,
        resource: schema,
    };
    let size = meter.size(root, 0)?;
    if size.nodes > MOST_NODES {
        return Err(too_large());
    }
    if let Some(keyword) = meter.followed_anew {
        let unevaluated = keyword.starts_with("unevaluated");
        if size.nodes > MOST_NODES_FOLLOWED_ANEW || (unevaluated && meter.is_cyclic) {
            return Err(format!(
                "has {keyword} together with a reference to itself or over {MOST_NODES_FOLLOWED_ANEW} schemas, references \
                 followed; use additionalProperties, or make it smaller"
            ));
        }
    }
    let mut steps = StepCounter {
        references: &meter.references,
        known: HashMap::new(),
        open: HashSet::new(),
    };
    let mut most = 0;
    for level in 0..=DEEPEST_JSON {
        // from the outermost level inwards, so that the targets of references are known one level further in
        for target in meter.sizes.values().map(|(target, _)| *target) {
            steps.of_target(target, level, 0)?;
        }
        most = most.max(steps.of(root, level, 0)?);
    }
    if most > MOST_NODES {
        return Err(too_large());
    }
    Ok(SchemaCost {
        steps_per_value: most,
    })
}

/// Measures the size of a schema.
struct SizeCounter<'s> {
    references: References<'s>,
    sizes: HashMap<SchemaAddress, (Located<'s>, Size)>,
    open: HashSet<SchemaAddress>,
    is_cyclic: bool,
    followed_anew: Option<&'static str>,
}

impl<'s> SizeCounter<'s> {
    fn size(&mut self, at: Located<'s>, depth: usize) -> Result<Size, String> {
        if depth > DEEPEST {
            return Err(too_deep());
        }
        let at = at.entered();
        let Value::Object(fields) = at.schema else {
            return Ok(Size {
                nodes: 1,
                height: 1,
            });
        };
        self.note_keywords(fields);
        let mut size = Size {
            nodes: 1 + listed_values(fields),
            height: 1,
        };
        for inner in subschemas(fields) {
            let inner = Located {
                schema: inner.schema,
                ..at
            };
            size.add(self.size(inner, depth + 1)?, depth)?;
        }
        for (_, reference) in references(fields) {
            match self.references.target(reference, at.resource) {
                Target::Here(targets) => {
                    for target in targets {
                        size.add(self.target_size(target, depth + 1)?, depth)?;
                    }
                }
                Target::MetaSchema => size.add(META_SCHEMA, depth)?,
                Target::Elsewhere => return Err(elsewhere(reference)),
            }
        }
        Ok(size)
    }

    fn target_size(&mut self, target: Located<'s>, depth: usize) -> Result<Size, String> {
        let place = place(target.schema);
        if let Some((_, size)) = self.sizes.get(&place) {
            return Ok(*size);
        }
        if !self.open.insert(place) {
            self.is_cyclic = true;
            return Ok(Size {
                nodes: 1,
                height: 1,
            });
        }
        let size = self.size(target, depth)?;
        self.open.remove(&place);
        self.sizes.insert(place, (target, size));
        Ok(size)
    }

    fn note_keywords(&mut self, fields: &Map<String, Value>) {
        let keywords = [
            "unevaluatedProperties",
            "unevaluatedItems",
            "$dynamicRef",
            "$recursiveRef",
        ];
        let found = keywords
            .into_iter()
            .find(|keyword| fields.contains_key(*keyword));
        self.followed_anew = self.followed_anew.or(found);
    }
}

impl Size {
    /// Adds a schema at nesting depth `depth`; counting stops at the limits.
    fn add(&mut self, inner: Self, depth: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(inner.nodes);
        self.height = self.height.max(inner.height + 1);
        if depth + self.height > DEEPEST {
            return Err(too_deep());
        }
        if self.nodes > MOST_NODES {
            return Err(too_large());
        }
        Ok(())
    }
}

/// Counts the steps of a schema for one value at a given level inside the checked value: the maximum number of schemas
/// that apply to the same value. Recursive schemas are counted level by level, as deep as values may nest.
struct StepCounter<'m, 's> {
    references: &'m References<'s>,
    known: HashMap<(SchemaAddress, usize), u64>,
    open: HashSet<SchemaAddress>,
}

impl<'s> StepCounter<'_, 's> {
    fn of_target(
        &mut self,
        target: Located<'s>,
        level: usize,
        depth: usize,
    ) -> Result<u64, String> {
        let place = place(target.schema);
        if let Some(steps) = self.known.get(&(place, level)) {
            return Ok(*steps);
        }
        if depth > DEEPEST {
            return Err(too_deep());
        }
        if !self.open.insert(place) {
            return Err(
                "refers to itself for the same value, so that checking would not end".to_owned(),
            );
        }
        let steps = self.of(target, level, depth)?;
        self.open.remove(&place);
        self.known.insert((place, level), steps);
        Ok(steps)
    }

    fn of(&mut self, at: Located<'s>, level: usize, depth: usize) -> Result<u64, String> {
        let at = at.entered();
        let Value::Object(fields) = at.schema else {
            return Ok(1);
        };
        let mut here = if level == 0 { own_steps(fields) } else { 0 };
        let (mut one, mut any) = (0_u64, 0_u64);
        for inner in subschemas(fields) {
            let schema = Located {
                schema: inner.schema,
                ..at
            };
            match (inner.applies, level.checked_sub(1)) {
                (Applies::InPlace, _) => {
                    here = here.saturating_add(self.of(schema, level, depth + 1)?);
                }
                (_, None) => {}
                (Applies::ToOneChild | Applies::ToOtherChildren, Some(level)) => {
                    one = one.max(self.inside(schema, level)?);
                }
                (Applies::ToAnyChild, Some(level)) => {
                    any = any.saturating_add(self.inside(schema, level)?);
                }
            }
        }
        if level == 1 {
            any = any.saturating_add(pattern::steps_per_name(fields));
        }
        for (_, reference) in references(fields) {
            match self.references.target(reference, at.resource) {
                Target::Here(targets) => {
                    for target in targets {
                        here = here.saturating_add(self.of_target(target, level, depth + 1)?);
                    }
                }
                Target::MetaSchema => here = here.saturating_add(META_SCHEMA.nodes),
                Target::Elsewhere => return Err(elsewhere(reference)),
            }
        }
        Ok(here.saturating_add(one).saturating_add(any))
    }

    /// The steps of a child's schema. Its references may be open at an outer level, where they apply to another value.
    fn inside(&mut self, schema: Located<'s>, level: usize) -> Result<u64, String> {
        let open = std::mem::take(&mut self.open);
        let steps = self.of(schema, level, 0);
        self.open = open;
        steps
    }
}

/// The steps of a schema's own keywords.
fn own_steps(fields: &Map<String, Value>) -> u64 {
    1 + listed_values(fields) + pattern::steps_per_text(fields)
}

/// The number of values and names that a schema lists, by their cost.
fn listed_values(fields: &Map<String, Value>) -> u64 {
    let listed: usize = ["enum", "required", "const", "dependentRequired"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword))
        .map(count_values)
        .sum();
    u64::try_from(listed / VALUES_PER_STEP).unwrap_or(u64::MAX)
}

/// The number of values in a JSON value, itself included; a text adds one per 16 bytes.
pub(super) fn count_values(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => 1 + text.len() / 16,
        Value::Array(items) => 1 + items.iter().map(count_values).sum::<usize>(),
        Value::Object(fields) => {
            let inner = fields.iter();
            1 + inner
                .map(|(name, field)| 1 + name.len() / 16 + count_values(field))
                .sum::<usize>()
        }
    }
}

/// Whether a value nests deeper than `most`; looks no deeper than that.
fn is_deeper(value: &Value, most: usize) -> bool {
    let Some(left) = most.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, left)),
        Value::Object(fields) => fields.values().any(|field| is_deeper(field, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn place(schema: &Value) -> SchemaAddress {
    std::ptr::from_ref(schema).addr()
}

fn too_deep() -> String {
    format!("nests over {DEEPEST} levels deep, references followed")
}

fn too_large() -> String {
    format!("stands for over {MOST_NODES} schemas, references followed")
}

fn elsewhere(reference: &str) -> String {
    format!(
        "refers to \"{}\", which is another document; put it into $defs",
        excerpt(reference)
    )
}
