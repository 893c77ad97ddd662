//! The usual event of a stream, a piece of text and nothing else, read in one pass: most tokens are such an event.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

/// An event with one choice, whose other members are absent or null. Members that are not listed mean nothing in it.
#[derive(Deserialize)]
struct PlainChunk<'a> {
    #[serde(borrow)]
    choices: [PlainChoice<'a>; 1],
    #[serde(default, rename = "usage")]
    _usage: (),
    #[serde(default, rename = "error")]
    _error: (),
}

#[derive(Deserialize)]
struct PlainChoice<'a> {
    #[serde(borrow)]
    delta: PlainDelta<'a>,
    #[serde(default, rename = "finish_reason")]
    _finish_reason: (),
    #[serde(default, rename = "message")]
    _message: (),
    #[serde(default, rename = "error")]
    _error: (),
    #[serde(default, rename = "usage")]
    _usage: (),
}

/// A delta without members that are unknown here: they would go back to the provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainDelta<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
    #[serde(default, rename = "role")]
    _role: IgnoredAny,
    #[serde(default, rename = "refusal")]
    _refusal: (),
    #[serde(default, rename = "tool_calls")]
    _tool_calls: (),
    #[serde(default, rename = "function_call")]
    _function_call: (),
    #[serde(default, rename = "reasoning_content")]
    _reasoning_content: (),
    #[serde(default, rename = "reasoning")]
    _reasoning: (),
}

/// The content of an event that has nothing else. `None` for every other event.
pub(super) fn plain_content(json: &str) -> Option<&RawValue> {
    let chunk: PlainChunk<'_> = serde_json::from_str(json).ok()?;
    let [choice] = chunk.choices;
    Some(choice.delta.content)
}

#[cfg(test)]
mod tests {
    use super::plain_content;

    #[test]
    fn only_events_with_a_text_and_nothing_else_are_plain() {
        for plain in [
            r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
            r#"{"id":"x","choices":[{"delta":{"role":"assistant","content":"a","refusal":null},"logprobs":null}],"usage":null,"error":null}"#,
        ] {
            assert_eq!(plain_content(plain).unwrap().get(), "\"a\"", "{plain}");
        }
        for other in [
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":""}]}"#,
            r#"{"choices":[{"delta":{"content":"a","reasoning_details":[]}}]}"#,
            r#"{"choices":[{"delta":{"content":"a","tool_calls":[]}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"error":{}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#,
            r#"{"choices":[{"delta":{"content":"a"}}],"error":"x"}"#,
            r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#,
            r#"{"choices":[{"delta":{}}]}"#,
            r#"{"choices":[]}"#,
            "[]",
            "",
        ] {
            assert!(plain_content(other).is_none(), "{other}");
        }
    }
}
