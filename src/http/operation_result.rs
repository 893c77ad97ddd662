//! The result of an operation, ready to send: every error has a code, and internal errors reveal nothing.

use async_graphql::{Response as Execution, ServerError, Value};

use crate::{
    domain::{Cursor, RequestId},
    error::ErrorCode,
    graphql::TokenResponse,
};

use super::{
    error::{code_if_none, code_of, hide},
    refusal::Refusal,
};

/// The maximum number of errors in a refusal, and the maximum bytes of each message: a refusal's response stays small.
const MOST_ERRORS: usize = 8;
const LONGEST_MESSAGE: usize = 240;

/// The initial capacity of a response, in bytes; most responses are small.
const USUAL_LENGTH: usize = 512;

/// The result of an operation.
#[derive(Debug)]
pub(crate) enum OperationResult {
    /// A piece of a run's text, by far the most frequent result.
    TokenResponse(TokenResponse),
    /// The operation ran; some of its fields may have failed.
    Executed {
        /// The response.
        execution: Box<Execution>,
        /// The cursor of the event of a run that it is the response to.
        cursor: Option<Cursor>,
    },
    /// The operation never ran.
    Refused(Refusal),
}

/// Whether the recipient of an error may read the schema. Otherwise, the error must not contain names of the schema
/// that the recipient did not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaAccess {
    /// May read the schema.
    Trusted,
    /// May not read the schema.
    Stranger,
}

impl OperationResult {
    /// Prepares an execution for the client: every error gets a code, internal errors are hidden, and an operation that
    /// never ran becomes a refusal.
    pub(crate) fn of(
        mut execution: Box<Execution>,
        request_id: &RequestId,
        reader: SchemaAccess,
    ) -> Self {
        let refused = execution.data == Value::Null
            && !execution.errors.is_empty()
            && execution.errors.iter().all(|error| error.path.is_empty());
        if refused {
            return Self::Refused(validation(execution.errors, reader));
        }
        for error in &mut execution.errors {
            settle(error, request_id);
        }
        Self::Executed {
            execution,
            cursor: None,
        }
    }

    /// The result of an execution that panicked.
    pub(crate) fn broken(request_id: &RequestId) -> Self {
        let mut error = ServerError::new("", None);
        hide(&mut error, request_id);
        Self::Executed {
            execution: Box::new(Execution::from_errors(vec![error])),
            cursor: None,
        }
    }

    /// The same result with the cursor of its event.
    pub(crate) fn with_cursor(mut self, at: Option<Cursor>) -> Self {
        if let Self::Executed { cursor, .. } = &mut self {
            *cursor = at;
        }
        self
    }

    /// The cursor of the event of a run that this is the response to.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        match self {
            Self::TokenResponse(token) => Some(token.cursor()),
            Self::Executed { cursor, .. } => *cursor,
            Self::Refused(_) => None,
        }
    }

    /// The codes of the errors.
    pub(super) fn error_codes(&self) -> impl Iterator<Item = &str> {
        let errors: &[ServerError] = match self {
            Self::TokenResponse(_) => &[],
            Self::Executed { execution, .. } => &execution.errors,
            Self::Refused(refusal) => refusal.errors(),
        };
        errors.iter().map(code_of)
    }

    /// The result as JSON, between the bytes that a transport puts around it.
    pub(crate) fn written(&self, before: &[u8], after: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(before.len() + self.length() + after.len());
        message.extend_from_slice(before);
        self.write(&mut message);
        message.extend_from_slice(after);
        message
    }

    /// Appends the result as JSON.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        // serializing a map with text keys cannot fail
        match self {
            Self::TokenResponse(token) => token.write(to),
            Self::Executed { execution, .. } => {
                let _ = serde_json::to_writer(to, execution);
            }
            Self::Refused(refusal) => {
                let _ = serde_json::to_writer(to, refusal);
            }
        }
    }

    /// The approximate length of the result as JSON, in bytes.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::TokenResponse(token) => token.length(),
            Self::Executed { .. } | Self::Refused(_) => USUAL_LENGTH,
        }
    }
}

/// The errors of a document that the framework's validation refused.
fn validation(mut errors: Vec<ServerError>, reader: SchemaAccess) -> Refusal {
    errors.truncate(MOST_ERRORS);
    for error in &mut errors {
        if reader == SchemaAccess::Stranger
            && let Some(at) = error.message.find(" Did you mean")
        {
            error.message.truncate(at);
        }
        shorten(&mut error.message);
        error.locations.truncate(2);
        code_if_none(error, ErrorCode::GraphqlValidationFailed);
    }
    Refusal::document(errors)
}

/// Sets the code of a field's error. Every error of a resolver has one: resolvers return `ApiError`, and no other error
/// converts to it. An error without a code is the framework's own, about a value that does not fit; it has no source.
fn settle(error: &mut ServerError, request_id: &RequestId) {
    let code = error
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("code"));
    match code {
        Some(Value::String(code)) if code == ErrorCode::Internal.name() => hide(error, request_id),
        Some(_) => {}
        None if error.source.is_none() => {
            shorten(&mut error.message);
            code_if_none(error, ErrorCode::BadUserInput);
        }
        None => {
            tracing::error!(request.id = %request_id, cause = error.message, "failed to execute a field");
            hide(error, request_id);
        }
    }
}

fn shorten(message: &mut String) {
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{InputValueError, Pos, Response, ServerError, value};
    use chrono::{DateTime, Utc};

    use super::{OperationResult, SchemaAccess};
    use crate::domain::RequestId;

    fn read(response: Response, reader: SchemaAccess) -> String {
        let id = RequestId::from_uuid(uuid::Uuid::from_u128(1));
        let answer = OperationResult::of(Box::new(response), &id, reader);
        String::from_utf8(answer.written(b"", b"")).unwrap()
    }

    fn failed(error: ServerError) -> Response {
        let mut response = Response::new(value!({ "a": null }));
        response
            .errors
            .push(error.with_path(vec![async_graphql::PathSegment::Field("a".to_owned())]));
        response
    }

    #[test]
    fn an_error_without_a_code_is_internal_without_details() {
        let text = read(
            failed(
                async_graphql::Error::new_with_source("could not connect to 10.0.0.5:5432")
                    .into_server_error(Pos::default()),
            ),
            SchemaAccess::Trusted,
        );
        assert!(!text.contains("10.0.0.5"), "{text}");
        assert!(text.contains(r#""message":"internal error""#), "{text}");
        assert!(
            text.contains(
                r#"{"code":"INTERNAL","requestId":"request_00000000000000000000000001"}"#
            ),
            "{text}"
        );
    }

    #[test]
    fn an_invalid_value_is_bad_user_input() {
        let text = read(
            failed(
                InputValueError::<DateTime<Utc>>::custom("no date")
                    .into_server_error(Pos::default()),
            ),
            SchemaAccess::Trusted,
        );
        assert!(
            text.contains("BAD_USER_INPUT") && text.contains("no date"),
            "{text}"
        );
    }

    #[test]
    fn an_unexecuted_request_has_no_data_and_a_small_response() {
        let error = ServerError::new(
            format!("Unknown {}. Did you mean \"b\"?", "a".repeat(9_000)),
            None,
        );
        let response = Response::from_errors(vec![error; 100]);
        let text = read(response, SchemaAccess::Stranger);
        assert!(!text.contains("\"data\"") && !text.contains("Did you mean"));
        assert!(text.len() < 4096, "{} bytes", text.len());
    }
}
