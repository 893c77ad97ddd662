//! JSON Schema checks that answer every problem with its path and in our own words: 2020-12, or the draft that a schema names.
//!
//! References to other documents are refused, formats are checked, and patterns are matched in linear time or give up
//! after so many steps, so that neither a schema nor a value can reach out or hold a thread.

#[cfg(test)]
mod tests;
mod tool;
mod words;

use jsonschema::{Draft, PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

pub use self::tool::tool_schema_problem;
use self::words::{describe, given, shown, unknown};
use crate::{
    domain::excerpt,
    error::{Error, Problem, Result},
};

/// At most this many problems are collected; an answer shows fewer.
const MOST_PROBLEMS: usize = 100;

/// A problem, and whether it is that something is not there.
pub(crate) struct Finding {
    /// What is wrong.
    pub(crate) problem: Problem,
    /// A required property is missing; another layer may still give it.
    pub(crate) is_missing: bool,
}

/// Every problem of `value`, each under `path`. The error is ours: the schema itself is not usable.
pub fn check_against(schema: &Value, value: &Value, path: &str) -> Result<Vec<Problem>> {
    let findings = findings(schema, value, path)?;
    Ok(findings
        .into_iter()
        .map(|finding| finding.problem)
        .collect())
}

/// Like [`check_against`], for a value that other layers may complete.
pub(crate) fn findings(schema: &Value, value: &Value, path: &str) -> Result<Vec<Finding>> {
    let validator = compile(schema)
        .or_else(|_| tool::compile_with_lookaround(schema))
        .map_err(|error| Error::internal("compile a JSON Schema").because(error.to_string()))?;
    let mut findings = Vec::new();
    for error in validator.iter_errors(value).take(MOST_PROBLEMS) {
        explain(schema, &error, path, &mut findings);
    }
    Ok(findings)
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
    let problems = meta_problems(schema, path);
    if !problems.is_empty() {
        return problems;
    }
    let mut problems = Vec::new();
    if let Err(error) = compile(schema) {
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

/// The schema of a property, wherever `properties` has it.
pub(crate) fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

/// The properties that a schema declares.
pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// A name below a path; either may be empty.
pub(crate) fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

fn compile(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(draft(schema))
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
}

/// The draft that a schema names; most MCP servers still send draft 7. A name that is not known means the newest.
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

/// The places where the schema is no schema, each once: one mistake fails several rules of the meta-schema.
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

fn explain(schema: &Value, error: &ValidationError<'_>, path: &str, findings: &mut Vec<Finding>) {
    let place = locate(path, error.instance_path());
    let rule = parent(schema, error.schema_path().as_str());
    let mut add = |path: String, message: String, is_missing: bool| {
        findings.push(Finding {
            problem: Problem::new(path, message),
            is_missing,
        });
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                add(join(&place, &excerpt(name)), unknown(name, rule), false);
            }
        }
        ValidationErrorKind::Required { property: missing } => {
            let name = missing.as_str().unwrap_or_default();
            let expected = rule.and_then(|rule| property(rule, name)).map(describe);
            let expected = expected.map_or_else(String::new, |text| format!(", expected {text}"));
            add(
                join(&place, &excerpt(name)),
                format!("is missing{expected}"),
                true,
            );
        }
        ValidationErrorKind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            add(
                join(&place, &excerpt(name)),
                "this name is not allowed".to_owned(),
                false,
            );
        }
        ValidationErrorKind::FalseSchema => add(place, "is not allowed here".to_owned(), false),
        ValidationErrorKind::UniqueItems => {
            add(
                place,
                "has an item twice, expected each once".to_owned(),
                false,
            );
        }
        // every other kind is a value that its rule does not allow, and the rule says what it does allow
        _ => {
            let expected = rule.map_or_else(|| "another value".to_owned(), describe);
            let given = given(error);
            add(place, format!("{given} given, expected {expected}"), false);
        }
    }
}

/// The schema whose keyword a location names.
fn parent<'s>(schema: &'s Value, location: &str) -> Option<&'s Value> {
    schema.pointer(location.rsplit_once('/')?.0)
}

/// An instance's location in the words of a client: `input.configuration.products[2].name`.
fn locate(path: &str, location: &jsonschema::paths::Location) -> String {
    use jsonschema::paths::LocationSegment;
    location
        .segments()
        .fold(path.to_owned(), |path, segment| match segment {
            LocationSegment::Property(name) => join(&path, &excerpt(&name)),
            LocationSegment::Index(index) => format!("{path}[{index}]"),
        })
}
