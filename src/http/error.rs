//! What a caller reads when something was refused or went wrong, and with which HTTP status.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Pos, Response as Execution, ServerError, Value};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    error::{Error, Kind, Problem},
    graphql::RequestId,
};

use super::document::Violation;

/// A refusal's answer stays small: so many errors, each so many characters.
const MOST_ERRORS: usize = 10;
const LONGEST_MESSAGE: usize = 300;

/// A request that never ran.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    errors: Vec<ServerError>,
    /// It was a well-formed GraphQL request: `application/json` says so with 200.
    well_formed: bool,
    /// The methods that would be right.
    allow: Option<&'static str>,
    retry_after: Option<Duration>,
}

/// What an operation came to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It ran; some of its fields may have failed.
    Executed(Execution),
    /// It never ran.
    Refused(Refusal),
}

#[derive(Serialize)]
struct Errors<'a> {
    errors: &'a [ServerError],
}

impl Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Executed(execution) => execution.serialize(serializer),
            // No `data`: nothing was executed.
            Self::Refused(refusal) => Errors {
                errors: refusal.errors(),
            }
            .serialize(serializer),
        }
    }
}

impl Refusal {
    /// The request is not one of ours: bad JSON, bad types, bad headers.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message, false)
    }

    /// The method is not the right one.
    pub(crate) fn method(allow: &'static str, message: impl Into<String>) -> Self {
        let refusal = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "BAD_USER_INPUT",
            message,
            false,
        );
        Self {
            allow: Some(allow),
            ..refusal
        }
    }

    /// The body is not of a kind that we read.
    pub(crate) fn media_type(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BAD_USER_INPUT",
            message,
            false,
        )
    }

    /// The answer cannot be of a kind that the caller reads.
    pub(crate) fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "BAD_USER_INPUT", message, false)
    }

    /// The body is larger than any request.
    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("the body has more than the {most} bytes that are allowed");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_COMPLEX", message, false)
    }

    /// The body took too long to arrive.
    pub(crate) fn too_slow() -> Self {
        let message = "the body took too long to arrive";
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "BAD_USER_INPUT",
            message,
            false,
        )
    }

    /// A page of another origin is asking.
    pub(crate) fn foreign_origin() -> Self {
        let message = "this origin is not among the allowed ones";
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message, false)
    }

    /// We remember no operation of this hash; clients wait for exactly this message.
    pub(crate) fn persisted_query_not_found() -> Self {
        let message = "PersistedQueryNotFound";
        Self::new(
            StatusCode::BAD_REQUEST,
            "PERSISTED_QUERY_NOT_FOUND",
            message,
            true,
        )
    }

    /// The request is well-formed, and one of its fields is not right.
    pub(crate) fn input(path: &str, message: &str) -> Self {
        let refusal = Self::from(Error::bad_input(path, message));
        Self {
            well_formed: true,
            ..refusal
        }
    }

    /// Nobody may ask for this without a key.
    pub(crate) fn needs_key(message: &str) -> Self {
        let refusal = Self::from(Error::unauthenticated(message));
        Self {
            well_formed: true,
            ..refusal
        }
    }

    /// Our own failure.
    pub(crate) fn internal(request_id: &RequestId) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut refusal = Self::new(status, "INTERNAL", "", false);
        for error in &mut refusal.errors {
            hide(error, request_id);
        }
        refusal
    }

    /// A failure of the domain, met before anything ran. The cause of an internal one is logged here.
    pub(crate) fn of(error: Error, request_id: &RequestId) -> Self {
        if *error.kind() == Kind::Internal {
            tracing::error!(
                request.id = %request_id.0,
                cause = error.cause(),
                "{}",
                error.message()
            );
            return Self::internal(request_id);
        }
        Self::from(error)
    }

    /// The errors, as a GraphQL response lists them.
    pub(crate) fn errors(&self) -> &[ServerError] {
        &self.errors
    }

    /// The status, when the answer is `application/json` or anything else.
    pub(crate) fn status(&self, plain_json: bool) -> StatusCode {
        if plain_json && self.well_formed {
            return StatusCode::OK;
        }
        self.status
    }

    /// Adds the headers that go with the status.
    pub(crate) fn decorate(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"troupe\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
        }
    }

    fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        well_formed: bool,
    ) -> Self {
        Self {
            status,
            errors: vec![coded(message, code, &[])],
            well_formed,
            allow: None,
            retry_after: None,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let (status, code) = of_kind(error.kind());
        let mut refusal = Self::new(status, code, error.message(), false);
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
            Violation::TooComplex(message) => ("TOO_COMPLEX", message, Vec::new()),
            Violation::Syntax(message, at) => ("GRAPHQL_PARSE_FAILED", message, at),
            Violation::Invalid(message, at) => ("GRAPHQL_VALIDATION_FAILED", message, at),
            Violation::Input(problem) => return Self::input(&problem.path, &problem.message),
        };
        Self {
            errors: vec![coded(message, code, &at)],
            ..Self::new(StatusCode::BAD_REQUEST, code, "", true)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(Errors {
            errors: &self.errors,
        });
        let mut response = (self.status, body).into_response();
        self.decorate(&mut response);
        response
    }
}

impl Answer {
    /// Makes an execution fit to be read: every error has a code, an internal one says nothing, and what never ran is
    /// a refusal.
    pub(crate) fn of(mut execution: Execution, request_id: &RequestId, reader: Reader) -> Self {
        let refused = execution.data == Value::Null
            && !execution.errors.is_empty()
            && execution.errors.iter().all(|error| error.path.is_empty());
        if refused {
            return Self::Refused(validation(execution.errors, reader));
        }
        for error in &mut execution.errors {
            settle(error, request_id);
        }
        Self::Executed(execution)
    }

    /// An execution that stopped in the middle of our own code.
    pub(crate) fn broken(request_id: &RequestId) -> Self {
        let mut error = ServerError::new("", None);
        hide(&mut error, request_id);
        Self::Executed(Execution::from_errors(vec![error]))
    }
}

/// Who reads an error: names of the schema that nobody asked for are for those who may read the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// May read the schema.
    Trusted,
    /// May not.
    Stranger,
}

/// The status and the code of each kind of failure.
fn of_kind(kind: &Kind) -> (StatusCode, &'static str) {
    match kind {
        Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        Kind::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        Kind::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Kind::BadInput(_) => (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
        Kind::Conflict => (StatusCode::CONFLICT, "CONFLICT"),
        Kind::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
        Kind::QuotaExceeded(_) => (StatusCode::TOO_MANY_REQUESTS, "QUOTA_EXCEEDED"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
    }
}

/// The errors of a document that the framework's validation refused.
fn validation(mut errors: Vec<ServerError>, reader: Reader) -> Refusal {
    errors.truncate(MOST_ERRORS);
    for error in &mut errors {
        if reader == Reader::Stranger
            && let Some(at) = error.message.find(" Did you mean")
        {
            error.message.truncate(at);
        }
        shorten(&mut error.message);
        error.locations.truncate(2);
        code_if_none(error, "GRAPHQL_VALIDATION_FAILED");
    }
    Refusal {
        errors,
        ..Refusal::new(
            StatusCode::BAD_REQUEST,
            "GRAPHQL_VALIDATION_FAILED",
            "",
            true,
        )
    }
}

/// Gives an error of a resolver its code: ours have one, the framework's own are about values that do not fit, and
/// anything else is a mistake of ours.
fn settle(error: &mut ServerError, request_id: &RequestId) {
    let code = error
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("code"));
    match code {
        Some(Value::String(code)) if code == "INTERNAL" => hide(error, request_id),
        Some(_) => {}
        None if is_coercion(&error.message) => {
            shorten(&mut error.message);
            code_if_none(error, "BAD_USER_INPUT");
        }
        None => {
            tracing::error!(request.id = %request_id.0, cause = error.message, "failed to execute a field");
            hide(error, request_id);
        }
    }
}

fn is_coercion(message: &str) -> bool {
    ["Failed to parse \"", "Expected input type \"", "Variable "]
        .iter()
        .any(|start| message.starts_with(start))
}

fn hide(error: &mut ServerError, request_id: &RequestId) {
    "internal error".clone_into(&mut error.message);
    error.source = None;
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", "INTERNAL");
    extensions.set("requestId", request_id.0.as_str());
    error.extensions = Some(extensions);
}

fn coded(message: impl Into<String>, code: &'static str, at: &[Pos]) -> ServerError {
    let mut error = ServerError::new(message, None);
    at.clone_into(&mut error.locations);
    code_if_none(&mut error, code);
    error
}

fn code_if_none(error: &mut ServerError, code: &'static str) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
}

fn listed(problems: &[Problem]) -> Value {
    serde_json::to_value(problems)
        .ok()
        .and_then(|problems| Value::from_json(problems).ok())
        .unwrap_or_default()
}

fn shorten(message: &mut String) {
    if let Some((at, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(at);
        message.push('…');
    }
}

/// Rounded up: to come back a second later is never too early.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
