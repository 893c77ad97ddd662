//! The status and the code of each failure: the only place of the HTTP boundary that knows the domain's error kinds.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value};
use axum::http::StatusCode;

use crate::{
    domain::RequestId,
    error::{Error, ErrorCode, Kind, Problem},
};

use super::{
    document::{CostExcess, Violation},
    refusal::Refusal,
};

/// The status of an error kind.
fn status_of(kind: &Kind) -> StatusCode {
    match kind {
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::BadInput(_) => StatusCode::BAD_REQUEST,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::RateLimited(_) | Kind::QuotaExceeded(_) => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status of a code, for errors of which only the code is left.
pub(super) fn status_of_code(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::BadUserInput
        | ErrorCode::TooComplex
        | ErrorCode::GraphqlParseFailed
        | ErrorCode::GraphqlValidationFailed
        | ErrorCode::PersistedQueryNotFound => StatusCode::BAD_REQUEST,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::ContentFiltered | ErrorCode::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::RateLimited | ErrorCode::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ProviderRefused => StatusCode::BAD_GATEWAY,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = status_of(error.kind());
        let mut refusal = Self::new(status, error.code(), error.message(), false);
        let extensions = refusal
            .errors
            .iter_mut()
            .filter_map(|error| error.extensions.as_mut());
        for extensions in extensions {
            match error.kind() {
                Kind::BadInput(problems) => extensions.set("problems", listed(problems)),
                Kind::RateLimited(Some(after)) | Kind::QuotaExceeded(Some(after)) => {
                    refusal.retry_after = Some(*after);
                    extensions.set("retryAfterSeconds", whole_seconds(*after));
                }
                Kind::RateLimited(None)
                | Kind::QuotaExceeded(None)
                | Kind::Unauthenticated
                | Kind::Forbidden
                | Kind::NotFound
                | Kind::Conflict
                | Kind::Unavailable
                | Kind::Internal => {}
            }
        }
        refusal
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        let (code, message, at) = match violation {
            Violation::TooCostly(excess) => return too_costly(&excess),
            Violation::TooComplex(message) => (ErrorCode::TooComplex, message, Vec::new()),
            Violation::Syntax(message, at) => (ErrorCode::GraphqlParseFailed, message, at),
            Violation::Invalid(message, at) => (ErrorCode::GraphqlValidationFailed, message, at),
            Violation::Hidden(message, at) => (ErrorCode::Forbidden, message, at),
            Violation::NeedsCredentials(at) => return Self::needs_credentials(&at),
            Violation::Input(problem) => return Self::input(&problem.path, &problem.message),
        };
        Self::document(vec![coded(message, code, &at)])
    }
}

/// The refusal of an operation over the cost limit, with the figures for a client that adapts its pages.
fn too_costly(excess: &CostExcess) -> Refusal {
    let mut error = coded(excess.message(), ErrorCode::TooComplex, &[]);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("cost", excess.cost);
    extensions.set("limit", excess.limit);
    extensions.set("path", excess.path.as_str());
    Refusal::document(vec![error])
}

/// An error with its code.
pub(super) fn coded(message: impl Into<String>, code: ErrorCode, at: &[Pos]) -> ServerError {
    let mut error = ServerError::new(message, None);
    at.clone_into(&mut error.locations);
    code_if_none(&mut error, code);
    error
}

/// Sets the code of an error without one.
pub(super) fn code_if_none(error: &mut ServerError, code: ErrorCode) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.name());
    }
}

/// The code of an error that is prepared for the client.
pub(super) fn code_of(error: &ServerError) -> &str {
    let extensions = error.extensions.as_ref();
    match extensions.and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code,
        _ => ErrorCode::BadUserInput.name(),
    }
}

/// Replaces an error by an internal one, which tells the client only the request id.
pub(super) fn hide(error: &mut ServerError, request_id: &RequestId) {
    "internal error".clone_into(&mut error.message);
    error.source = None;
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", ErrorCode::Internal.name());
    extensions.set("requestId", request_id.to_string());
    error.extensions = Some(extensions);
}

fn listed(problems: &[Problem]) -> Value {
    serde_json::to_value(problems)
        .ok()
        .and_then(|problems| Value::from_json(problems).ok())
        .unwrap_or_default()
}

/// Rounded up: a retry after the rounded time is never too early.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
