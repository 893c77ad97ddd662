//! The regular expressions of a JSON Schema: how they are compiled, and what they cost.

use jsonschema::{FancyRegex, PatternOptions};
use serde_json::{Map, Value};

/// A pattern that looks around gives up after this many steps.
const MOST_STEPS: usize = 10_000;
/// A compiled pattern has at most this many bytes.
const LARGEST: usize = 1024 * 1024;
/// All compiled patterns of a schema have at most this many bytes together.
const LARGEST_OF_ALL: usize = 8 * 1024 * 1024;
/// A schema has at most this many patterns.
pub(super) const MOST: usize = 50;
/// A text that is to be a regular expression has at most this many bytes.
const LONGEST_EXPRESSION: usize = 1_000;
/// What a pattern counts as that is matched in linear time.
const LINEAR: u64 = 4;
/// What a pattern counts as that may go back: each may take [`MOST_STEPS`].
const BACKTRACKING: u64 = 1_000;

/// How the patterns of `schema` are compiled: in linear time where that can be, else in a bounded number of steps. Those of
/// one schema share what they may take.
pub(super) fn options(schema: &Value) -> PatternOptions<FancyRegex> {
    let largest = share(schema);
    PatternOptions::fancy_regex()
        .backtrack_limit(MOST_STEPS)
        .size_limit(largest)
        .dfa_size_limit(largest)
}

/// What one compiled pattern of `schema` may take, bytes.
pub(super) fn share(schema: &Value) -> usize {
    LARGEST.min(LARGEST_OF_ALL / count(schema).max(1))
}

/// How many patterns stand in `schema`.
pub(super) fn count(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| match (name.as_str(), field) {
                ("pattern", Value::String(_)) => 1,
                ("patternProperties", Value::Object(rules)) => rules.len() + count(field),
                _ => count(field),
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The steps that a schema's own patterns and formats take for a text.
pub(super) fn steps_per_text(fields: &Map<String, Value>) -> u64 {
    let pattern = fields.get("pattern").and_then(Value::as_str);
    let format = fields.get("format").and_then(Value::as_str);
    pattern.map_or(0, steps) + format.map_or(0, |_| LINEAR)
}

/// The steps that a schema's `patternProperties` take for the name of a property.
pub(super) fn steps_per_name(fields: &Map<String, Value>) -> u64 {
    let rules = fields.get("patternProperties").and_then(Value::as_object);
    rules.map_or(0, |rules| rules.keys().map(|pattern| steps(pattern)).sum())
}

fn steps(pattern: &str) -> u64 {
    let looks_around = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?("]
        .iter()
        .any(|mark| pattern.contains(mark));
    if looks_around || refers_back(pattern) {
        BACKTRACKING
    } else {
        LINEAR
    }
}

/// Whether a pattern refers to what an earlier group matched.
fn refers_back(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\'
            && characters
                .next()
                .is_some_and(|escaped| ('1'..='9').contains(&escaped) || escaped == 'k')
        {
            return true;
        }
    }
    false
}

/// Whether a text is a regular expression, as far as its structure shows: it is read and not compiled.
pub(super) fn is_expression(text: &str) -> bool {
    text.len() <= LONGEST_EXPRESSION && fancy_regex::Expr::parse_tree(text).is_ok()
}
