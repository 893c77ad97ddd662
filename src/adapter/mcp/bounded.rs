//! Reads response bodies within limits on their bytes and on the number of JSON values.

use futures::StreamExt;
use reqwest::Response;

use super::failure::HttpFailure;

/// The maximum number of values in a JSON text. In memory, each takes many times its bytes.
const MOST_VALUES: usize = 100_000;
/// The maximum preallocation for a body in bytes, whatever its `Content-Length`.
const MOST_AHEAD: usize = 64 * 1024;

/// Reads the whole body; an error when it has more than `most` bytes.
pub(super) async fn body(response: Response, most: usize) -> Result<Vec<u8>, HttpFailure> {
    let told = usize::try_from(response.content_length().unwrap_or_default());
    let told = told.unwrap_or(usize::MAX);
    if told > most {
        return Err(HttpFailure::TooLarge);
    }
    let mut body = Vec::with_capacity(told.min(MOST_AHEAD));
    let mut parts = response.bytes_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(HttpFailure::of)?;
        if part.len() > most - body.len() {
            return Err(HttpFailure::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
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
