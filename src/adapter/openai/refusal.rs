//! A refusal in the provider's own words, and what it means.
//!
//! Providers agree on no shape: an object or a list, the error as an object, a text or a list of problems, the message
//! nested or itself JSON. So every text and every code in the body is collected, wherever it is.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::{
    error::Error,
    outgoing::{BodyLimits, OutgoingFailure, parse_seconds, read_body, retry_after},
};

/// The limits of the body of a refusal.
const BODY: BodyLimits = BodyLimits {
    bytes: 256 * 1024,
    idle: Duration::from_secs(5),
};
/// The maximum number of characters of the provider's words that are matched.
const LONGEST_MESSAGE: usize = 4_000;
/// The maximum number of characters of the provider's words in the log and in the API.
const LONGEST_DETAIL: usize = 300;
/// The maximum depth at which words are looked for.
const DEEPEST: usize = 8;

/// What a provider said about a refused request or a failed answer.
#[derive(Debug, Default)]
pub(super) struct ProviderWords {
    /// All messages, joined.
    message: String,
    /// Codes, types and statuses, in lower case.
    codes: Vec<String>,
    /// The parameters that the error is about, such as `max_tokens` or `body.stream_options.include_usage`.
    parameters: Vec<String>,
    /// The pause before a retry, where the body names it.
    retry_after: Option<Duration>,
}

/// A refusal: its status, the provider's words, and the pause that it asks for.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) words: ProviderWords,
    retry_after: Option<Duration>,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A content filter refused the prompt.
    Filtered,
    /// Prompt and answer exceed the model's context window.
    TooLong,
    /// The provider's account has no credit.
    QuotaSpent,
    /// The key is wrong or may not do this.
    BadKey,
    /// The model or the address is unknown.
    NotFound,
    /// Too many requests.
    TooMany,
    /// The provider did not take the request in time.
    TooSlow,
    /// A temporary problem of the provider.
    ProviderProblem,
    /// Anything else, such as a parameter that the model does not take.
    Refused,
}

const FILTER_WORDS: [&str; 9] = [
    "content_filter",
    "content management policy",
    "content policy",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "inappropriate content",
    "prohibited_content",
    "moderation",
];
const TOO_LONG_WORDS: [&str; 17] = [
    "context_length_exceeded",
    "context length",
    "context window",
    "context size",
    "exceed_context_size",
    "maximum prompt length",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "too many input tokens",
    "input tokens exceed",
    "input token count",
    "reduce the length",
    "reduce your message size",
    "string_above_max_length",
    "maximum allowed length",
    "longer than the maximum",
];
const QUOTA_WORDS: [&str; 8] = [
    "insufficient_quota",
    "insufficient balance",
    "insufficient credits",
    "insufficient_balance",
    "credit balance",
    "billing_hard_limit",
    "exceeded your current quota",
    "payment required",
];
const KEY_WORDS: [&str; 5] = [
    "invalid_api_key",
    "api_key_invalid",
    "api key not valid",
    "incorrect api key",
    "invalid api key",
];
const TOO_MANY_WORDS: [&str; 4] = [
    "rate_limit",
    "rate limit",
    "too many requests",
    "resource_exhausted",
];

impl ProviderWords {
    /// Collects the words of a body: JSON of any shape, or a text.
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut words = Self::default();
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => words.collect(&json, 0),
            Err(_) => words.add_message(&String::from_utf8_lossy(body)),
        }
        words
    }

    /// Collects the words of a JSON text.
    pub(super) fn of_json(json: &str) -> Self {
        Self::parse(json.as_bytes())
    }

    /// The message in at most 300 characters, without the key that was sent.
    pub(super) fn detail(&self, secrets: &[&str]) -> Option<String> {
        let mut message = self.message.clone();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            message = message.replace(secret, "<key>");
        }
        let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let detail: String = one_line.chars().take(LONGEST_DETAIL).collect();
        (!detail.is_empty()).then_some(detail)
    }

    /// The position at which `name` is mentioned as a word; a parameter that the error is about comes first.
    pub(super) fn position_of(&self, name: &str) -> Option<usize> {
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

    /// Whether the message or a code contains one of the texts, which are in lower case.
    pub(super) fn has_any(&self, texts: &[&str]) -> bool {
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

impl Refusal {
    /// Reads the refusal of a response.
    pub(super) async fn read(response: Response) -> Self {
        let status = response.status();
        let asked = retry_after(response.headers());
        let body = read_body(response, BODY).await.unwrap_or_default();
        let words = ProviderWords::parse(&body);
        Self {
            status,
            retry_after: asked.or(words.retry_after),
            words,
        }
    }

    pub(super) fn meaning(&self) -> Meaning {
        let (status, words) = (self.status, &self.words);
        let code = status.as_u16();
        let is_refused = status.is_client_error() && !matches!(code, 401 | 408 | 429);
        if is_refused && words.has_any(&FILTER_WORDS) {
            return Meaning::Filtered;
        }
        if !matches!(code, 401 | 403 | 429) && words.has_any(&TOO_LONG_WORDS) {
            return Meaning::TooLong;
        }
        // a free tier whose quota returns within minutes says so in the same words
        let is_spent = self.retry_after.is_none() && words.has_any(&QUOTA_WORDS);
        match code {
            402 => Meaning::QuotaSpent,
            400..=499 if is_spent => Meaning::QuotaSpent,
            401 | 403 | 407 => Meaning::BadKey,
            400 if words.has_any(&KEY_WORDS) => Meaning::BadKey,
            404 | 405 | 410 => Meaning::NotFound,
            413 => Meaning::TooLong,
            429 => Meaning::TooMany,
            400..=499 if words.has_any(&TOO_MANY_WORDS) => Meaning::TooMany,
            408 | 425 | 504 | 524 => Meaning::TooSlow,
            500..=599 => Meaning::ProviderProblem,
            _ => Meaning::Refused,
        }
    }

    /// The failure of the request, with the provider's words for the log and for administrators.
    pub(super) fn into_failure(self, secrets: &[&str]) -> OutgoingFailure {
        let detail = self.words.detail(secrets);
        let unavailable = |message: &str| OutgoingFailure::permanent(Error::unavailable(message));
        let passing = |message: &str| OutgoingFailure::temporary(Error::unavailable(message));
        let unfit =
            |message: &str| OutgoingFailure::permanent(Error::bad_input("input.message", message));
        let failure = match self.meaning() {
            Meaning::Filtered => unfit(
                "was refused by the content filter of the model's provider; say it in other words",
            ),
            Meaning::TooLong => {
                unfit("is too long for the model together with the conversation; shorten it")
            }
            Meaning::QuotaSpent => {
                unavailable("the model provider's quota is spent; the operator has to raise it")
            }
            Meaning::BadKey => {
                unavailable("the model's provider refuses our key; the operator has to check it")
            }
            Meaning::NotFound => unavailable(
                "the model's provider does not know the model or the address; the operator has to check both: most base \
                 URLs end with /v1",
            ),
            Meaning::TooMany => OutgoingFailure::temporary(Error::rate_limited(
                "the model's provider is asked too often; try again later",
                self.retry_after,
            )),
            Meaning::TooSlow => {
                passing("the model's provider did not take the request in time; try again later")
            }
            Meaning::ProviderProblem => {
                passing("the model's provider has a problem; try again later")
            }
            Meaning::Refused => unavailable(
                "the model's provider refuses the request; the operator finds its reason in the log",
            ),
        };
        let cause = match &detail {
            Some(detail) => format!("{}: {detail}", self.status),
            None => self.status.to_string(),
        };
        failure
            .with_status(self.status)
            .with_retry_after(self.retry_after)
            .with_source(cause)
            .with_detail(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        let words = ProviderWords::parse(body.as_bytes());
        Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: words.retry_after,
            words,
        }
    }

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
        let key = ProviderWords::parse(b"{\"error\": \"bad key sk-1\"}");
        assert_eq!(key.detail(&["sk-1"]).unwrap(), "bad key <key>");
        assert_eq!(ProviderWords::parse(b"").detail(&[]), None);
        let long = "a".repeat(100_000);
        let detail = ProviderWords::parse(long.as_bytes()).detail(&[]).unwrap();
        assert_eq!(detail.len(), LONGEST_DETAIL);
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(ProviderWords::parse(deep.as_bytes()).detail(&[]), None);
    }

    #[test]
    fn the_meaning_is_found_by_status_code_and_words() {
        let cases = [
            (
                400,
                r#"{"error": {"code": "content_filter", "message": "no"}}"#,
                Meaning::Filtered,
            ),
            (
                400,
                r#"{"message": "This model's maximum context length is 4096 tokens."}"#,
                Meaning::TooLong,
            ),
            (
                400,
                r#"{"error": {"type": "exceed_context_size_error"}}"#,
                Meaning::TooLong,
            ),
            (413, "", Meaning::TooLong),
            (
                429,
                r#"{"error": {"code": "insufficient_quota"}}"#,
                Meaning::QuotaSpent,
            ),
            (
                402,
                r#"{"error": {"message": "Insufficient Balance"}}"#,
                Meaning::QuotaSpent,
            ),
            (
                429,
                r#"[{"error": {"message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "31s"}]}}]"#,
                Meaning::TooMany,
            ),
            (
                400,
                r#"{"error": {"message": "API key not valid. Please pass a valid API key."}}"#,
                Meaning::BadKey,
            ),
            (401, "", Meaning::BadKey),
            (404, "404 page not found", Meaning::NotFound),
            (529, "", Meaning::ProviderProblem),
            (400, r#"{"error": "what?"}"#, Meaning::Refused),
        ];
        for (status, body, expected) in cases {
            assert_eq!(refusal(status, body).meaning(), expected, "{status} {body}");
        }
        let pause = refusal(429, r#"{"details": [{"retryDelay": "31s"}]}"#).retry_after;
        assert_eq!(pause, Some(Duration::from_secs(31)));
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
