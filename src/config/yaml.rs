//! Parses YAML into plain values; problems name the line.

use serde_json::{Map, Value};

/// Parses a file; an empty one is an empty object.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| {
        // the first line is the message; the excerpt of the file that follows may show a secret
        let text = error.to_string();
        let sentence = text.lines().next().unwrap_or_default();
        // the message starts with the location, which is added below
        let sentence = sentence.splitn(3, ": ").last().unwrap_or(sentence);
        match error.location() {
            Some(at) => format!(
                "line {}, column {}: is not YAML: {sentence}",
                at.line(),
                at.column()
            ),
            None => format!("is not YAML: {sentence}"),
        }
    })?;
    Ok(if value.is_null() {
        Value::Object(Map::new())
    } else {
        value
    })
}
