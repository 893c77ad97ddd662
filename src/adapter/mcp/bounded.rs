//! Reading what a server answers, within bounds: bytes, and how much they become when they are parsed.

use futures::StreamExt;
use reqwest::Response;

use super::fault::HttpFault;

/// A JSON text has at most this many values: each takes many times its bytes in memory.
const MOST_VALUES: usize = 100_000;
/// A body is not allocated ahead by more than this, whatever its length is said to be.
const MOST_AHEAD: usize = 64 * 1024;

/// The whole body, when it is no larger than that.
pub(super) async fn body(response: Response, most: usize) -> Result<Vec<u8>, HttpFault> {
    let told = usize::try_from(response.content_length().unwrap_or_default());
    let told = told.unwrap_or(usize::MAX);
    if told > most {
        return Err(HttpFault::TooLarge);
    }
    let mut body = Vec::with_capacity(told.min(MOST_AHEAD));
    let mut parts = response.bytes_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(HttpFault::of)?;
        if part.len() > most - body.len() {
            return Err(HttpFault::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// Whether a JSON text has so many values that it is not parsed.
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
