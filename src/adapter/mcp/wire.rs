//! Reads response bodies within limits on their bytes and on the number of JSON values.

use futures::{StreamExt, stream::BoxStream};
use reqwest::Response;

use super::{
    failure::HttpFailure, life_signs::LifeSigns, limits::McpLimits, long_string::LongStrings,
};

/// The maximum number of values in a JSON text. In memory, each takes many times its bytes.
const MOST_VALUES: usize = 100_000;
/// The maximum preallocation for a body in bytes.
const MOST_AHEAD: usize = 64 * 1024;
/// The beginnings of the lines of server-sent events.
const EVENT_FIELDS: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];

/// The bytes of a body, which end with an error at a limit.
pub(super) type BodyBytes = BoxStream<'static, Result<Vec<u8>, HttpFailure>>;

/// What the first bytes of a body look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyForm {
    Empty,
    /// An object or a list.
    Json,
    /// The field of an event.
    Events,
    Other,
}

/// The bytes of a body as they are received, decompressed; an error when there are more than `most`.
pub(super) fn bytes(response: Response, most: usize) -> BodyBytes {
    let mut received = 0_usize;
    let parts = response.bytes_stream().map(move |part| {
        let part = part.map_err(HttpFailure::of)?;
        received = received.saturating_add(part.len());
        if received > most {
            return Err(HttpFailure::TooLarge);
        }
        Ok(Vec::from(part))
    });
    parts.boxed()
}

/// The bytes of an answer over MCP, without what is too long in its strings. Each byte is a sign of life.
pub(super) fn answer_bytes(response: Response, limits: McpLimits, signs: LifeSigns) -> BodyBytes {
    let mut strings = LongStrings::default();
    let mut kept = 0_usize;
    let parts = bytes(response, limits.largest_body).map(move |part| {
        signs.heard();
        let part = strings.cut(&part?);
        kept = kept.saturating_add(part.len());
        if kept > limits.largest_answer {
            return Err(HttpFailure::TooLarge);
        }
        Ok(part)
    });
    parts.boxed()
}

/// Reads a body to its first bytes that are no white space. The stream continues behind the returned bytes.
pub(super) async fn beginning(body: &mut BodyBytes) -> Result<(Vec<u8>, BodyForm), HttpFailure> {
    let mut read = Vec::new();
    while let Some(part) = body.next().await {
        read.extend_from_slice(&part?);
        let text = read.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&read);
        let text = text.trim_ascii_start();
        if let Some(first) = text.first() {
            let is_event = |field: &&[u8]| text.starts_with(field) || field.starts_with(text);
            let form = match first {
                b'{' | b'[' => BodyForm::Json,
                _ if EVENT_FIELDS.iter().any(is_event) => BodyForm::Events,
                _ => BodyForm::Other,
            };
            let text = text.to_vec();
            return Ok((text, form));
        }
    }
    Ok((Vec::new(), BodyForm::Empty))
}

/// Reads the whole body, behind what was read of it.
pub(super) async fn whole(mut read: Vec<u8>, mut body: BodyBytes) -> Result<Vec<u8>, HttpFailure> {
    read.reserve(MOST_AHEAD.saturating_sub(read.len()));
    while let Some(part) = body.next().await {
        read.extend_from_slice(&part?);
    }
    Ok(read)
}

/// Whether a JSON text has too many values to be parsed. Counts separators without parsing.
pub(super) fn has_too_many_values(json: &[u8]) -> bool {
    let (mut values, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values > MOST_VALUES
}

#[cfg(test)]
mod tests {
    use super::has_too_many_values;

    #[test]
    fn values_are_counted_and_a_text_counts_as_one() {
        assert!(!has_too_many_values(b"{\"a\": [1, 2, {\"b\": null}]}"));
        let commas = format!("[\"{}\\\",{}\"]", ",".repeat(90_000), "[".repeat(90_000));
        assert!(!has_too_many_values(commas.as_bytes()));
        assert!(has_too_many_values("[],".repeat(60_000).as_bytes()));
    }
}
