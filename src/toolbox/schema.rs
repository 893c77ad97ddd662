//! Generates the JSON Schemas of a tool from the types of its arguments and of its answer.
//!
//! A schema is part of every prompt, so it has no references, no titles and no formats of numbers. An `Option` is a
//! property that may be absent, not one that may be null. Two keywords are for this file only: `x-note` is a sentence
//! that is appended to the description, and `x-nullable` marks a property that may be null.

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
    transform::RecursiveTransform,
};
use serde_json::{Map, Value, json};

/// The description of a tool, which is the doc comment of its arguments, and their schema. Unknown arguments are refused.
pub(super) fn of_arguments<T: JsonSchema>() -> (String, Value) {
    let settings = settings(Contract::Deserialize);
    let mut schema = root::<T>(settings.with_transform(RecursiveTransform(refuse_unknown)));
    let about = match schema.remove("description") {
        Some(Value::String(about)) => about,
        _ => String::new(),
    };
    (about, schema.to_value())
}

/// The schema of a tool's answer.
pub(super) fn of_answer<T: JsonSchema>() -> Value {
    root::<T>(settings(Contract::Serialize)).to_value()
}

fn settings(contract: Contract) -> SchemaSettings {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
        settings.contract = contract;
    });
    settings.with_transform(RecursiveTransform(simplify))
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.remove("title");
    schema
}

fn refuse_unknown(schema: &mut Schema) {
    if let Some(keywords) = schema.as_object_mut()
        && keywords.get("type").is_some_and(|kind| kind == "object")
    {
        keywords.entry("properties").or_insert_with(|| json!({}));
        keywords.insert("additionalProperties".to_owned(), false.into());
    }
}

fn simplify(schema: &mut Schema) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    if ["integer", "number"]
        .iter()
        .any(|kind| keywords.get("type").is_some_and(|of| of == kind))
    {
        keywords.remove("format");
    }
    list_constants(keywords);
    let note = keywords.remove("x-note");
    if let Some(Value::String(about)) = keywords.get_mut("description") {
        // a doc comment of several lines
        *about = about.replace('\n', " ");
        if let Some(Value::String(note)) = note {
            about.push(' ');
            about.push_str(&note);
        }
    }
    if keywords.remove("x-nullable").is_some() {
        let kind = keywords.remove("type");
        keywords.insert("type".to_owned(), json!([kind, "null"]));
    }
    let mut optional = Vec::new();
    if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
        for (name, property) in properties {
            if property.as_object_mut().is_some_and(refuse_null) {
                optional.push(name.clone());
            }
        }
    }
    if let Some(Value::Array(required)) = keywords.get_mut("required") {
        required.retain(|name| optional.iter().all(|optional| name != optional));
        if required.is_empty() {
            keywords.remove("required");
        }
    }
}

/// Replaces the alternatives of an enum, each with a description, by a list of its values.
fn list_constants(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = keywords.get("oneOf") else {
        return;
    };
    let constants = variants.iter().map(|variant| variant.get("const").cloned());
    if let Some(constants) = constants.collect::<Option<Vec<_>>>() {
        keywords.remove("oneOf");
        keywords.insert("type".to_owned(), "string".into());
        keywords.insert("enum".to_owned(), constants.into());
    }
}

/// Removes null from the values that a property accepts. Returns whether it was accepted.
fn refuse_null(property: &mut Map<String, Value>) -> bool {
    if let Some(Value::Array(kinds)) = property.get_mut("type")
        && kinds.iter().any(|kind| kind == "null")
    {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            property.insert("type".to_owned(), kind);
        }
        if let Some(Value::Array(values)) = property.get_mut("enum") {
            values.retain(|value| !value.is_null());
        }
        return true;
    }
    let Some(Value::Array(alternatives)) = property.get("anyOf") else {
        return false;
    };
    let null = json!({"type": "null"});
    let value = match alternatives.as_slice() {
        [Value::Object(value), other] if *other == null => value.clone(),
        _ => return false,
    };
    property.remove("anyOf");
    for (keyword, value) in value {
        property.entry(keyword).or_insert(value);
    }
    true
}
