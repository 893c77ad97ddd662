//! JSON Schema validation that reports every problem with its path and in our own words: 2020-12, or the draft that a
//! schema names.
//!
//! Schemas are untrusted input. Their cost is counted before they are compiled ([`cost`]), references to other
//! documents are refused, and patterns are matched in linear time or in a bounded number of steps. Compiling and
//! checking still take up to tens of milliseconds, so async code uses
//! [`SchemaChecker`](crate::schema_checker::SchemaChecker).

mod compiled;
mod cost;
mod keyword;
mod nulls;
mod offered;
mod pattern;
mod reference;
#[cfg(test)]
mod tests;
mod tool;
mod words;

use jsonschema::{Draft, PatternOptions, ValidationError};
use serde_json::{Map, Value};

use self::words::shown;
pub use self::{
    compiled::CompiledSchema,
    nulls::without_excess_nulls,
    offered::{OfferedSchema, RenamedProperties, offered_schema},
    tool::tool_schema_problem,
};
use crate::{
    domain::excerpt,
    error::{Problem, Result},
};

/// The maximum number of problems to collect; a response shows fewer.
const MOST_PROBLEMS: usize = 100;

/// A problem, and whether its cause is a missing property.
pub(crate) struct Finding {
    /// The problem for the caller.
    pub(crate) problem: Problem,
    /// Whether a required property is missing; another layer may still provide it.
    pub(crate) is_missing: bool,
}

/// Every problem of `value`, with paths that start with `path`. INTERNAL when the schema itself cannot be used.
pub fn check_against(schema: &Value, value: &Value, path: &str) -> Result<Vec<Problem>> {
    Ok(CompiledSchema::new(schema)?.problems(value, path))
}

/// Every reason why `schema` cannot be used as a JSON Schema of an object.
pub(crate) fn schema_problems(schema: &Value, path: &str) -> Vec<Problem> {
    if !schema.is_object() {
        return vec![Problem::new(path, "expected a JSON Schema, an object")];
    }
    let draft = schema.get("$schema").and_then(Value::as_str);
    if draft.is_some_and(|draft| !draft.contains("json-schema.org/draft/2020-12/schema")) {
        let wanted = "expected https://json-schema.org/draft/2020-12/schema, or nothing";
        return vec![Problem::new(join(path, "$schema"), wanted)];
    }
    if let Err(reason) = compiled::bounds(schema) {
        return vec![Problem::new(
            path,
            format!("is a JSON Schema that {reason}"),
        )];
    }
    let problems = meta_problems(schema, path);
    if !problems.is_empty() {
        return problems;
    }
    let mut problems = Vec::new();
    if let Err(error) = compile_without_lookaround(schema) {
        let place = locate(path, error.instance_path());
        problems.push(Problem::new(
            place,
            format!("cannot be used: {}", excerpt(&error.to_string())),
        ));
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        problems.push(Problem::new(join(path, "type"), "expected \"object\""));
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        problems.push(Problem::new(
            join(path, "additionalProperties"),
            "expected false, so that a misspelled name is noticed",
        ));
    }
    problems
}

/// The schema of a property in `properties`.
pub(crate) fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

/// The properties that a schema declares.
pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// Appends a name to a path; either may be empty.
pub(crate) fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

/// Compiles the schema with patterns of linear time only: a template's settings are checked for every agent.
fn compile_without_lookaround(schema: &Value) -> Result<(), ValidationError<'static>> {
    let options = compiled::options(schema);
    let patterns = PatternOptions::regex().size_limit(pattern::share(schema));
    options
        .with_pattern_options(patterns)
        .build(schema)
        .map(drop)
}

/// The draft that a schema names; most MCP servers still send draft 7. The newest draft for an unknown name.
fn draft(schema: &Value) -> Draft {
    let name = schema.get("$schema").and_then(Value::as_str);
    let named = |part: &str| name.is_some_and(|name| name.contains(part));
    match () {
        () if named("json-schema.org/draft-04/") => Draft::Draft4,
        () if named("json-schema.org/draft-06/") => Draft::Draft6,
        () if named("json-schema.org/draft-07/") => Draft::Draft7,
        () if named("json-schema.org/draft/2019-09/") => Draft::Draft201909,
        () => Draft::Draft202012,
    }
}

/// The locations where the schema is invalid, each once: one mistake violates several rules of the meta-schema.
fn meta_problems(schema: &Value, path: &str) -> Vec<Problem> {
    let meta = jsonschema::draft202012::meta::validator();
    let mut problems: Vec<Problem> = Vec::new();
    for error in meta.iter_errors(schema).take(MOST_PROBLEMS) {
        let place = locate(path, error.instance_path());
        if problems.iter().all(|problem| problem.path != place) {
            let given = shown(error.instance());
            let message = format!("{given} given, which a JSON Schema does not allow there");
            problems.push(Problem::new(place, message));
        }
    }
    problems
}

/// A location in the notation of the API: `input.configuration.products[2].name`.
fn locate(path: &str, location: &jsonschema::paths::Location) -> String {
    use jsonschema::paths::LocationSegment;
    location
        .segments()
        .fold(path.to_owned(), |path, segment| match segment {
            LocationSegment::Property(name) => join(&path, &excerpt(&name)),
            LocationSegment::Index(index) => format!("{path}[{index}]"),
        })
}
