//! The refusal of a request, and what it means.

use std::time::Duration;

use reqwest::{Response, StatusCode};

use super::{failure::KeyOwner, words::ProviderWords};
use crate::{
    error::{Error, ErrorCode},
    outgoing::{BodyLimits, OutgoingFailure, read_body, retry_after},
};

/// The limits of the body of a refusal.
const BODY: BodyLimits = BodyLimits {
    bytes: 256 * 1024,
    idle: Duration::from_secs(5),
};

/// A refusal: its status, the provider's words, and the pause that it asks for.
#[derive(Debug)]
pub(in crate::adapter) struct Refusal {
    pub(in crate::adapter) status: StatusCode,
    pub(in crate::adapter) words: ProviderWords,
    retry_after: Option<Duration>,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) enum Meaning {
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

const FILTER_WORDS: [&str; 15] = [
    "content exists risk",
    "content filtering policy",
    "invalid_prompt",
    "usage guidelines",
    "safety system",
    "敏感",
    "content_filter",
    "content management policy",
    "content policy",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "inappropriate content",
    "prohibited_content",
    "requires moderation",
];
const TOO_LONG_WORDS: [&str; 21] = [
    "exceed context limit",
    "exceeded model token limit",
    "range of input length",
    "must have less than",
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
const QUOTA_WORDS: [&str; 11] = [
    "api usage limits",
    "exceeded_current_quota",
    "arrearage",
    "any credits",
    "insufficient_quota",
    "insufficient balance",
    "insufficient credits",
    "insufficient_balance",
    "credit balance",
    "billing_hard_limit",
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

impl Refusal {
    /// Reads the refusal of a response.
    pub(in crate::adapter) async fn read(response: Response) -> Self {
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

    /// An error that is reported with status 200, as far as it is one that a request can be refused for.
    pub(in crate::adapter) fn of_reported(words: &ProviderWords) -> Option<Self> {
        let refusal = Self {
            status: StatusCode::BAD_REQUEST,
            retry_after: words.retry_after,
            words: words.clone(),
        };
        match refusal.meaning() {
            Meaning::Filtered
            | Meaning::TooLong
            | Meaning::QuotaSpent
            | Meaning::BadKey
            | Meaning::TooMany => Some(refusal),
            Meaning::NotFound | Meaning::TooSlow | Meaning::ProviderProblem | Meaning::Refused => {
                None
            }
        }
    }

    /// Whether a local server is still loading the model: llama.cpp answers status 503 until then.
    pub(in crate::adapter) fn is_loading(&self) -> bool {
        self.status.is_server_error() && self.words.has_any(&["loading model", "model is loading"])
    }

    pub(in crate::adapter) fn meaning(&self) -> Meaning {
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
        let is_spent = words.has_any(&QUOTA_WORDS)
            || (self.retry_after.is_none() && words.has_any(&["exceeded your current quota"]));
        match code {
            451 => Meaning::Filtered,
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
    pub(in crate::adapter) fn into_failure(
        self,
        secrets: &[&str],
        key: KeyOwner,
    ) -> OutgoingFailure {
        let detail = self.words.detail(secrets);
        let cause = match &detail {
            Some(detail) => format!("{}: {detail}", self.status),
            None => self.status.to_string(),
        };
        let failure = match (self.meaning(), key) {
            (meaning @ (Meaning::QuotaSpent | Meaning::BadKey), KeyOwner::Account) => {
                of_own_key(meaning)
            }
            (Meaning::TooMany, KeyOwner::Account) => {
                OutgoingFailure::temporary(Error::rate_limited(
                    "the model's provider limits the requests with the account's own key; try again later",
                    self.retry_after,
                ))
            }
            (meaning, _) => failure_of(meaning, self.retry_after),
        };
        failure
            .with_status(self.status)
            .with_retry_after(self.retry_after)
            .with_source(cause)
            .with_detail(detail)
    }
}

/// The failure for a key of the account that asks, which no other account meets.
fn of_own_key(meaning: Meaning) -> OutgoingFailure {
    let message = if meaning == Meaning::BadKey {
        "the model's provider refuses the account's own key; an administrator has to set another one with setProviderKey, or \
         remove it"
    } else {
        "the quota of the account's own key is spent at the model's provider; the account has to raise it there"
    };
    OutgoingFailure::permanent(Error::unavailable(message))
}

fn failure_of(meaning: Meaning, retry_after: Option<Duration>) -> OutgoingFailure {
    let unavailable = |message: &str| OutgoingFailure::permanent(Error::unavailable(message));
    let passing = |message: &str| OutgoingFailure::temporary(Error::unavailable(message)).outage();
    let unfit = |code, message: &str| {
        OutgoingFailure::permanent(Error::bad_input("input.message", message).with_code(code))
    };
    match meaning {
        Meaning::Filtered => unfit(
            ErrorCode::ContentFiltered,
            "was refused by the content filter of the model's provider; say it in other words",
        ),
        Meaning::TooLong => {
            unfit(ErrorCode::TooLong, "is too long for the model together with the conversation; shorten it")
        }
        Meaning::QuotaSpent => {
            unavailable("the model provider's quota is spent; the operator has to raise it")
                .outage()
        }
        Meaning::BadKey => {
            unavailable("the model's provider refuses our key; the operator has to check it")
                .outage()
        }
        Meaning::NotFound => unavailable(
            "the model's provider does not know the model or the address; the operator has to check both: most base URLs \
             end with /v1",
        )
        .outage(),
        Meaning::TooMany => OutgoingFailure::temporary(Error::rate_limited(
            "the model's provider is asked too often; try again later",
            retry_after,
        ))
        .outage(),
        Meaning::TooSlow => {
            let message = "the model's provider did not take the request in time; try again later";
            OutgoingFailure::temporary(Error::unavailable(message).with_code(ErrorCode::Timeout)).outage()
        }
        Meaning::ProviderProblem => passing("the model's provider has a problem; try again later"),
        // another request may be taken: it is not known which part the provider refuses
        Meaning::Refused => OutgoingFailure::permanent(
            Error::unavailable("the model's provider refuses the request; the operator finds its reason in the log")
                .with_code(ErrorCode::ProviderRefused),
        ),
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
}
