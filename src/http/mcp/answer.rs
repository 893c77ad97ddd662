//! Converts the services' definitions, results and errors to MCP.

use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult, ContentBlock, ErrorCode, Tool},
};
use serde_json::{Value, json};

use crate::{
    domain::{RequestId, ToolDefinition},
    error::{Error, Kind, Result},
    http::{error::whole_seconds, failure_log::FailureLog},
    port::ToolAnswer,
};

/// The JSON-RPC error code of a failure without a standard code; `data` has our own code.
const REFUSED: ErrorCode = ErrorCode(-32_000);

/// A tool definition for MCP clients.
pub(super) fn tool(definition: ToolDefinition) -> Result<Tool> {
    let written = serde_json::to_value(definition).and_then(serde_json::from_value::<Tool>);
    let mut tool: Tool = written
        .map_err(|cause| Error::internal("write a tool for MCP clients").with_source(cause))?;
    tool.title = tool
        .annotations
        .as_ref()
        .and_then(|hints| hints.title.clone());
    Ok(tool)
}

/// A tool's result for MCP clients. Structured content must match the tool's output schema, so a failure has only text.
pub(super) fn of_tool(answered: ToolAnswer) -> CallToolResult {
    if answered.is_error {
        let code = answered.content.get("code").and_then(Value::as_str);
        return failed(code.unwrap_or("FAILED"), &answered.text);
    }
    let mut result = CallToolResult::success(vec![ContentBlock::text(answered.text)]);
    result.structured_content = Some(answered.content);
    result
}

/// The result of a failed tool call: a code for programs, then the message.
pub(super) fn failed(code: &str, message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!("{code}: {message}"))])
}

/// The protocol error for a tool that does not exist.
pub(super) fn unknown_tool(name: &str) -> ErrorData {
    let message = format!("unknown tool: {}", crate::domain::excerpt(name));
    ErrorData::invalid_params(message, None)
}

/// The response to a call that a service refused: a failed tool call, which a model can read and react to.
pub(super) fn of_error(
    error: &Error,
    request_id: &RequestId,
    failures: &FailureLog,
) -> CallToolResponse {
    failures.log(error, request_id);
    match error.kind() {
        Kind::Internal => {
            let message = format!("internal error, requestId {request_id}");
            failed(error.code().name(), &message).into()
        }
        Kind::RateLimited(Some(after)) | Kind::QuotaExceeded(Some(after)) => {
            let seconds = whole_seconds(*after);
            let message = format!("{} (retryAfterSeconds: {seconds})", error.message());
            failed(error.code().name(), &message).into()
        }
        Kind::NotFound
        | Kind::RateLimited(None)
        | Kind::QuotaExceeded(None)
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::BadInput(_)
        | Kind::Conflict
        | Kind::Unavailable => failed(error.code().name(), error.message()).into(),
    }
}

/// The response to a failed request other than a tool call.
pub(super) fn protocol_error(
    error: &Error,
    request_id: &RequestId,
    failures: &FailureLog,
) -> ErrorData {
    failures.log(error, request_id);
    let code = error.code().name();
    match error.kind() {
        Kind::Internal => {
            let data = json!({"code": code, "requestId": request_id.to_string()});
            ErrorData::internal_error("internal error", Some(data))
        }
        Kind::BadInput(problems) => {
            let data = json!({"code": code, "problems": problems});
            ErrorData::invalid_params(error.message().to_owned(), Some(data))
        }
        Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::RateLimited(_)
        | Kind::QuotaExceeded(_)
        | Kind::Unavailable => {
            let data = json!({"code": code});
            ErrorData::new(REFUSED, error.message().to_owned(), Some(data))
        }
    }
}
