//! What models receive, for schemas as servers write them, and for hostile ones.

use serde_json::{Map, Value, json};

use super::{LARGEST, offered_schema};

fn sent(schema: &Value) -> Value {
    let offered = offered_schema(schema).unwrap();
    let mut found = Vec::new();
    refused(&offered.schema, "", &mut found);
    assert!(found.is_empty(), "{found:?} in {}", offered.schema);
    assert_eq!(offered.schema["type"], "object");
    assert!(offered.schema["properties"].is_object());
    for keyword in ["anyOf", "oneOf", "allOf", "enum", "not"] {
        assert!(offered.schema.get(keyword).is_none(), "{keyword}");
    }
    offered.schema
}

fn note(schema: &Value) -> String {
    offered_schema(schema).unwrap().note.unwrap_or_default()
}

/// The keywords that every provider takes.
const TAKEN: [&str; 17] = [
    "type",
    "title",
    "description",
    "properties",
    "required",
    "items",
    "enum",
    "anyOf",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "default",
];

/// The places that a provider refuses, by the rules that are documented.
fn refused(schema: &Value, path: &str, found: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else {
        found.push(format!("{path}: no object"));
        return;
    };
    for keyword in fields
        .keys()
        .filter(|keyword| !TAKEN.contains(&keyword.as_str()))
    {
        found.push(format!("{path}: {keyword}"));
    }
    let kind = fields.get("type");
    if kind.is_some_and(|kind| !kind.is_string())
        || (kind.is_none() && !fields.contains_key("anyOf"))
    {
        found.push(format!("{path}: type"));
    }
    if kind == Some(&json!("array")) && !fields.contains_key("items") {
        found.push(format!("{path}: no items"));
    }
    let none = Map::new();
    let properties = fields
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    for name in fields
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !properties.contains_key(name.as_str().unwrap()) {
            found.push(format!("{path}: requires {name}"));
        }
    }
    let alternatives = fields
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for inner in properties
        .values()
        .chain(alternatives)
        .chain(fields.get("items"))
    {
        refused(inner, &format!("{path}."), found);
    }
}

#[test]
fn a_schema_without_properties_has_an_empty_object() {
    let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"});
    assert_eq!(sent(&schema), json!({"type": "object", "properties": {}}));
}

#[test]
fn a_simple_schema_stays_as_it_is() {
    let schema = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What.", "minLength": 1},
            "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "many": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        },
        "required": ["text"]
    });
    assert_eq!(sent(&schema), schema);
    assert_eq!(note(&schema), "");
}

#[test]
fn root_alternatives_are_told_in_the_description() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}]
    });
    assert_eq!(sent(&schema)["properties"].as_object().unwrap().len(), 2);
    assert_eq!(
        note(&schema),
        "The arguments must match at least one of: [{\"required\":[\"a\"]},{\"required\":[\"b\"]}]"
    );
    let union = json!({
        "type": "object",
        "oneOf": [
            {"properties": {"by": {"const": "id"}, "id": {"type": "string"}}, "required": ["by", "id"]},
            {"properties": {"by": {"const": "name"}, "name": {"type": "string"}}, "required": ["by"]}
        ]
    });
    let names: Vec<String> = sent(&union)["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(note(&union).starts_with("The arguments must match exactly one of"));
    let both = json!({"type": "object", "allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}]});
    assert_eq!(sent(&both)["required"], json!(["a"]));
}

#[test]
fn references_are_written_out_and_null_alternatives_left_out() {
    let schema = json!({
        "type": "object",
        "properties": {
            "who": {"$ref": "#/$defs/Who"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "Note"},
            "other": {"anyOf": [{"$ref": "#/$defs/Who"}, {"type": "null"}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}
        },
        "$defs": {"Who": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}
    });
    let who =
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    let sent = sent(&schema);
    assert_eq!(sent["properties"]["who"], who);
    assert_eq!(sent["properties"]["other"], who);
    assert_eq!(
        sent["properties"]["note"],
        json!({"title": "Note", "type": "string"})
    );
    let either = json!({"anyOf": [{"type": "string"}, {"type": "integer"}]});
    assert_eq!(sent["properties"]["either"], either);
}

#[test]
fn keywords_that_a_provider_refuses_are_replaced() {
    let schema = json!({
        "type": "object",
        "properties": {
            "list": {"type": "array"},
            "kind": {"const": "x"},
            "level": {"enum": [1, 2, 3]},
            "count": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
            "part": {"type": "number", "exclusiveMinimum": 0},
            "old": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
            "map": {"type": "object", "patternProperties": {"^x": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
            "mail": {"type": "string", "format": "email"},
            "either": {"type": ["string", "integer", "null"]},
            "any": true,
            "never": false,
            "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            "own": {"type": "string", "x-order": 1, "examples": ["a"]}
        },
        "required": ["kind", "undeclared"],
        "additionalProperties": false
    });
    let sent = sent(&schema);
    let property = |name: &str| sent["properties"][name].clone();
    assert_eq!(property("kind"), json!({"type": "string", "enum": ["x"]}));
    assert_eq!(
        property("level"),
        json!({"description": "one of [1,2,3]", "type": "integer"})
    );
    assert_eq!(
        property("count"),
        json!({"type": "integer", "minimum": 1, "maximum": 9})
    );
    assert_eq!(
        property("part"),
        json!({"description": "more than 0", "type": "number"})
    );
    assert_eq!(property("old"), json!({"type": "number", "minimum": 0}));
    assert_eq!(
        property("map"),
        json!({"description": "each further entry is {\"type\":\"integer\"}", "type": "object", "properties": {}})
    );
    assert_eq!(property("mail"), json!({"type": "string"}));
    assert_eq!(property("own"), json!({"type": "string"}));
    assert_eq!(property("never"), Value::Null);
    assert_eq!(sent["required"], json!(["kind", "undeclared"]));
}

#[test]
fn recursive_and_multiplying_schemas_are_bounded() {
    let tree = json!({
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": {"type": "object", "properties": {
            "left": {"$ref": "#/$defs/Node"}, "right": {"$ref": "#/$defs/Node"},
            "more": {"type": "array", "items": {"$ref": "#/$defs/Node"}}
        }}}
    });
    assert!(sent(&tree).to_string().len() <= LARGEST);
    let mut definitions = Map::new();
    for number in 0..30 {
        let next = json!({"$ref": format!("#/$defs/d{}", number + 1)});
        definitions.insert(
            format!("d{number}"),
            json!({"type": "object", "properties": {"a": next, "b": next}}),
        );
    }
    definitions.insert("d30".to_owned(), json!({"type": "string"}));
    let doubling = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": definitions});
    assert!(sent(&doubling).to_string().len() <= LARGEST);
    let own = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/properties/a"}, "b": {"anyOf": [{"$ref": "#/properties/b"}]}},
        "allOf": [{"$ref": "#"}]
    });
    sent(&own);
    let wide: Map<String, Value> = (0..4_000)
        .map(|number| (format!("property_{number}"), json!({"type": "string"})))
        .collect();
    let problem = offered_schema(&json!({"type": "object", "properties": wide})).unwrap_err();
    assert!(problem.starts_with("has over"), "{problem}");
}
