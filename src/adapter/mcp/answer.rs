//! A tool's result: as text for the model and as data, each with a maximum size.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

use super::long_string::original_length;
use crate::port::ToolAnswer;

/// The result of a call over MCP.
pub(super) fn of_result(result: CallToolResult, most: usize) -> ToolAnswer {
    let blocks = serde_json::to_value(&result.content).unwrap_or_else(|_| json!([]));
    let lost = result.content.iter().map(lost_bytes).sum();
    let words: Vec<String> = result.content.iter().map(words).collect();
    let mut text = words.join("\n");
    if text.is_empty()
        && let Some(structured) = &result.structured_content
    {
        text = structured.to_string();
    }
    let content = result.structured_content.unwrap_or(blocks);
    let text = cut(&without_nul(&text), lost, most);
    with_data(text, content, result.is_error.unwrap_or_default(), most)
}

/// The result of a call that the server rejected or that failed there; `message` is the server's text.
pub(super) fn refused(message: &str, most: usize) -> ToolAnswer {
    bounded(
        message,
        json!([{"type": "text", "text": message}]),
        true,
        most,
    )
}

/// A result with its text and its data, each truncated to `most` bytes.
pub(super) fn bounded(text: &str, content: Value, is_error: bool, most: usize) -> ToolAnswer {
    with_data(cut(&without_nul(text), 0, most), content, is_error, most)
}

fn with_data(text: String, content: Value, is_error: bool, most: usize) -> ToolAnswer {
    let content = clean(content);
    let size = serde_json::to_string(&content).map_or(usize::MAX, |json| json.len());
    // truncated JSON is invalid, so data that is too large is replaced by the text
    let content = if size > most {
        json!([{"type": "text", "text": text}])
    } else {
        content
    };
    ToolAnswer {
        text,
        content,
        is_error,
    }
}

/// The text truncated to `most` bytes, with a note of how much is missing. `lost` bytes were left out while the text was
/// received.
fn cut(text: &str, lost: usize, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let kept = text
        .get(..text.floor_char_boundary(most))
        .unwrap_or_default();
    format!(
        "{kept}\n[… cut: {} of {} shown]",
        size(kept.len()),
        size(text.len().saturating_add(lost))
    )
}

/// The bytes of a block's text that were left out while it was received.
fn lost_bytes(block: &ContentBlock) -> usize {
    let text = match block {
        ContentBlock::Text(text) => &text.text,
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text,
            _ => return 0,
        },
        _ => return 0,
    };
    let (head, length) = original_length(text);
    length.map_or(0, |length| length.saturating_sub(head.len()))
}

/// A content block as text. A block that is not text is described by its type and size.
fn words(block: &ContentBlock) -> String {
    let encoded = |kind: &str, media_type: &str, data: &str| match original_length(data) {
        (_, Some(length)) => format!("[{kind} left out: {media_type}, {}]", size(length / 4 * 3)),
        (data, None) => format!("[{kind}, {media_type}, {}]", size(decoded(&data))),
    };
    match block {
        ContentBlock::Text(text) => original_length(&text.text).0.into_owned(),
        ContentBlock::Image(image) => encoded("image", &image.mime_type, &image.data),
        ContentBlock::Audio(audio) => encoded("audio", &audio.mime_type, &audio.data),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                format!("[resource {uri}]\n{}", original_length(text).0)
            }
            ResourceContents::BlobResourceContents {
                uri,
                mime_type,
                blob,
                ..
            } => {
                let kind = mime_type.as_deref().unwrap_or("of no known type");
                encoded(&format!("resource {uri}"), kind, blob)
            }
            _ => "[a resource of another kind]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => {
            let about = link.description.as_deref().unwrap_or(&link.name);
            format!("[link to {}: {about}]", link.uri)
        }
        _ => "[content of another kind]".to_owned(),
    }
}

/// The decoded size of a base64 text in bytes.
fn decoded(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

/// A size as readable text, with one decimal place.
#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of answers have far fewer digits than a float"
)]
pub(super) fn size(bytes: usize) -> String {
    let (kib, mib) = (1024, 1024 * 1024);
    let unit = |one: usize, name: &str| {
        let figure = format!("{:.1}", bytes as f64 / one as f64);
        format!("{} {name}", figure.trim_end_matches(".0"))
    };
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        _ if bytes < mib => unit(kib, "KiB"),
        _ => unit(mib, "MiB"),
    }
}

/// Removes NUL characters, which the databases cannot store in text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

fn clean(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(without_nul(&text)),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, field)| (without_nul(&name), clean(field)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::CallToolResult;
    use serde_json::{Value, json};

    use super::{bounded, of_result, size};

    fn result(value: Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn text_is_passed_to_the_model_and_other_content_is_mentioned() {
        let content = json!([
            {"type": "text", "text": "hello"},
            {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"},
            {"type": "audio", "data": "AAAA".repeat(600), "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "inside"}},
            {"type": "resource", "resource": {"uri": "file:///b", "blob": "aGVs"}},
            {"type": "resource_link", "uri": "https://example.com/c", "name": "c"}
        ]);
        let answer = of_result(result(json!({ "content": content })), 64 * 1024);
        assert_eq!(
            answer.text,
            "hello\n[image, image/png, 5 bytes]\n[audio, audio/wav, 1.8 KiB]\n[resource file:///a.txt]\ninside\n\
             [resource file:///b, of no known type, 3 bytes]\n[link to https://example.com/c: c]"
        );
        assert_eq!(answer.content[1]["data"], "aGVsbG8=");
        assert!(!answer.is_error);
    }

    #[test]
    fn structured_content_is_the_data_and_replaces_missing_text() {
        let both = json!({"content": [{"type": "text", "text": "20 °C"}], "structuredContent": {"celsius": 20}});
        let answer = of_result(result(both), 64 * 1024);
        assert_eq!(
            (answer.text.as_str(), answer.content),
            ("20 °C", json!({"celsius": 20}))
        );
        let alone = json!({"structuredContent": {"celsius": 20}, "isError": true});
        let answer = of_result(result(alone), 64 * 1024);
        assert_eq!(answer.text, "{\"celsius\":20}");
        assert!(answer.is_error);
    }

    #[test]
    fn a_too_long_text_is_cut_at_a_character_boundary_with_a_mark() {
        let text = "ä".repeat(40_000);
        let answer = bounded(
            &text,
            json!([{"type": "text", "text": text}]),
            false,
            65_535,
        );
        assert!(
            answer
                .text
                .ends_with("ä\n[… cut: 64 KiB of 78.1 KiB shown]"),
            "{}",
            answer.text
        );
        assert!(answer.text.len() < 65_535 + 64);
        assert_eq!(
            answer.content,
            json!([{"type": "text", "text": answer.text}])
        );
        let structured = bounded(
            "short",
            json!({"rows": vec!["x".repeat(100); 1000]}),
            false,
            65_536,
        );
        assert_eq!(
            structured.content,
            json!([{"type": "text", "text": "short"}])
        );
    }

    #[test]
    fn nul_characters_are_removed_from_texts_and_names() {
        let answer = bounded("a\0b", json!({"k\0": ["x\0y", 1, null]}), false, 100);
        assert_eq!(
            (answer.text.as_str(), answer.content),
            ("ab", json!({"k": ["xy", 1, null]}))
        );
    }

    #[test]
    fn sizes_are_human_readable() {
        assert_eq!(size(12), "12 bytes");
        assert_eq!(size(65_536), "64 KiB");
        assert_eq!(size(1_258_291), "1.2 MiB");
    }
}
