//! A request that never ran: its error, and its status.

use std::time::Duration;

use async_graphql::{Pos, ServerError};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    domain::RequestId,
    error::{Error, ErrorCode, Kind},
    graphql::NO_CREDENTIALS,
};

use super::{
    error::{code_of, coded, hide, whole_seconds},
    failure_log::FailureLog,
    refused_origins::shown,
};

/// The message for a connection that gets no ordinary and no reserved slot.
pub(super) const NO_SLOT: &str = "too many connections are open, of this address or in all; try again in a few seconds, or show an API key";
/// The time until a retry may succeed.
pub(super) const NO_PLACE_RETRY: Duration = Duration::from_secs(5);

/// A request that never ran.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(super) errors: Vec<ServerError>,
    /// Whether it was a well-formed GraphQL request: an `application/json` response then has status 200.
    well_formed: bool,
    /// The allowed methods, after a wrong one.
    allow: Option<&'static str>,
    /// Whether the body was compressed, which is not supported.
    is_encoded: bool,
    pub(super) retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Errors<'a> {
    errors: &'a [ServerError],
}

impl Refusal {
    /// The request is malformed: invalid JSON, wrong types, or wrong headers.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ErrorCode::BadUserInput,
            message,
            false,
        )
    }

    /// The method is not allowed.
    pub(crate) fn method(allow: &'static str, message: impl Into<String>) -> Self {
        let refusal = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadUserInput,
            message,
            false,
        );
        Self {
            allow: Some(allow),
            ..refusal
        }
    }

    /// The body's media type is not supported.
    pub(crate) fn media_type(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::BadUserInput,
            message,
            false,
        )
    }

    /// The body has a `Content-Encoding`, which is not supported.
    pub(crate) fn content_encoding(given: &str) -> Self {
        let given = crate::domain::excerpt(given);
        let message = format!(
            "a body with the Content-Encoding \"{given}\" is not read; send it without one"
        );
        Self {
            is_encoded: true,
            ..Self::media_type(message)
        }
    }

    /// The connection has no slot.
    pub(crate) fn no_place() -> Self {
        Self::busy(NO_SLOT)
    }

    /// The process does as much of this as it can.
    pub(crate) fn busy(message: &str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut refusal = Self::new(status, ErrorCode::Unavailable, message, false);
        refusal.retry_after = Some(NO_PLACE_RETRY);
        refusal
    }

    /// The caller accepts no format that is possible here.
    pub(crate) fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            ErrorCode::BadUserInput,
            message,
            false,
        )
    }

    /// The body is larger than this caller may send; a caller with a key may send `most_with_key` bytes.
    pub(crate) fn too_large(most: usize, most_with_key: usize) -> Self {
        let key = if most < most_with_key {
            format!(" without an API key; with one, {most_with_key} are")
        } else {
            String::new()
        };
        let message = format!("the body has more than the {most} bytes that are allowed{key}");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::TooComplex,
            message,
            false,
        )
    }

    pub(crate) fn too_slow() -> Self {
        let message = "the body took too long to arrive";
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::BadUserInput,
            message,
            false,
        )
    }

    /// A page of a foreign origin sent the request.
    pub(super) fn foreign_origin(origin: &HeaderValue) -> Self {
        let message = format!(
            "this installation does not allow pages of the origin {}",
            shown(origin)
        );
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message, false)
    }

    /// A page of another site caused the request without a script, by an image or a link for example.
    pub(super) fn foreign_site() -> Self {
        let message = "a page of another site caused this request, without the header Origin; send it with `fetch`";
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message, false)
    }

    /// The hash of a persisted query is not cached; clients depend on exactly this message.
    pub(crate) fn persisted_query_not_found() -> Self {
        let message = "PersistedQueryNotFound";
        Self::new(
            StatusCode::BAD_REQUEST,
            ErrorCode::PersistedQueryNotFound,
            message,
            true,
        )
    }

    /// The account lets its end users execute registered operations only, and this one is not registered. The same for a
    /// document that is known by its hash: which documents others have sent is not shown, and a client that sends the text
    /// after a refusal would be refused again.
    pub(crate) fn unregistered_operation() -> Self {
        let message = "the account lets end users execute registered operations only, and this one is not registered: an administrator \
             registers its exact text with registerOperations";
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message, true)
    }

    /// The request is well-formed, but one of its fields is invalid.
    pub(crate) fn input(path: &str, message: &str) -> Self {
        let refusal = Self::from(Error::bad_input(path, message));
        Self {
            well_formed: true,
            ..refusal
        }
    }

    /// The request requires a key.
    pub(crate) fn needs_key(message: &str) -> Self {
        let refusal = Self::from(Error::unauthenticated(message));
        Self {
            well_formed: true,
            ..refusal
        }
    }

    /// The operation requires credentials, for the field at this place.
    pub(super) fn needs_credentials(at: &[Pos]) -> Self {
        let mut refusal = Self::needs_key(NO_CREDENTIALS);
        for error in &mut refusal.errors {
            at.clone_into(&mut error.locations);
        }
        refusal
    }

    /// The schema is not for this caller.
    pub(crate) fn hidden_schema() -> Self {
        Self::needs_key("the schema is shown to callers with an API key only")
    }

    /// An internal error.
    pub(crate) fn internal(request_id: &RequestId) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut refusal = Self::new(status, ErrorCode::Internal, "", false);
        for error in &mut refusal.errors {
            hide(error, request_id);
        }
        refusal
    }

    /// A domain error before the operation ran. Logs the cause of an error that is not the caller's.
    pub(super) fn of(error: Error, request_id: &RequestId, failures: &FailureLog) -> Self {
        failures.log(&error, request_id);
        if *error.kind() == Kind::Internal {
            return Self::internal(request_id);
        }
        Self::from(error)
    }

    /// The code of the first error, which names the refusal in metrics.
    pub(super) fn code(&self) -> &str {
        let first = self.errors.first();
        first.map_or_else(|| ErrorCode::BadUserInput.name(), code_of)
    }

    /// The errors, as a GraphQL response lists them.
    pub(crate) fn errors(&self) -> &[ServerError] {
        &self.errors
    }

    /// The HTTP status; `plain_json` means a response in `application/json`.
    pub(crate) fn status(&self, plain_json: bool) -> StatusCode {
        if plain_json && self.well_formed {
            return StatusCode::OK;
        }
        self.status
    }

    /// Adds the headers that belong to the status.
    pub(crate) fn decorate(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.is_encoded {
            let identity = HeaderValue::from_static("identity");
            headers.insert(header::ACCEPT_ENCODING, identity);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"troupe\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
        }
    }

    /// A well-formed request whose document has these errors.
    pub(super) fn document(errors: Vec<ServerError>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            errors,
            well_formed: true,
            allow: None,
            is_encoded: false,
            retry_after: None,
        }
    }

    pub(super) fn new(
        status: StatusCode,
        code: ErrorCode,
        message: impl Into<String>,
        well_formed: bool,
    ) -> Self {
        Self {
            status,
            errors: vec![coded(message, code, &[])],
            well_formed,
            allow: None,
            is_encoded: false,
            retry_after: None,
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // no `data`: nothing was executed
        Errors {
            errors: &self.errors,
        }
        .serialize(serializer)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        self.decorate(&mut response);
        response
    }
}
