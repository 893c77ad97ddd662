//! What services say in the words of MCP: definitions, answers, failures.

use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult, ContentBlock, ErrorCode, Tool},
};
use serde_json::{Value, json};

use crate::{
    domain::ToolDefinition,
    error::{Error, Kind, Result},
    graphql::RequestId,
    http::{error::whole_seconds, failure_log::FailureLog},
    port::ToolAnswer,
};

/// A failure that JSON-RPC has no number for; `data` has our code.
const REFUSED: ErrorCode = ErrorCode(-32_000);

/// A tool as clients read it.
pub(super) fn tool(definition: ToolDefinition) -> Result<Tool> {
    let written = serde_json::to_value(definition).and_then(serde_json::from_value::<Tool>);
    let mut tool: Tool =
        written.map_err(|cause| Error::internal("write a tool for MCP clients").because(cause))?;
    tool.title = tool
        .annotations
        .as_ref()
        .and_then(|hints| hints.title.clone());
    Ok(tool)
}

/// An answer as clients read it. What is structured has the shape that the tool promises, so a failure has only words.
pub(super) fn of_tool(answered: ToolAnswer) -> CallToolResult {
    if answered.is_error {
        let code = answered.content.get("code").and_then(Value::as_str);
        return failed(code.unwrap_or("FAILED"), &answered.text);
    }
    let mut result = CallToolResult::success(vec![ContentBlock::text(answered.text)]);
    result.structured_content = Some(answered.content);
    result
}

/// A tool that failed, with a code to branch on before the words.
pub(super) fn failed(code: &str, message: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!("{code}: {message}"))])
}

/// What becomes of a call that a service refused: the tool's own failure, which a model reads and can do something about;
/// an unknown tool is a wrong request.
pub(super) fn of_error(
    error: &Error,
    tool: &str,
    request_id: &RequestId,
    failures: &FailureLog,
) -> Result<CallToolResponse, ErrorData> {
    failures.log(error, request_id);
    match error.kind() {
        Kind::NotFound if error.message() == "no such tool" => {
            let message = format!("unknown tool: {}", crate::domain::excerpt(tool));
            Err(ErrorData::invalid_params(message, None))
        }
        Kind::Internal => {
            let message = format!("internal error, requestId {}", request_id.0);
            Ok(failed(error.kind().code(), &message).into())
        }
        Kind::RateLimited(Some(after)) | Kind::QuotaExceeded(Some(after)) => {
            let seconds = whole_seconds(*after);
            let message = format!("{} (retryAfterSeconds: {seconds})", error.message());
            Ok(failed(error.kind().code(), &message).into())
        }
        Kind::NotFound
        | Kind::RateLimited(None)
        | Kind::QuotaExceeded(None)
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::BadInput(_)
        | Kind::Conflict
        | Kind::Unavailable => Ok(failed(error.kind().code(), error.message()).into()),
    }
}

/// A failure of what is no call.
pub(super) fn protocol_error(
    error: &Error,
    request_id: &RequestId,
    failures: &FailureLog,
) -> ErrorData {
    failures.log(error, request_id);
    let code = error.kind().code();
    match error.kind() {
        Kind::Internal => {
            let data = json!({"code": code, "requestId": request_id.0});
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
