//! Content negotiation: `Content-Type`, `Content-Encoding`, `Upgrade` and `Accept`.

use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, Uri, header};

use super::{refusal::Refusal, rest};

/// The format of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json`
    Json,
    /// `application/graphql-response+json`
    GraphqlResponse,
    /// `text/event-stream`: GraphQL over SSE, distinct connections.
    EventStream,
    /// `multipart/mixed`: Apollo's subscription protocol.
    Multipart,
    /// `application/problem+json`: the errors of REST endpoints, whatever the caller accepts.
    Problem,
}

/// The formats that a caller accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acceptable {
    single: Option<Format>,
    stream: Option<Format>,
    prefers_events: bool,
}

impl Acceptable {
    /// The formats for the refusal of a request that no handler has seen yet.
    pub(crate) fn of_request(uri: &Uri, headers: &HeaderMap) -> Self {
        if rest::serves(uri.path()) {
            return Self {
                single: Some(Format::Problem),
                stream: None,
                prefers_events: false,
            };
        }
        Self::of(headers)
    }

    /// Parses the `Accept` headers; without any, every format is acceptable.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accept: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if accept.is_empty() {
            return Self {
                single: Some(Format::Json),
                stream: None,
                prefers_events: false,
            };
        }
        let ranges = accept.iter().flat_map(|value| split(value, ',')).map(range);
        let (mut json, mut response, mut events, mut multipart) = (0, 0, 0, 0);
        let mut named_json = 0;
        for (name, quality) in ranges {
            if matches!(name.as_str(), "application/json" | "application/*") {
                named_json = quality.max(named_json);
            }
            let best = match name.as_str() {
                "application/json" | "application/*" | "*/*" => &mut json,
                "application/graphql-response+json" => &mut response,
                "text/event-stream" => &mut events,
                "multipart/mixed" => &mut multipart,
                _ => continue,
            };
            *best = quality.max(*best);
        }
        Self {
            single: match (json, response) {
                (0, 0) => None,
                (json, response) if response >= json => Some(Format::GraphqlResponse),
                _ => Some(Format::Json),
            },
            // for a client that accepts both, SSE is right: its `multipart/mixed` is for deferred queries
            stream: match (events, multipart) {
                (0, 0) => None,
                (0, _) => Some(Format::Multipart),
                _ => Some(Format::EventStream),
            },
            prefers_events: events > named_json,
        }
    }

    /// Whether the client wants server-sent events rather than the JSON that it names; `*/*` names none.
    pub(crate) fn prefers_events(self) -> bool {
        self.prefers_events
    }

    /// The format for an operation.
    pub(crate) fn format(self, kind: OperationType) -> Result<Format, Refusal> {
        match kind {
            OperationType::Query | OperationType::Mutation => self.any(),
            OperationType::Subscription => self.stream.ok_or_else(|| {
                Refusal::not_acceptable(
                    "a subscription needs a stream: accept text/event-stream or multipart/mixed, or use a WebSocket",
                )
            }),
        }
    }

    /// The format for an operation that is not a subscription, or not known yet.
    pub(crate) fn any(self) -> Result<Format, Refusal> {
        self.single.or(self.stream).ok_or_else(|| {
            Refusal::not_acceptable(
                "accept application/graphql-response+json, application/json, text/event-stream or multipart/mixed",
            )
        })
    }
}

/// Whether the request asks for an upgrade to a WebSocket.
pub(crate) fn asks_for_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Refuses a body that is not uncompressed JSON in UTF-8. A browser sends JSON only after a CORS preflight.
pub(crate) fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    check_coding(headers)?;
    let refusal = || Refusal::media_type("expected the Content-Type application/json");
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(refusal());
    };
    let mut parts = split(value.to_str().map_err(|_| refusal())?, ';');
    if !parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        return Err(refusal());
    }
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8") {
            return Err(Refusal::media_type("expected the charset utf-8"));
        }
    }
    Ok(())
}

/// Refuses a compressed body.
pub(super) fn check_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let is_read = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
        if !split(&value, ',').all(is_read) {
            return Err(Refusal::content_encoding(&value));
        }
    }
    Ok(())
}

/// A media range in lower case, and its quality in thousandths.
fn range(text: &str) -> (String, u16) {
    let mut parts = split(text, ';');
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse::<f32>().ok())
        .map_or(1000, |quality| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 0–1000"
            )]
            let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            thousandths
        });
    (name, quality)
}

/// Splits at a separator outside of quotes; `boundary="a,b"` is one part.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .map(str::trim)
}
