//! Errors as problem details (RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>), with the code and the problems that
//! GraphQL has in `extensions`.

use async_graphql::{ServerError, Value as GraphqlValue};
use axum::{body::Body, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::super::{
    error::{code_of, status_of_code},
    operation_result::OperationResult,
    refusal::Refusal,
    reply,
};
use crate::{domain::RequestId, error::ErrorCode};

/// The media type of problem details.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The paths of the document's variables, and what a REST client calls them.
const RENAMED: [(&str, &str); 4] = [
    ("by.id", "agent"),
    ("by.slug", "agent"),
    ("input.", ""),
    ("filter.", ""),
];

/// A refusal as a response.
pub(in crate::http) fn response(refusal: &Refusal) -> Response {
    let mut response = written(status(refusal), &body(refusal));
    refusal.decorate(&mut response);
    response
}

/// A run that failed, with its last event, as a response to the request with this id.
pub(super) fn failed_run(event: Value, request: &RequestId) -> Response {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let code = text("/error/code").and_then(ErrorCode::of_name);
    let code = code.unwrap_or(ErrorCode::Internal);
    let status = status_of_code(code);
    let detail = text("/error/message").unwrap_or_default();
    let mut members = members(status, code.name(), detail);
    if code == ErrorCode::Internal {
        members.insert("requestId".to_owned(), request.to_string().into());
    }
    members.insert("event".to_owned(), event);
    written(status, &Value::Object(members))
}

/// The data of a result without errors. A result with errors is refused with the first of them: half of an object is of no
/// use to a client that has not selected its fields.
pub(super) fn data_of(result: OperationResult) -> Result<GraphqlValue, Refusal> {
    match result {
        OperationResult::Executed { execution, .. } => {
            let execution = *execution;
            match execution.errors.into_iter().next() {
                None => Ok(execution.data),
                Some(error) => Err(refused(error)),
            }
        }
        OperationResult::Refused(mut refusal) => Err(match refusal.errors.pop() {
            // of several errors of the document, which is ours, the last is as good as the first
            Some(error) => refused(error),
            None => refusal,
        }),
        // a piece of text has no errors, and its readers handle it before
        OperationResult::TokenResponse(_) => Ok(GraphqlValue::Null),
    }
}

/// A refusal as the body of a response, or of an event.
pub(super) fn body(refusal: &Refusal) -> Value {
    let status = status(refusal);
    let error = refusal.errors().first();
    let detail = error.map(|error| error.message.as_str());
    let mut members = members(status, refusal.code(), detail.unwrap_or_default());
    let extensions = error.and_then(|error| serde_json::to_value(&error.extensions).ok());
    if let Some(Value::Object(extensions)) = extensions {
        // further members, such as `retryAfterSeconds` and `requestId`, have the names that they have in GraphQL
        members.extend(extensions);
    }
    if let Some(Value::Array(problems)) = members.get_mut("problems") {
        let described: Vec<String> = problems.iter_mut().map(rename).collect();
        members.insert("detail".to_owned(), described.join("; ").into());
    }
    Value::Object(members)
}

fn refused(error: ServerError) -> Refusal {
    let code = ErrorCode::of_name(code_of(&error)).unwrap_or(ErrorCode::Internal);
    let mut refusal = Refusal::new(status_of_code(code), code, "", false);
    let after = error.extensions.as_ref();
    let after = after.and_then(|extensions| extensions.get("retryAfterSeconds"));
    if let Some(GraphqlValue::Number(seconds)) = after {
        refusal.retry_after = seconds.as_u64().map(std::time::Duration::from_secs);
    }
    refusal.errors = vec![error];
    refusal
}

/// The status of a refusal: its own, or that of its code where GraphQL answers every error of a document with 400.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal.status(false) {
        StatusCode::BAD_REQUEST => {
            ErrorCode::of_name(refusal.code()).map_or(StatusCode::BAD_REQUEST, status_of_code)
        }
        own => own,
    }
}

/// The standard members, and the code. The type is `about:blank`: the title is that of the status, and the code tells
/// more.
fn members(status: StatusCode, code: &str, detail: &str) -> Map<String, Value> {
    let title = status.canonical_reason().unwrap_or_default();
    let members = json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Gives a problem the path that the client knows, and describes it.
fn rename(problem: &mut Value) -> String {
    let text = |name: &str| {
        problem
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (path, message) = (text("path"), text("message"));
    let renamed = RENAMED.iter().find_map(|(before, after)| {
        let rest = path.strip_prefix(before)?;
        Some(format!("{after}{rest}"))
    });
    let path = renamed.unwrap_or_else(|| path.to_owned());
    let described = format!("{path}: {message}");
    if let Some(problem) = problem.as_object_mut() {
        problem.insert("path".to_owned(), path.into());
    }
    described
}

fn written(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    reply::describe(&mut response, MEDIA_TYPE);
    response
}
