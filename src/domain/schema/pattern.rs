//! The regular expressions of a JSON Schema: how they are compiled, and what they cost.

use jsonschema::{FancyRegex, PatternOptions};
use serde_json::{Map, Value};

/// The maximum number of steps of matching a pattern with look-around or backreferences.
const MOST_STEPS: usize = 10_000;
/// The maximum size of a compiled pattern, in bytes.
const LARGEST: usize = 1024 * 1024;
/// The maximum size of all compiled patterns of a schema together, in bytes.
const LARGEST_OF_ALL: usize = 8 * 1024 * 1024;
/// The maximum number of patterns of a schema.
pub(super) const MOST: usize = 50;
/// The maximum length of a text with `format: regex`, in bytes.
const LONGEST_EXPRESSION: usize = 1_000;
/// The steps that a pattern of linear time counts as.
const LINEAR: u64 = 4;
/// The steps that a backtracking pattern counts as; each may take [`MOST_STEPS`].
const BACKTRACKING: u64 = 1_000;

/// The options for compiling the patterns of `schema`: in linear time where possible, else in a bounded number of
/// steps. All patterns of a schema share one memory limit.
pub(super) fn options(schema: &Value) -> PatternOptions<FancyRegex> {
    let largest = share(schema);
    PatternOptions::fancy_regex()
        .backtrack_limit(MOST_STEPS)
        .size_limit(largest)
        .dfa_size_limit(largest)
}

/// The maximum size of one compiled pattern of `schema`, in bytes.
pub(super) fn share(schema: &Value) -> usize {
    LARGEST.min(LARGEST_OF_ALL / count(schema).max(1))
}

/// The number of patterns in `schema`.
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

/// The steps of a schema's own patterns and formats for one text.
pub(super) fn steps_per_text(fields: &Map<String, Value>) -> u64 {
    let pattern = fields.get("pattern").and_then(Value::as_str);
    let format = fields.get("format").and_then(Value::as_str);
    pattern.map_or(0, steps) + format.map_or(0, |_| LINEAR)
}

/// The steps of a schema's `patternProperties` for one property name.
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

/// Whether a pattern has a backreference.
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

/// Whether a text is a regular expression; it is parsed, but not compiled.
pub(super) fn is_expression(text: &str) -> bool {
    text.len() <= LONGEST_EXPRESSION && fancy_regex::Expr::parse_tree(text).is_ok()
}
