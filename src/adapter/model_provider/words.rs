//! A provider's own words about a failure.
//!
//! Providers agree on no shape: an object or a list, the error as an object, a text or a list of problems, the message
//! nested or itself JSON. So every text and every code in the body is collected, wherever it is.

use std::time::Duration;

use serde_json::Value;

use crate::outgoing::parse_seconds;

/// The maximum number of characters of the provider's words that are matched.
const LONGEST_MESSAGE: usize = 4_000;
/// The maximum number of characters of the provider's words in the log and in the API.
const LONGEST_DETAIL: usize = 300;
/// The maximum depth at which words are looked for.
const DEEPEST: usize = 8;

/// The minimum length in bytes of a secret that is recognised in a provider's words.
const SHORTEST_SECRET: usize = 8;

/// The minimum length in bytes of a secret of which a part is recognised, too.
const SHORTEST_KEY: usize = 20;

/// What a provider reports about a refused request or a failed answer.
#[derive(Debug, Clone, Default)]
pub(in crate::adapter) struct ProviderWords {
    /// All messages, joined.
    message: String,
    /// Codes, types and statuses, in lower case.
    codes: Vec<String>,
    /// The parameters that the error is about, such as `max_tokens` or `body.stream_options.include_usage`.
    parameters: Vec<String>,
    /// The pause before a retry, where the body names it.
    pub(in crate::adapter) retry_after: Option<Duration>,
}

impl ProviderWords {
    /// Collects the words of a body: JSON of any shape, or a text.
    pub(in crate::adapter) fn parse(body: &[u8]) -> Self {
        let mut words = Self::default();
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => words.collect(&json, 0),
            Err(_) => words.add_message(&String::from_utf8_lossy(body)),
        }
        words
    }

    /// Collects the words of a JSON text.
    pub(in crate::adapter) fn of_json(json: &str) -> Self {
        Self::parse(json.as_bytes())
    }

    /// The message in at most 300 characters, without the key that was sent.
    pub(in crate::adapter) fn detail(&self, secrets: &[&str]) -> Option<String> {
        let mut message = self.message.clone();
        let mut parts: Vec<&str> = secrets
            .iter()
            .flat_map(|secret| secret.split_whitespace())
            .filter(|part| part.len() >= SHORTEST_SECRET)
            .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        for part in &parts {
            message = message.replace(part, "<key>");
        }
        // providers repeat a part of a wrong key
        let shown = |word: &str| {
            let keys = parts.iter().filter(|part| part.len() >= SHORTEST_KEY);
            let is_part = keys.into_iter().any(|part| {
                let ends = [
                    part.get(..SHORTEST_SECRET),
                    part.get(part.len() - SHORTEST_SECRET..),
                ];
                ends.into_iter().flatten().any(|end| word.contains(end))
            });
            if is_part {
                "<key>".to_owned()
            } else {
                word.to_owned()
            }
        };
        let words: Vec<String> = message.split_whitespace().map(shown).collect();
        let one_line = words.join(" ");
        let detail: String = one_line.chars().take(LONGEST_DETAIL).collect();
        (!detail.is_empty()).then_some(detail)
    }

    /// The position at which `name` is mentioned as a word; a parameter that the error is about comes first.
    pub(in crate::adapter) fn position_of(&self, name: &str) -> Option<usize> {
        let is_about =
            |parameter: &String| parameter.split(['.', '[', ']']).any(|part| part == name);
        if self.parameters.iter().any(is_about) {
            return Some(0);
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut mentions = self.message.match_indices(name);
        mentions
            .find(|(start, _)| {
                let before = self.message.get(..*start).unwrap_or_default();
                let after = self.message.get(start + name.len()..).unwrap_or_default();
                !before.ends_with(is_part) && !after.starts_with(is_part)
            })
            .map(|(start, _)| start + 1)
    }

    /// Whether the error is about the parameter as a whole, and not about a part of it.
    pub(in crate::adapter) fn is_about(&self, name: &str) -> bool {
        let mut parameters = self.parameters.iter();
        parameters.any(|parameter| parameter.trim_start_matches("body.") == name)
    }

    /// Whether the error is about a value that another request may have: the parameter itself is taken.
    pub(in crate::adapter) fn is_about_a_value(&self) -> bool {
        self.has_any(&[
            "too large",
            "must be less",
            "less than or equal",
            "out of range",
            "between",
        ])
    }

    /// Whether there are no words at all.
    pub(in crate::adapter) fn is_empty(&self) -> bool {
        self.message.trim().is_empty() && self.codes.is_empty()
    }

    /// Whether the message or a code contains one of the texts, which are in lower case.
    pub(in crate::adapter) fn has_any(&self, texts: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        let contains = |text: &&str| {
            message.contains(text) || self.codes.iter().any(|code| code.contains(text))
        };
        texts.iter().any(contains)
    }

    fn collect(&mut self, json: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match json {
            Value::String(text) => self.add_message(text),
            Value::Array(values) => {
                for value in values {
                    self.collect(value, depth + 1);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.collect_member(name, value, depth);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn collect_member(&mut self, name: &str, value: &Value, depth: usize) {
        match (name, value) {
            ("code" | "type" | "status" | "reason" | "error_code" | "finish_reason", value) => {
                match value {
                    Value::String(code) => self.codes.push(code.to_lowercase()),
                    Value::Number(code) => self.codes.push(code.to_string()),
                    other => self.collect(other, depth + 1),
                }
            }
            ("param" | "parameter" | "field", Value::String(parameter)) => {
                self.parameters.push(parameter.clone());
            }
            ("loc", Value::Array(path)) => {
                let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
                self.parameters.push(path.join("."));
            }
            ("retryDelay" | "retry_after" | "retryAfter", Value::String(text)) => {
                self.retry_after = parse_seconds(text);
            }
            ("retry_after" | "retryAfter", Value::Number(seconds)) => {
                self.retry_after = parse_seconds(&seconds.to_string());
            }
            // some providers repeat the request here
            ("input" | "request" | "ctx" | "object" | "id" | "url" | "@type", _) => {}
            (_, Value::String(text)) => self.add_message(text),
            (_, value) => self.collect(value, depth + 1),
        }
    }

    fn add_message(&mut self, text: &str) {
        let text = text.trim();
        if let Ok(nested @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            return self.collect(&nested, 1);
        }
        let length = self.message.chars().count();
        if text.is_empty() || length >= LONGEST_MESSAGE || self.message.contains(text) {
            return;
        }
        if !self.message.is_empty() {
            self.message.push_str("; ");
        }
        self.message
            .extend(text.chars().take(LONGEST_MESSAGE - length));
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_DETAIL, ProviderWords};

    #[test]
    fn words_are_found_in_every_shape() {
        for body in [
            r#"{"error": {"message": "no such thing", "code": null}}"#,
            r#"{"error": "no such thing"}"#,
            r#"[{"error": {"code": 400, "message": "no such thing"}}]"#,
            r#"{"object": "error", "message": "no such thing", "code": 400}"#,
            r#"{"message": {"detail": [{"loc": ["body", "x"], "msg": "no such thing", "input": true}]}}"#,
            r#"{"detail": "no such thing"}"#,
            r#"{"error": {"message": "{\"error\": {\"message\": \"no such thing\"}}"}}"#,
            r#"{"errors": [{"title": "no such thing"}]}"#,
            "  no such\n thing  ",
        ] {
            let words = ProviderWords::parse(body.as_bytes());
            assert_eq!(words.detail(&[]).unwrap(), "no such thing", "{body}");
        }
        let key = ProviderWords::parse(b"{\"error\": \"bad key sk-secret-1\"}");
        assert_eq!(
            key.detail(&["Bearer sk-secret-1", "a"]).unwrap(),
            "bad key <key>"
        );
        assert_eq!(ProviderWords::parse(b"").detail(&[]), None);
        let long = "a".repeat(100_000);
        let detail = ProviderWords::parse(long.as_bytes()).detail(&[]).unwrap();
        assert_eq!(detail.len(), LONGEST_DETAIL);
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(ProviderWords::parse(deep.as_bytes()).detail(&[]), None);
    }

    #[test]
    fn a_parameter_is_mentioned_as_a_whole_word() {
        let words = ProviderWords::parse(
            br#"{"error": {"message": "'max_tokens' is not supported, use 'max_completion_tokens'", "param": null}}"#,
        );
        assert!(words.position_of("max_tokens") < words.position_of("max_completion_tokens"));
        assert_eq!(words.position_of("tokens"), None);
        let located = ProviderWords::parse(
            br#"{"detail": [{"loc": ["body", "stream_options", "include_usage"], "msg": "extra"}]}"#,
        );
        assert_eq!(located.position_of("stream_options"), Some(0));
    }
}
