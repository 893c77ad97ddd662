//! Descriptions of a schema's rules and of wrong values.

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::Value;

use super::properties;
use crate::domain::{excerpt, nearest};

/// The maximum number of names or values in one message.
const MOST_LISTED: usize = 12;

/// A description of the given value, in the terms of the violated rule.
pub(super) fn given(error: &ValidationError<'_>) -> String {
    let value = error.instance();
    match (error.kind(), value.as_ref()) {
        (
            ValidationErrorKind::MaxLength { .. } | ValidationErrorKind::MinLength { .. },
            Value::String(text),
        ) => plural(text.chars().count(), "character", "characters"),
        (
            ValidationErrorKind::MaxItems { .. } | ValidationErrorKind::MinItems { .. },
            Value::Array(items),
        ) => plural(items.len(), "item", "items"),
        (
            ValidationErrorKind::MaxProperties { .. } | ValidationErrorKind::MinProperties { .. },
            Value::Object(fields),
        ) => plural(fields.len(), "entry", "entries"),
        (_, value) => shown(value),
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

pub(super) fn unknown(name: &str, rule: Option<&Value>) -> String {
    let Some(declared) = rule.and_then(properties).filter(|names| !names.is_empty()) else {
        return "unknown setting, there are none here".to_owned();
    };
    if let Some(meant) = nearest(name, declared.keys().map(String::as_str)) {
        return format!("unknown setting, did you mean {meant}?");
    }
    let names = declared.keys().map(|name| excerpt(name));
    format!("unknown setting, expected one of: {}", listed(names))
}

/// A description of what a schema allows, in words that follow "expected".
pub(super) fn describe(schema: &Value) -> String {
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
            let rule = |keyword: &str, words: &str| {
                let rule = schema.get(keyword).and_then(Value::as_str).map(excerpt);
                rule.map_or_else(String::new, |rule| format!(" {words} {rule}"))
            };
            [
                "a text".to_owned(),
                counted(schema, ["minLength", "maxLength"], "characters"),
                rule("pattern", "that matches"),
                rule("format", "of the format"),
            ]
            .concat()
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
    let ends = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    let others = [
        ("exclusiveMinimum", "above"),
        ("exclusiveMaximum", "below"),
        ("multipleOf", "in steps of"),
    ];
    let others = others
        .into_iter()
        .filter_map(|(keyword, words)| Some(format!(" {words} {}", bound(keyword)?)));
    std::iter::once(ends).chain(others).collect()
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_LISTED);
    let text = names.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 {
        return text;
    }
    format!("{text} and {more} more")
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("\"{}\"", excerpt(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => excerpt(&value.to_string()),
    }
}
