//! Short constructors for the JSON Schemas of arguments and results.

use serde_json::{Map, Value, json};

/// The maximum length of a name in characters.
const LONGEST_NAME: usize = 120;

/// An object with exactly these properties, of which `required` must be present.
pub(super) fn object<const N: usize>(required: &[&str], properties: [(&str, Value); N]) -> Value {
    let properties: Map<String, Value> = properties
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The same with the optional `limit` and `after` of a paged list.
pub(super) fn filter<const N: usize>(properties: [(&str, Value); N]) -> Value {
    let mut schema = object(&[], properties);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let limit = json!({
            "type": "integer",
            "minimum": 1,
            "maximum": 50,
            "default": 20,
            "description": "At most this many entries.",
        });
        properties.insert("limit".to_owned(), limit);
        let after = text(
            500,
            "The nextCursor of the answer before, to read on where it ended.",
        );
        properties.insert("after".to_owned(), after);
    }
    schema
}

/// A text of at most `most` characters that is not blank.
pub(super) fn text(most: usize, about: &str) -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": most,
        "pattern": "\\S",
        "description": about,
    })
}

/// A text of one line, at most [`LONGEST_NAME`] characters.
pub(super) fn name(about: &str) -> Value {
    let mut schema = text(LONGEST_NAME, about);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert(
            "pattern".to_owned(),
            "^[^\\n\\r\\t]*[^\\s][^\\n\\r\\t]*$".into(),
        );
    }
    schema
}

/// The given schema, or null for "no value".
pub(super) fn or_null(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut()
        && let Some(kind) = fields.get("type").cloned()
    {
        fields.insert("type".to_owned(), json!([kind, "null"]));
    }
    schema
}

/// An e-mail address.
pub(super) fn email(about: &str) -> Value {
    json!({
        "type": "string",
        "maxLength": 254,
        "format": "email",
        "description": about,
    })
}

/// An id with this prefix, e.g. of a contact.
pub(super) fn id(prefix: &str, about: &str) -> Value {
    json!({
        "type": "string",
        "maxLength": 100,
        "description": format!("{about} Looks like {prefix}_01h455vb4pex5vsknk084sn02q."),
    })
}

/// One of the given words.
pub(super) fn one_of(words: &[&str], about: &str) -> Value {
    json!({"type": "string", "enum": words, "description": about})
}

pub(super) fn flag(about: &str) -> Value {
    json!({"type": "boolean", "description": about})
}

/// An amount of money as a decimal number in a string.
pub(super) fn amount(about: &str) -> Value {
    decimal("1499.00", about)
}

/// A decimal number in a string, so that no digit is lost.
pub(super) fn decimal(example: &str, about: &str) -> Value {
    json!({
        "type": "string",
        "maxLength": 20,
        "pattern": "^[0-9]+(\\.[0-9]+)?$",
        "description": format!("{about} A decimal number as text, e.g. \"{example}\"."),
    })
}

/// A currency code.
pub(super) fn currency() -> Value {
    json!({
        "type": "string",
        "pattern": "^[A-Z]{3}$",
        "description": "The currency, as ISO 4217 writes it, e.g. EUR.",
    })
}

/// A date such as `2026-12-31`.
pub(super) fn date(about: &str) -> Value {
    json!({
        "type": "string",
        "format": "date",
        "description": format!("{about} A day such as 2026-12-31."),
    })
}

/// An array of at most `most` items.
pub(super) fn list(items: &Value, most: usize, about: &str) -> Value {
    json!({"type": "array", "items": items, "maxItems": most, "description": about})
}

/// The schema of a result: `(name, type)` pairs. A question mark after a name marks an optional field.
pub(super) fn answer(fields: &[(&str, &str)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, kind) in fields {
        let known = name.strip_suffix('?');
        if known.is_none() {
            required.push(*name);
        }
        let name = known.unwrap_or(name);
        properties.insert(name.to_owned(), json!({"type": kind}));
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// The schema of a result that is a page of a list.
pub(super) fn listing(name: &str, entry: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            name: {"type": "array", "items": entry},
            "nextCursor": {
                "type": "string",
                "description": "Give it as `after` to read on; there is no more without it.",
            },
        },
        "required": [name],
    })
}
