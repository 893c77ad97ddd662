//! Grammars of schemas: their texts, the mask over a real tokenizer, and hostile schemas.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Grammar, GrammarError, Matcher};
use crate::model::Gguf;
use crate::sampler::Random;
use crate::text::Tokenizer;
use crate::tiny::TinyModel;

fn tokenizer() -> Tokenizer {
    Tokenizer::load(&Gguf::open(TinyModel::llama(1).path()).unwrap()).unwrap()
}

/// Whether the grammar of a schema has this text as a whole.
fn has(schema: &Value, text: &str) -> bool {
    let mut matcher = Matcher::new(Grammar::of_schema(schema).unwrap());
    matcher.advance(text.as_bytes()) && matcher.may_end()
}

/// Whether a text of the grammar begins like this.
fn begins(schema: &Value, text: &str) -> bool {
    Matcher::new(Grammar::of_schema(schema).unwrap()).advance(text.as_bytes())
}

fn refusal(schema: &Value) -> String {
    Grammar::of_schema(schema).unwrap_err().to_string()
}

#[test]
fn texts_of_every_type() {
    for (schema, right, wrong) in [
        (
            json!({"type": "boolean"}),
            vec!["true", "false"],
            vec!["True", "tr", "null"],
        ),
        (json!({"type": "null"}), vec!["null"], vec!["", "nul"]),
        (
            json!({"type": "integer"}),
            vec!["0", "-7", "120", "999999999999999"],
            vec!["", "-", "-0", "01", "1.5", "1e3", "9999999999999999"],
        ),
        (
            json!({"type": "number"}),
            vec!["0", "0.5", "-3.125", "12"],
            vec!["1.", ".5", "1.1234567", "+1", "1e3"],
        ),
        (
            json!({"type": "string", "maxLength": 3}),
            vec!["\"\"", "\"abc\"", "\"äöü\"", "\"\\n\\\\\\\"\"", "\"😀\""],
            vec!["\"abcd\"", "\"", "\"a\nb\"", "\"\\x\"", "abc"],
        ),
        (
            json!({"type": ["string", "null"], "minLength": 1, "maxLength": 2}),
            vec!["null", "\"a\""],
            vec!["\"\"", "\"abc\""],
        ),
        (
            json!({"enum": ["red", 7, null, {"a": [1]}]}),
            vec!["\"red\"", "7", "null", "{\"a\":[1]}"],
            vec!["\"re\"", "77", "red"],
        ),
        (json!({"const": "x\"y"}), vec!["\"x\\\"y\""], vec!["\"x\""]),
        (
            json!({"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2}),
            vec!["[true]", "[true,false]"],
            vec!["[]", "[true,]", "[true,true,true]", "[true false]"],
        ),
    ] {
        for text in right {
            assert!(has(&schema, text), "{schema} lacks {text}");
        }
        for text in wrong {
            assert!(!has(&schema, text), "{schema} has {text}");
        }
    }
}

#[test]
fn objects_have_their_required_properties_in_order() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"enum": ["x", "y"]},
            "c": {"type": "object", "properties": {"d": {"type": "boolean"}}},
        },
        "required": ["b"],
        "additionalProperties": false,
    });
    for right in [
        r#"{"b":"x"}"#,
        r#"{"a":1,"b":"y"}"#,
        r#"{"b":"x","c":{}}"#,
        r#"{"a":-5,"b":"x","c":{"d":true}}"#,
    ] {
        assert!(has(&schema, right), "{right}");
        // every text is JSON
        serde_json::from_str::<Value>(right).unwrap();
    }
    for wrong in [
        "{}",
        r#"{"a":1}"#,
        r#"{"b":"x","a":1}"#,
        r#"{"b":"z"}"#,
        r#"{"b":"x","e":1}"#,
        r#"{"b":"x",}"#,
        r#"{"b":"x"} "#,
    ] {
        assert!(!has(&schema, wrong), "{wrong}");
    }
    assert!(begins(&schema, r#"{"a":1,"b":"#));
    assert!(!begins(&schema, r#"{"a":1}"#));
}

#[test]
fn what_a_grammar_cannot_express_is_refused_with_its_place() {
    for (schema, reason) in [
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}),
            "properties.a: the keyword pattern is not supported",
        ),
        (
            json!({"type": "integer", "minimum": 1}),
            ": the keyword minimum is not supported",
        ),
        (
            json!({"anyOf": [{"type": "string"}]}),
            ": a schema without a type is not supported",
        ),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
            "properties.a: a schema without a type is not supported",
        ),
        (
            json!({"type": "array"}),
            ": an array without items is not supported",
        ),
        (
            json!({"type": "object", "required": ["a"]}),
            ": the required property a without a schema is not supported",
        ),
        (json!(true), ": a schema that is no object is not supported"),
        (
            json!({"type": "string", "minLength": 10_000}),
            ": minLength 10000 is not supported",
        ),
        (json!({"enum": []}), ": an empty enum is not supported"),
    ] {
        assert_eq!(refusal(&schema), reason, "{schema}");
    }
}

#[test]
fn hostile_schemas_are_refused_at_once() {
    let mut nested = json!({"type": "boolean"});
    for _ in 0..DEPTH {
        nested = json!({"type": "array", "items": nested});
    }
    let mut doubled = json!({"type": "string"});
    for _ in 0..6 {
        doubled = json!({"type": "array", "items": doubled, "minItems": 8, "maxItems": 4_000_000_000_u64});
    }
    let many: serde_json::Map<String, Value> = (0..50_000)
        .map(|number| (format!("p{number}"), json!({"type": "boolean"})))
        .collect();
    let long: Vec<String> = (0..10_000)
        .map(|number| format!("choice {number}"))
        .collect();
    let began = Instant::now();
    for schema in [
        nested,
        doubled,
        json!({"type": "object", "properties": many}),
        json!({"enum": long}),
        json!({"type": "array", "items": {"type": "string"}, "maxItems": 8}),
    ] {
        assert!(Grammar::of_schema(&schema).is_err());
    }
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

/// The depth of a hostile schema; the test drops it recursively too.
const DEPTH: usize = 100;

/// Writes an answer by always taking the allowed token with the best of these scores; returns the text.
fn written(schema: &Value, tokenizer: &Tokenizer, score: impl FnMut(u32) -> f32) -> String {
    written_by(Grammar::of_schema(schema).unwrap(), tokenizer, score)
}

/// As [`written`], by a grammar.
fn written_by(
    grammar: Grammar,
    tokenizer: &Tokenizer,
    mut score: impl FnMut(u32) -> f32,
) -> String {
    let mut matcher = Matcher::new(grammar);
    let mut text = Vec::new();
    for _ in 0..2_000 {
        let size = u32::try_from(tokenizer.size()).unwrap();
        let mut logits: Vec<f32> = (0..size).map(&mut score).collect();
        assert!(matcher.mask(tokenizer, &mut logits));
        let best = (0..size).max_by(|a, b| logits[*a as usize].total_cmp(&logits[*b as usize]));
        let bytes = tokenizer.bytes(best.unwrap()).unwrap();
        assert!(matcher.advance(bytes));
        text.extend_from_slice(bytes);
        if matcher.is_over() {
            return String::from_utf8(text).unwrap();
        }
    }
    panic!("no end: {}", String::from_utf8_lossy(&text));
}

#[test]
fn whatever_the_scores_are_an_answer_is_a_text_of_the_schema() {
    let tokenizer = tokenizer();
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 12},
            "kind": {"enum": ["a \"quoted\" word", "Tür"]},
            "tags": {"type": "array", "items": {"enum": ["x", "y"]}, "maxItems": 3},
            "count": {"type": ["integer", "null"]},
            "nested": {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]},
        },
        "required": ["name", "kind", "nested"],
    });
    for seed in 0..40_u32 {
        let score = |token: u32| {
            let mixed = token
                .wrapping_mul(2_654_435_761)
                .wrapping_add(seed.wrapping_mul(40_503));
            f32::from(u16::try_from(mixed >> 16).unwrap())
        };
        let text = written(&schema, &tokenizer, score);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        let name = value["name"].as_str().unwrap().chars().count();
        assert!((1..=12).contains(&name), "{text}");
        assert!(
            ["a \"quoted\" word", "Tür"].contains(&value["kind"].as_str().unwrap()),
            "{text}"
        );
        assert!(value["nested"]["yes"].is_boolean(), "{text}");
        assert_eq!(value.to_string().len(), text.len(), "compact: {text}");
    }
}

#[test]
fn the_mask_leaves_exactly_the_tokens_that_continue() {
    let tokenizer = tokenizer();
    let schema = json!({"enum": ["Heron", "Wren"]});
    let mut matcher = Matcher::new(Grammar::of_schema(&schema).unwrap());
    assert!(matcher.advance(b"\""));
    let mut logits = vec![1.0; tokenizer.size()];
    assert!(matcher.mask(&tokenizer, &mut logits));
    for (token, logit) in (0..).zip(logits) {
        let continues = tokenizer.bytes(token).is_some_and(|bytes| {
            let texts = ["Heron\"", "Wren\""];
            !bytes.is_empty() && texts.iter().any(|text| text.as_bytes().starts_with(bytes))
        });
        assert_eq!(logit.is_finite(), continues, "{token}");
    }
}

#[test]
fn unusable_scores_leave_no_choice() {
    let tokenizer = tokenizer();
    let mut matcher = Matcher::new(Grammar::of_schema(&json!({"type": "null"})).unwrap());
    assert!(!matcher.mask(&tokenizer, &mut vec![f32::NAN; tokenizer.size()]));
    assert!(!matcher.mask(&tokenizer, &mut []));
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    assert_eq!(
        Grammar::of_schema(&json!({"enum": ["x".repeat(30_000)]})).unwrap_err(),
        GrammarError::TooLarge
    );
}

/// A schema of random parts, at most this deep.
fn generated(random: &mut Random, depth: usize) -> Value {
    let below = |random: &mut Random, count: usize| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a small count"
        )]
        let chosen = (random.share() * count as f32) as usize;
        chosen
    };
    match below(random, if depth == 0 { 7 } else { 9 }) {
        0 => {
            json!({"type": "string", "maxLength": 1 + below(random, 5), "minLength": below(random, 2)})
        }
        1 => json!({"type": "integer", "description": "A number."}),
        2 => json!({"type": "number"}),
        3 => json!({"type": "boolean"}),
        4 => json!({"enum": ["a, \"b\"", 7, null, {"x": [1, "ä"]}]}),
        5 => json!({"const": {"k": [true]}}),
        6 => json!({"type": ["string", "null"], "maxLength": 3}),
        7 => {
            let fewest = below(random, 2);
            json!({"type": "array", "items": generated(random, depth - 1), "minItems": fewest, "maxItems": fewest + 1 + below(random, 2)})
        }
        _ => {
            let names = (0..=below(random, 4)).map(|number| format!("p {number}\""));
            let properties: serde_json::Map<String, Value> = names
                .map(|name| (name, generated(random, depth - 1)))
                .collect();
            let mut required: Vec<&String> = properties.keys().collect();
            required.retain(|_| random.share() < 0.5);
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
        }
    }
}

/// Whether a value is valid by a generated schema.
fn is_valid(schema: &Value, value: &Value) -> bool {
    if let Some(only) = schema.get("const") {
        return value == only;
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    let size = |keyword: &str, without: usize| {
        let set = schema.get(keyword).and_then(Value::as_u64);
        set.map_or(without, |set| usize::try_from(set).unwrap())
    };
    let kinds = schema["type"].as_array().cloned();
    let kinds = kinds.unwrap_or_else(|| vec![schema["type"].clone()]);
    kinds
        .iter()
        .any(|kind| match (kind.as_str().unwrap(), value) {
            ("string", Value::String(text)) => {
                let length = text.chars().count();
                (size("minLength", 0)..=size("maxLength", usize::MAX)).contains(&length)
            }
            ("integer", Value::Number(number)) => number.is_i64(),
            ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) | ("null", Value::Null) => {
                true
            }
            ("array", Value::Array(elements)) => {
                (size("minItems", 0)..=size("maxItems", usize::MAX)).contains(&elements.len())
                    && elements
                        .iter()
                        .all(|element| is_valid(&schema["items"], element))
            }
            ("object", Value::Object(fields)) => {
                let properties = schema["properties"].as_object().unwrap();
                let required = schema["required"].as_array().unwrap();
                required
                    .iter()
                    .all(|name| fields.contains_key(name.as_str().unwrap()))
                    && fields.iter().all(|(name, field)| {
                        properties
                            .get(name)
                            .is_some_and(|schema| is_valid(schema, field))
                    })
            }
            _ => false,
        })
}

#[test]
fn answers_to_generated_schemas_are_valid() {
    let tokenizer = tokenizer();
    let mut random = Random(47);
    for number in 0..120 {
        let schema = generated(&mut random, 3);
        let grammars = [
            Grammar::of_schema(&schema).unwrap(),
            Grammar::of_arguments("", &schema, "").unwrap(),
        ];
        for grammar in grammars {
            let text = written_by(grammar, &tokenizer, |_| random.share());
            let value = serde_json::from_str(&text);
            let value: Value = value.unwrap_or_else(|error| panic!("{number}: {error}: {text}"));
            assert!(is_valid(&schema, &value), "{number}: {schema}\n{text}");
        }
    }
}

#[test]
fn arguments_have_blanks_and_the_structure_of_their_schema() {
    let schema = json!({
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date", "pattern": "^2", "maxLength": 10},
            "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "title": "Count"},
        },
        "required": ["day"],
    });
    assert!(Grammar::of_schema(&schema).is_err());
    let has = |text: &str| {
        let mut matcher = Matcher::new(Grammar::of_arguments("(", &schema, ")").unwrap());
        matcher.advance(text.as_bytes()) && matcher.is_over()
    };
    assert!(has(r#"({"count": 3, "day": "2026-12-31"})"#));
    assert!(has(r#"({"count": null, "day": "soon"})"#));
    assert!(has(r#"({"day": ""})"#));
    for wrong in [
        r#"({"count": 3})"#,
        r#"({"day":"x"})"#,
        r#"({"day": "x", "count": "y"})"#,
        "()",
    ] {
        assert!(!has(wrong), "{wrong}");
    }
    let beside = json!({"anyOf": [{"type": "null"}], "minLength": 1});
    assert!(Grammar::of_arguments("", &beside, "").is_err());
}
