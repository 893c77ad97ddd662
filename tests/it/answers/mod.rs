//! Answers: the events that fill a client's cache, the parts of a message, and what an answer cites.

mod citations;
mod ends;
mod events;
mod parts;

use serde_json::{Value, json};

use crate::support::Client;

/// The selected fields of a message with its parts.
const MESSAGE: &str = "id role text finishReason parts { __typename
    ... on TextPart { text offset utf16Offset } ... on ReasoningPart { text }
    ... on ToolCallPart { offset utf16Offset toolCall { tool status } }
    ... on SourcePart { number offset utf16Offset passage { text } } }";

/// A message as it is stored.
async fn stored(client: &Client, id: &Value) -> Value {
    let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Message {{ {MESSAGE} }} }} }}");
    client.ok(&query, json!({"id": id})).await["node"].clone()
}

/// A chunk with reasoning, in the usual member of compatible providers.
fn thought(text: &str) -> String {
    let chunk = json!({"choices": [{"index": 0, "delta": {"reasoning_content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

/// The parts that a client puts together from the events since the last start, without the statuses of tool calls.
fn assembled(events: &[Value]) -> Vec<Value> {
    let mut parts: Vec<Value> = Vec::new();
    let (mut characters, mut utf16) = (0, 0);
    for event in events {
        let text = event["text"].as_str().unwrap_or_default();
        let kind = match event["__typename"].as_str().unwrap() {
            "RunStarted" => {
                parts.clear();
                (characters, utf16) = (0, 0);
                continue;
            }
            "ToolCallUpdated" => {
                let part = json!({"call": event["toolCall"]["tool"], "offset": characters});
                if !parts.contains(&part) {
                    parts.push(part);
                }
                continue;
            }
            "TokenDelta" => {
                assert_eq!(event["offset"], json!(characters), "{event}");
                assert_eq!(event["utf16Offset"], json!(utf16), "{event}");
                "text"
            }
            "ReasoningDelta" => "reasoning",
            _ => continue,
        };
        let is_text = kind == "text";
        match parts.last_mut().and_then(|last| last.get_mut(kind)) {
            Some(last) => *last = json!(format!("{}{text}", last.as_str().unwrap())),
            None if is_text => parts.push(json!({"text": text, "offset": characters})),
            None => parts.push(json!({ "reasoning": text })),
        }
        if is_text {
            characters += text.chars().count();
            utf16 += text.encode_utf16().count();
        }
    }
    parts
}

/// The parts of a stored message in the form of [`assembled`], without its sources.
fn kept(message: &Value) -> Vec<Value> {
    let parts = message["parts"].as_array().unwrap().iter();
    let part = |part: &Value| match part["__typename"].as_str().unwrap() {
        "TextPart" => Some(json!({"text": part["text"], "offset": part["offset"]})),
        "ReasoningPart" => Some(json!({"reasoning": part["text"]})),
        "ToolCallPart" => Some(json!({"call": part["toolCall"]["tool"], "offset": part["offset"]})),
        _ => None,
    };
    parts.filter_map(part).collect()
}
