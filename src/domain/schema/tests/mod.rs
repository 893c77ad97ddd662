//! Every problem of a value, with its path and its message.

mod hostile;

use serde_json::json;

use super::*;

fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut problems: Vec<String> = check_against(schema, value, "input.configuration")
        .unwrap()
        .into_iter()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    problems.sort();
    problems
}

fn of_property(rule: &Value, value: &Value) -> String {
    let schema = json!({"type": "object", "properties": {"x": rule}});
    let found = check_against(&schema, &json!({"x": value}), "").unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path.split(['.', '[']).next(), Some("x"));
    found[0].message.clone()
}

#[test]
fn every_problem_has_its_own_path() {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["companyName", "plan"],
        "properties": {
            "companyName": {"type": "string", "maxLength": 5},
            "plan": {"enum": ["small", "large"]},
            "voice": {
                "type": "object",
                "additionalProperties": false,
                "required": ["length"],
                "properties": {
                    "tone": {"enum": ["friendly", "formal"]},
                    "length": {"type": "string", "minLength": 1, "maxLength": 9}
                }
            },
            "products": {"type": "array", "maxItems": 3, "items": {
                "type": "object", "properties": {"price": {"type": "number", "minimum": 0}}
            }}
        }
    });
    let value = json!({
        "companyName": "Contoso",
        "colour": "red",
        "voice": {"tone": "angry", "tune": 1},
        "products": [{"price": 1}, {"price": -1}, {"price": "2"}]
    });
    assert_eq!(
        problems(&schema, &value),
        [
            "input.configuration.colour: unknown setting, expected one of: companyName, plan, products, voice",
            "input.configuration.companyName: 7 characters given, expected a text of at most 5 characters",
            "input.configuration.plan: is missing, expected one of: \"small\", \"large\"",
            "input.configuration.products[1].price: -1 given, expected a number of at least 0",
            "input.configuration.products[2].price: \"2\" given, expected a number of at least 0",
            "input.configuration.voice.length: is missing, expected a text of 1 to 9 characters",
            "input.configuration.voice.tone: \"angry\" given, expected one of: \"friendly\", \"formal\"",
            "input.configuration.voice.tune: unknown setting, did you mean tone?",
        ]
    );
    assert_eq!(
        problems(&schema, &json!({"companyName": "A", "plan": "small"})),
        [] as [&str; 0]
    );
}

fn check_messages<const N: usize>(cases: [(Value, Value, &str); N]) {
    for (rule, value, message) in cases {
        assert_eq!(of_property(&rule, &value), message);
    }
}

#[test]
fn violations_of_text_and_number_rules_name_the_allowed_values() {
    check_messages([
        (
            json!({"type": "integer", "minimum": 1, "maximum": 9}),
            json!(1.5),
            "1.5 given, expected a whole number from 1 to 9",
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0}),
            json!(0),
            "0 given, expected a number above 0",
        ),
        (
            json!({"type": "number", "multipleOf": 5}),
            json!(7),
            "7 given, expected a number in steps of 5",
        ),
        (
            json!({"type": "boolean"}),
            json!("yes"),
            "\"yes\" given, expected true or false",
        ),
        (
            json!({"type": ["string", "null"]}),
            json!(3),
            "3 given, expected a text or null",
        ),
        (json!({"const": 3}), json!(4), "4 given, expected exactly 3"),
        (
            json!({"type": "string", "pattern": "^a+$"}),
            json!("b"),
            "\"b\" given, expected a text that matches ^a+$",
        ),
        (
            json!({"type": "string", "format": "uri"}),
            json!("b"),
            "\"b\" given, expected a text of the format uri",
        ),
    ]);
}

#[test]
fn violations_of_list_and_object_rules_name_the_allowed_values() {
    check_messages([
        (
            json!({"type": "array", "minItems": 2}),
            json!([1]),
            "1 item given, expected a list of at least 2 items",
        ),
        (
            json!({"type": "array", "uniqueItems": true}),
            json!([1, 1]),
            "has an item twice, expected each once",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!([1]),
            "1 given, expected a text",
        ),
        (
            json!({"type": "object", "maxProperties": 0}),
            json!({"a": 1}),
            "1 entry given, expected an object of at most 0 entries",
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "boolean"}]}),
            json!([]),
            "a list given, expected a text or true or false",
        ),
        (json!(false), json!(1), "is not allowed here"),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            json!({"ab": 1}),
            "this name is not allowed",
        ),
    ]);
}

#[test]
fn a_rejected_value_is_echoed_shortened_and_without_control_characters() {
    let message = of_property(
        &json!({"enum": ["a"]}),
        &json!(format!("\u{202e}\n{}", "x".repeat(500))),
    );
    assert_eq!(
        message,
        format!("\"{}…\" given, expected one of: \"a\"", "x".repeat(64))
    );
    let many: Vec<String> = (10..40).map(|number| format!("v{number}")).collect();
    let message = of_property(&json!({ "enum": many }), &json!("w"));
    assert!(message.ends_with("\"v21\" and 18 more"), "{message}");
    let key = "k".repeat(500);
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {}});
    let found = check_against(&schema, &json!({ key: 1 }), "input").unwrap();
    assert_eq!(found[0].path, format!("input.{}…", "k".repeat(64)));
    assert_eq!(found[0].message, "unknown setting, there are none here");
}

#[test]
fn violations_behind_a_reference_are_explained_too() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/size"}},
        "$defs": {"size": {"type": "integer", "maximum": 3}}
    });
    assert_eq!(
        problems(&schema, &json!({"a": 4})),
        ["input.configuration.a: 4 given, expected a whole number of at most 3"]
    );
}

#[test]
fn validating_with_an_unusable_schema_is_an_internal_error() {
    let error = check_against(&json!({"type": "thing"}), &json!({}), "input").unwrap_err();
    assert_eq!(error.kind(), &crate::error::Kind::Internal);
}

#[test]
fn a_refused_schema_is_reported_with_its_path() {
    let closed = |mut schema: Value| {
        schema["type"] = "object".into();
        schema["additionalProperties"] = false.into();
        schema_problems(&schema, "configSchema")
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(closed(json!({})), [] as [&str; 0]);
    assert_eq!(
        closed(json!({"properties": {"a": {"type": "text"}, "b": {"maxLength": -1}}})),
        [
            "configSchema.properties.a.type: \"text\" given, which a JSON Schema does not allow there",
            "configSchema.properties.b.maxLength: -1 given, which a JSON Schema does not allow there",
        ]
    );
    let elsewhere = json!({"properties": {"a": {"$ref": "https://example.com/other.json"}}});
    assert_eq!(
        closed(elsewhere),
        [
            "configSchema: is a JSON Schema that refers to \"https://example.com/other.json\", which is another document; put \
             it into $defs"
        ]
    );
    for unusable in [
        json!({"properties": {"a": {"pattern": "(?=a)b"}}}),
        json!({"properties": {"a": {"$ref": "#/$defs/missing"}}}),
    ] {
        let found = closed(unusable);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("cannot be used: "), "{found:?}");
    }
    let open = schema_problems(
        &json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}),
        "s",
    );
    let paths: Vec<&str> = open.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["s.type", "s.additionalProperties"]);
    let older = schema_problems(
        &json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
        "s",
    );
    assert_eq!(older[0].path, "s.$schema");
    assert_eq!(
        schema_problems(&json!([]), "s")[0].message,
        "expected a JSON Schema, an object"
    );
}
