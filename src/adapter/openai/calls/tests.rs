//! Which pieces belong to which call.

use serde_json::{Value, json, value::to_raw_value};

use super::Calls;

fn assembled(pieces: &Value) -> Vec<(String, String, String)> {
    let mut calls = Calls::default();
    for piece in pieces.as_array().unwrap() {
        calls.push(&to_raw_value(piece).unwrap()).unwrap();
    }
    let finished = calls.finish().into_iter();
    finished
        .map(|call| (call.reference, call.name, call.arguments))
        .collect()
}

fn check(pieces: &Value, expected: &[(&str, &str, &str)]) {
    let found = assembled(pieces);
    let found: Vec<_> = found
        .iter()
        .map(|(id, name, arguments)| (id.as_str(), name.as_str(), arguments.as_str()))
        .collect();
    assert_eq!(found, expected, "{pieces}");
}

#[test]
fn pieces_with_an_index_are_joined() {
    check(
        &json!([
            {"index": 0, "id": "a", "function": {"name": "find", "arguments": "{\"q\":"}},
            {"index": 1, "id": "b", "function": {"name": "get", "arguments": ""}},
            {"index": 0, "function": {"arguments": "\"x\"}"}},
            {"index": 1, "function": {"name": "get", "arguments": "{}"}},
            {"index": 1, "id": "b", "function": {"name": "get", "arguments": ""}},
        ]),
        &[("a", "find", "{\"q\":\"x\"}"), ("b", "get", "{}")],
    );
}

#[test]
fn a_new_id_begins_a_call_whatever_the_index_says() {
    check(
        &json!([
            {"index": 0, "id": "a", "function": {"name": "echo", "arguments": "{\"t\":1}"}},
            {"index": 0, "id": "b", "function": {"name": "add", "arguments": "{\"a\":2}"}},
        ]),
        &[("a", "echo", "{\"t\":1}"), ("b", "add", "{\"a\":2}")],
    );
    // the same tool twice, with the index and without
    check(
        &json!([
            {"id": "a", "function": {"name": "echo", "arguments": "{}"}},
            {"id": "b", "function": {"name": "echo", "arguments": "{}"}},
        ]),
        &[("a", "echo", "{}"), ("b", "echo", "{}")],
    );
}

#[test]
fn a_repeated_name_without_arguments_announces_another_call_of_the_tool() {
    check(
        &json!([
            {"function": {"name": "echo", "arguments": ""}},
            {"function": {"arguments": "{\"t\":1}"}},
            {"function": {"name": "echo", "arguments": ""}},
            {"function": {"arguments": "{\"t\":"}},
            {"function": {"arguments": "2}"}},
            {"function": {"name": "echo"}},
        ]),
        &[
            ("call_0", "echo", "{\"t\":1}"),
            ("call_1", "echo", "{\"t\":2}"),
        ],
    );
}

#[test]
fn a_known_id_continues_its_call() {
    check(
        &json!([
            {"id": "a", "function": {"name": "echo", "arguments": ""}},
            {"id": "a", "function": {"arguments": "{\"text\":"}},
            {"id": "a", "function": {"arguments": "\"hi\"}"}},
        ]),
        &[("a", "echo", "{\"text\":\"hi\"}")],
    );
}

#[test]
fn a_name_after_whole_arguments_begins_a_call() {
    for index in [json!(0), json!(null), json!("0")] {
        check(
            &json!([
                {"index": index, "function": {"name": "echo", "arguments": "{\"t\":"}},
                {"index": index, "function": {"name": "echo", "arguments": "1}"}},
                {"index": index, "function": {"name": "echo", "arguments": "{\"t\":2}"}},
            ]),
            &[
                ("call_0", "echo", "{\"t\":1}"),
                ("call_1", "echo", "{\"t\":2}"),
            ],
        );
    }
    // the id of each call is the same
    check(
        &json!([
            {"index": 0, "id": "x", "function": {"name": "echo", "arguments": "{\"t\":1}"}},
            {"index": 1, "id": "x", "function": {"name": "add", "arguments": "{\"t\":2}"}},
        ]),
        &[("x", "echo", "{\"t\":1}"), ("call_1", "add", "{\"t\":2}")],
    );
    // a tool without arguments
    check(
        &json!([{"function": {"name": "now"}}, {"function": {"name": "add", "arguments": "{}"}}]),
        &[("call_0", "now", ""), ("call_1", "add", "{}")],
    );
}

#[test]
fn odd_spellings_are_read() {
    check(
        &json!([
            {"id": 7, "index": 0.0, "type": null, "function": {"name": "echo", "arguments": {"text": "hi"}}},
            {"name": "add", "arguments": "\"{\\\"a\\\":1}\""},
            null, 3, "x",
        ]),
        &[
            ("7", "echo", "{\"text\":\"hi\"}"),
            ("call_1", "add", "{\"a\":1}"),
        ],
    );
    // a gateway that invents an id for each piece
    check(
        &json!([
            {"index": 0, "id": "a", "function": {"name": "echo", "arguments": "{\"t\":"}},
            {"index": 0, "id": "b", "function": {"arguments": "1}"}},
        ]),
        &[("b", "echo", "{\"t\":1}")],
    );
}

#[test]
fn unknown_members_are_kept() {
    let piece = json!({
        "id": "a", "index": 0, "extra_content": {"google": {"thought_signature": "S"}},
        "function": {"name": "echo", "arguments": "{}", "strict": true},
    });
    let mut calls = Calls::default();
    calls.push(&to_raw_value(&piece).unwrap()).unwrap();
    let call = calls.finish().remove(0);
    let extra = json!({"call": {"extra_content": {"google": {"thought_signature": "S"}}}, "function": {"strict": true}});
    assert_eq!(json!(call.extra), extra);
}

#[test]
fn the_number_and_the_size_of_calls_are_bounded() {
    let mut calls = Calls::default();
    let many = (0..=200).map(|id| json!({"id": id.to_string(), "function": {"name": "x"}}));
    let pushed = many.map(|piece| calls.push(&to_raw_value(&piece).unwrap()).is_ok());
    assert_eq!(pushed.filter(|pushed| *pushed).count(), super::MOST_CALLS);
    let mut calls = Calls::default();
    let large = json!({"id": "a", "function": {"arguments": "x".repeat(1 << 20)}});
    assert!(calls.push(&to_raw_value(&large).unwrap()).is_err());
}
