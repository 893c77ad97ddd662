//! The version of a tool's input schema that is sent to models.
//!
//! Providers refuse a whole request because of one schema that breaks their rules, so what is sent keeps to what all of
//! them take: OpenAI's function parameters (an object with `properties` and no alternatives at the root, `items` for
//! each array) and the subset of Gemini's `Schema` (no references, `const`, `patternProperties`, lists of types or
//! numeric exclusive bounds). What cannot be expressed is added to the descriptions. Arguments are checked against the
//! original schema, so the version may be less precise, never wrong.
//!
//! Sources: OpenAI, "Function calling", § Supported schemas; Gemini API, "Schema" of function declarations.
//!
//! Schemas are untrusted: the number of nodes, the depth and the bytes are bounded. A schema that is too large with its
//! references followed is written again with less depth.

mod flat;
mod names;
mod node;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::{
    flat::FlatSchema,
    names::{rename_properties, restore_names},
    node::{SchemaWriter, TooLarge},
};

/// The depths to try, the first that fits is sent.
const DEPTHS: [usize; 6] = [12, 8, 6, 4, 3, 2];
/// The maximum size of what is sent in bytes. A definition may have 64 KiB; references can multiply that.
const LARGEST: usize = 96 * 1024;
/// The maximum length of a rule that a description repeats, in bytes.
const LONGEST_RULE: usize = 1_500;

/// An input schema as it is sent to models.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedSchema {
    /// The schema: `type: object` with `properties`.
    pub schema: Value,
    /// What the schema could not express, for the description of the tool.
    pub note: Option<String>,
    /// The original names of properties, by the names that they are sent with.
    pub renamed: RenamedProperties,
}

/// The properties that are sent to models with another name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenamedProperties(BTreeMap<String, String>);

impl RenamedProperties {
    /// A model's arguments with the original names.
    pub fn restored(&self, arguments: Value) -> Value {
        restore_names(&self.0, arguments)
    }
}

/// The version of a tool's input schema that every provider takes. The error is the reason why there is none, in words
/// that continue "an input schema that".
pub fn offered_schema(schema: &Value) -> Result<OfferedSchema, String> {
    for depth in DEPTHS {
        let Ok(offered) = write(schema, depth) else {
            continue;
        };
        if offered.schema.to_string().len() <= LARGEST {
            return Ok(offered);
        }
    }
    Err(format!(
        "has over {LARGEST} bytes in the form that models take"
    ))
}

/// Writes the root, which has no alternatives: their properties become optional ones, and the note tells the rule.
fn write(schema: &Value, depth: usize) -> Result<OfferedSchema, TooLarge> {
    let mut writer = SchemaWriter::new(schema, depth);
    let mut root = FlatSchema::default();
    writer.flatten(writer.root(), &mut root, 0)?;
    let mut notes: Vec<String> = root.notes.clone();
    for (keyword, rules) in &root.alternatives {
        notes.push(rule(keyword, rules));
    }
    for alternative in root.all_alternatives() {
        let mut inner = FlatSchema::default();
        writer.flatten(alternative, &mut inner, 0)?;
        for (name, property) in inner.properties {
            if root.properties.iter().all(|(known, _)| *known != name) {
                root.properties.push((name, property));
            }
        }
    }
    for keyword in ["not", "if", "then", "else"] {
        if let Some(value) = schema.get(keyword) {
            notes.push(short_rule(keyword, value));
        }
    }
    if let Some(values) = &root.values {
        notes.push(short_rule("enum", &json!(values)));
    }
    let mut fields = Map::new();
    if let Some(description) = &root.description {
        fields.insert("description".to_owned(), json!(description));
    }
    writer.object(&root, &mut fields, 0)?;
    let renamed = RenamedProperties(rename_properties(&mut fields));
    notes.retain(|note| !note.is_empty());
    Ok(OfferedSchema {
        schema: Value::Object(fields),
        note: (!notes.is_empty()).then(|| notes.join("\n")),
        renamed,
    })
}

/// A rule with alternatives as a sentence.
fn rule(keyword: &str, alternatives: &[flat::Alternative<'_>]) -> String {
    let rules: Vec<&Value> = alternatives.iter().map(|one| one.schema).collect();
    short_rule(keyword, &json!(rules))
}

/// A rule of the original schema in a sentence, as its JSON if that is short.
fn short_rule(keyword: &str, value: &Value) -> String {
    let words = match keyword {
        "anyOf" => "The arguments must match at least one of",
        "oneOf" => "The arguments must match exactly one of",
        "not" => "The arguments must not match",
        "enum" => "The arguments must be one of",
        _ => "The arguments have a further rule",
    };
    let text = value.to_string();
    if text.len() > LONGEST_RULE {
        return format!("{words} several further rules.");
    }
    if matches!(keyword, "if" | "then" | "else") {
        return format!("{words}, {keyword}: {text}");
    }
    format!("{words}: {text}")
}
