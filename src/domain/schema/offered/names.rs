//! The names of a schema's properties in the characters that every provider takes.
//!
//! Anthropic and others refuse a request with a property such as `$filter` or `user name`: "Property keys should match
//! pattern `^[a-zA-Z0-9_.-]{1,64}$`". The rule is applied to the properties of the root.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The maximum length of a property's name that providers take, in characters.
const LONGEST: usize = 64;

/// Renames the properties of an object schema whose names providers refuse. Returns the original names by the new ones.
pub(super) fn rename_properties(schema: &mut Map<String, Value>) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return renamed;
    };
    if properties.keys().all(|name| is_taken_by_all(name)) {
        return renamed;
    }
    let mut kept = Map::new();
    let (good, bad): (Vec<_>, Vec<_>) = std::mem::take(properties)
        .into_iter()
        .partition(|(name, _)| is_taken_by_all(name));
    kept.extend(good);
    for (name, property) in bad {
        let new = free_name(&name, &kept);
        kept.insert(new.clone(), property);
        renamed.insert(new, name);
    }
    *properties = kept;
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        for name in required {
            let new = renamed.iter().find(|(_, original)| *name == **original);
            if let Some((new, _)) = new {
                *name = Value::String(new.clone());
            }
        }
    }
    renamed
}

/// The arguments with the original names of their properties.
pub(super) fn restore_names(renamed: &BTreeMap<String, String>, arguments: Value) -> Value {
    match arguments {
        Value::Object(fields) if !renamed.is_empty() => {
            let original = |name: String| renamed.get(&name).cloned().unwrap_or(name);
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (original(name), value))
                    .collect(),
            )
        }
        other => other,
    }
}

fn is_taken_by_all(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// A name in plain characters that no property has.
fn free_name(name: &str, taken: &Map<String, Value>) -> String {
    let plain = |character: char| match u8::try_from(character) {
        Ok(byte) if is_plain(byte) => character,
        _ => '_',
    };
    // room for a number
    let base: String = name.chars().map(plain).take(LONGEST - 8).collect();
    let base = if base.is_empty() {
        "_".to_owned()
    } else {
        base
    };
    let mut free = base.clone();
    let mut number = 1;
    while taken.contains_key(&free) {
        number += 1;
        free = format!("{base}_{number}");
    }
    free
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{rename_properties, restore_names};

    #[test]
    fn names_that_providers_refuse_are_replaced_and_restored() {
        let long = "x".repeat(65);
        let mut schema = json!({
            "properties": {"$filter": {}, "_filter": {}, "naïve": {}, "": {}, long.as_str(): {}, "top": {}},
            "required": ["$filter", "top"]
        });
        let renamed = rename_properties(schema.as_object_mut().unwrap());
        let cut = "x".repeat(56);
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["_", "_filter", "_filter_2", "na_ve", "top", &cut]);
        assert_eq!(schema["required"], json!(["_filter_2", "top"]));
        let given = json!({"_filter_2": "a", "_filter": "b", "na_ve": 1, "_": 2, cut.as_str(): 3, "$top": 4});
        assert_eq!(
            restore_names(&renamed, given),
            json!({"$filter": "a", "_filter": "b", "naïve": 1, "": 2, long.as_str(): 3, "$top": 4})
        );
    }
}
