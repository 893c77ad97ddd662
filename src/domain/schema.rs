//! JSON Schema (2020-12) checks that answer every problem with its path and in our own words.
//!
//! References to other documents are refused, formats are checked, and patterns are matched in linear time, so that
//! neither a schema nor a value can reach out or hold a thread.

use jsonschema::{Draft, PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

use super::text::{excerpt, nearest};
use crate::error::{Error, Problem, Result};

/// At most this many names or values are listed in one message.
const MOST_LISTED: usize = 12;
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
    let meta = jsonschema::draft202012::meta::validate(schema);
    if let Err(error) = meta {
        return meta_problems(schema, path, &error);
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
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
}

/// The places where the schema is no schema. Only the first is sure to be a cause: one mistake fails several rules of
/// the meta-schema.
fn meta_problems(schema: &Value, path: &str, error: &ValidationError<'_>) -> Vec<Problem> {
    let mut findings = Vec::new();
    explain(&Value::Null, error, path, &mut findings);
    let place = error.instance_path().as_str();
    let given = schema.pointer(place).map(shown).unwrap_or_default();
    findings
        .into_iter()
        .map(|finding| Problem {
            message: format!("{given} is not allowed there in a JSON Schema"),
            ..finding.problem
        })
        .collect()
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

/// What was given, as its rule counts it.
fn given(error: &ValidationError<'_>) -> String {
    let value = error.instance();
    match (error.kind(), value.as_ref()) {
        (
            ValidationErrorKind::MaxLength { .. } | ValidationErrorKind::MinLength { .. },
            Value::String(text),
        ) => format!("{} characters", text.chars().count()),
        (
            ValidationErrorKind::MaxItems { .. } | ValidationErrorKind::MinItems { .. },
            Value::Array(items),
        ) => format!("{} items", items.len()),
        (
            ValidationErrorKind::MaxProperties { .. } | ValidationErrorKind::MinProperties { .. },
            Value::Object(fields),
        ) => format!("{} entries", fields.len()),
        (_, value) => shown(value),
    }
}

fn unknown(name: &str, rule: Option<&Value>) -> String {
    let Some(declared) = rule.and_then(properties).filter(|names| !names.is_empty()) else {
        return "unknown setting, there are none here".to_owned();
    };
    if let Some(meant) = nearest(name, declared.keys().map(String::as_str)) {
        return format!("unknown setting, did you mean {meant}?");
    }
    let names = declared.keys().map(|name| excerpt(name));
    format!("unknown setting, expected one of: {}", listed(names))
}

/// What a schema allows, in words that follow "expected".
fn describe(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return format!("exactly {}", shown(value));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return format!("one of: {}", listed(values.iter().map(shown)));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if types.is_empty() {
        return describe_alternatives(schema);
    }
    let kinds: Vec<String> = types
        .iter()
        .map(|kind| describe_type(kind, schema))
        .collect();
    kinds.join(" or ")
}

fn describe_alternatives(schema: &Value) -> String {
    let alternatives = ["anyOf", "oneOf"]
        .iter()
        .find_map(|keyword| schema.get(*keyword)?.as_array());
    match alternatives {
        Some(several) => {
            let several: Vec<String> = several.iter().take(MOST_LISTED).map(describe).collect();
            several.join(" or ")
        }
        None => "another value".to_owned(),
    }
}

fn describe_type(kind: &str, schema: &Value) -> String {
    match kind {
        "string" => {
            let mut text = format!(
                "a text{}",
                counted(schema, ["minLength", "maxLength"], "characters")
            );
            if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
                text.push_str(&format!(" that matches {}", excerpt(pattern)));
            }
            if let Some(format) = schema.get("format").and_then(Value::as_str) {
                text.push_str(&format!(" of the format {}", excerpt(format)));
            }
            text
        }
        "integer" => format!("a whole number{}", range(schema)),
        "number" => format!("a number{}", range(schema)),
        "boolean" => "true or false".to_owned(),
        "array" => format!(
            "a list{}",
            counted(schema, ["minItems", "maxItems"], "items")
        ),
        "object" => format!(
            "an object{}",
            counted(schema, ["minProperties", "maxProperties"], "entries")
        ),
        other => other.to_owned(),
    }
}

fn counted(schema: &Value, [least, most]: [&str; 2], noun: &str) -> String {
    match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => format!(" of {least} to {most} {noun}"),
        (Some(least), None) => format!(" of at least {least} {noun}"),
        (None, Some(most)) => format!(" of at most {most} {noun}"),
        (None, None) => String::new(),
    }
}

fn range(schema: &Value) -> String {
    let bound = |keyword: &str| schema.get(keyword).filter(|bound| bound.is_number());
    let mut text = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    for (keyword, word) in [
        ("exclusiveMinimum", "above"),
        ("exclusiveMaximum", "below"),
        ("multipleOf", "in steps of"),
    ] {
        if let Some(bound) = bound(keyword) {
            text.push_str(&format!(" {word} {bound}"));
        }
    }
    text
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_LISTED);
    let mut text = names.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("\"{}\"", excerpt(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => excerpt(&value.to_string()),
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
