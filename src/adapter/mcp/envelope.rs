//! Reads JSON-RPC answers leniently: what says unambiguously what was asked for is taken.
//!
//! The library's types fail a whole answer because of one field, so the answer is read as plain JSON first, and each
//! part by itself: a tool of a list, a block of a result. JSON-RPC 2.0 wants either `result` or `error`; servers also
//! send the other one as `null`, and lists with one answer (allowed in MCP 2025-03-26).

use rmcp::model::{
    CallToolResult, ClientJsonRpcMessage, ClientRequest, ContentBlock, ErrorCode, ErrorData,
    InitializeResult, JsonObject, JsonRpcMessage, ListToolsResult, MetaObject, RequestId,
    ServerJsonRpcMessage, ServerResult, Tool,
};
use serde_json::{Map, Value, json};

/// The key in `_meta` of a list under which all its tools are passed on as the server sent them.
const OFFERED: &str = "io.troupe/offeredTools";

/// The request that an answer is for.
#[derive(Debug, Clone)]
pub(super) struct AskedRequest {
    pub(super) id: RequestId,
    method: AskedMethod,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AskedMethod {
    Discover,
    Initialize,
    ListTools,
    CallTool,
    Other,
}

impl AskedRequest {
    /// The request of a message; `None` for a notification or a response.
    pub(super) fn of(message: &ClientJsonRpcMessage) -> Option<Self> {
        let JsonRpcMessage::Request(request) = message else {
            return None;
        };
        let method = match request.request {
            ClientRequest::DiscoverRequest(_) => AskedMethod::Discover,
            ClientRequest::InitializeRequest(_) => AskedMethod::Initialize,
            ClientRequest::ListToolsRequest(_) => AskedMethod::ListTools,
            ClientRequest::CallToolRequest(_) => AskedMethod::CallTool,
            _ => AskedMethod::Other,
        };
        Some(Self {
            id: request.id.clone(),
            method,
        })
    }

    pub(super) fn is_discovery(&self) -> bool {
        self.method == AskedMethod::Discover
    }

    /// The answer in the body of a response, which is for this request whatever id it has.
    pub(super) fn answer_in(&self, body: &[u8]) -> Option<ServerJsonRpcMessage> {
        let value = serde_json::from_slice(body).ok()?;
        let mut answers: Vec<Map<String, Value>> =
            messages(value).into_iter().filter(is_answer).collect();
        let own = answers.iter().position(|answer| self.has_id_of(answer));
        let answer = match (own, answers.len()) {
            (Some(own), _) => answers.swap_remove(own),
            (None, 1) => answers.swap_remove(0),
            (None, _) => return None,
        };
        self.answer(answer)
    }

    /// The messages in the data of an event, each as JSON. Answers to this request are rewritten so that the library
    /// can read them.
    pub(super) fn messages_in(&self, data: &str) -> Vec<String> {
        let Ok(value) = serde_json::from_str(data) else {
            return vec![data.to_owned()];
        };
        let rewritten = |message: Map<String, Value>| {
            let is_own = is_answer(&message) && self.has_id_of(&message);
            let answer = is_own.then(|| self.answer(message.clone())).flatten();
            let answer = answer.and_then(|answer| serde_json::to_string(&answer).ok());
            answer.unwrap_or_else(|| Value::Object(message).to_string())
        };
        messages(value).into_iter().map(rewritten).collect()
    }

    /// Whether a message has the id of this request, also as a text. An error may have none, because the server could
    /// not read it.
    fn has_id_of(&self, message: &Map<String, Value>) -> bool {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match message.get("id") {
            None | Some(Value::Null) => true,
            Some(id) => text(id) == self.id.to_string(),
        }
    }

    fn answer(&self, mut answer: Map<String, Value>) -> Option<ServerJsonRpcMessage> {
        if let Some(error) = answer.remove("error").filter(|error| !error.is_null()) {
            return Some(ServerJsonRpcMessage::error(
                error_data(&error),
                Some(self.id.clone()),
            ));
        }
        let result = answer.remove("result")?;
        let result = match self.method {
            AskedMethod::ListTools => ServerResult::ListToolsResult(tool_list(result)?),
            AskedMethod::CallTool => call_result(result)?,
            AskedMethod::Initialize => ServerResult::InitializeResult(initialized(&result)?),
            AskedMethod::Discover | AskedMethod::Other => {
                serde_json::from_value(non_null(result)).ok()?
            }
        };
        Some(ServerJsonRpcMessage::response(result, self.id.clone()))
    }
}

/// The tools of a list as the server sent them, and the names of those that the library accepted.
pub(super) fn offered_tools(list: &mut ListToolsResult) -> (Vec<Value>, Vec<String>) {
    let accepted = list.tools.iter().map(|tool| tool.name.to_string());
    let accepted: Vec<String> = accepted.collect();
    let sent = list.meta.as_mut().and_then(|meta| meta.0.remove(OFFERED));
    let tools = match sent {
        Some(Value::Array(tools)) => tools,
        // an answer that came over a resumed stream
        _ => list
            .tools
            .iter()
            .filter_map(|tool| serde_json::to_value(tool).ok())
            .collect(),
    };
    (tools, accepted)
}

/// Whether a server's error in the body of a refusal is one of JSON-RPC.
pub(super) fn json_rpc_error(body: &[u8]) -> Option<ErrorData> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let message = messages(value).into_iter().next()?;
    let error = message.get("error")?;
    error.get("code")?.as_i64()?;
    Some(error_data(error))
}

/// The messages of a text: one, or a list.
fn messages(value: Value) -> Vec<Map<String, Value>> {
    let several = match value {
        Value::Array(several) => several,
        one => vec![one],
    };
    let objects = several.into_iter().filter_map(|one| match one {
        Value::Object(message) => Some(message),
        _ => None,
    });
    objects.collect()
}

fn is_answer(message: &Map<String, Value>) -> bool {
    let has = |key: &str| message.get(key).is_some_and(|value| !value.is_null());
    !has("method") && (has("error") || message.contains_key("result"))
}

fn error_data(error: &Value) -> ErrorData {
    let code = error.get("code").and_then(Value::as_i64);
    let code = code.and_then(|code| i32::try_from(code).ok());
    let message = match (error, error.get("message")) {
        (Value::String(text), _) | (_, Some(Value::String(text))) => text.clone(),
        (_, Some(other)) => other.to_string(),
        (_, None) => String::new(),
    };
    let code = code.map_or(ErrorCode::INTERNAL_ERROR, ErrorCode);
    ErrorData::new(code, message, error.get("data").cloned())
}

fn non_null(result: Value) -> Value {
    if result.is_null() { json!({}) } else { result }
}

/// A list of tools with those that the library can read, and all of them as they are in `_meta`.
fn tool_list(result: Value) -> Option<ListToolsResult> {
    let Value::Object(mut result) = result else {
        return None;
    };
    let Some(Value::Array(sent)) = result.remove("tools") else {
        return None;
    };
    // the library needs no more of a tool: it sends some arguments as headers, which the input schema says
    let readable = sent.iter().filter_map(|tool| {
        let least = json!({"name": tool.get("name")?, "inputSchema": tool.get("inputSchema")?});
        serde_json::from_value::<Tool>(least).ok()
    });
    let mut list = ListToolsResult::with_all_items(readable.collect());
    list.next_cursor = match result.remove("nextCursor") {
        Some(Value::String(cursor)) => Some(cursor),
        _ => None,
    };
    let mut meta = JsonObject::new();
    meta.insert(OFFERED.to_owned(), Value::Array(sent));
    list.meta = Some(MetaObject(meta));
    Some(list)
}

/// The result of a call. A block that is of no known type costs only that block.
fn call_result(result: Value) -> Option<ServerResult> {
    let mut result = match result {
        Value::Object(result) => result,
        Value::Null => Map::new(),
        // some servers return the text alone
        Value::String(text) => text_content(&text),
        _ => return None,
    };
    let is_whole = result
        .get("resultType")
        .is_none_or(|kind| kind.is_null() || kind == "complete");
    let has_content = ["content", "structuredContent", "isError"]
        .iter()
        .any(|key| result.contains_key(*key));
    if !is_whole || !has_content {
        return serde_json::from_value(Value::Object(result)).ok();
    }
    let blocks = match result.remove("content") {
        Some(Value::Array(blocks)) => blocks,
        Some(block @ Value::Object(_)) => vec![block],
        Some(Value::String(text)) => vec![json!({"type": "text", "text": text})],
        _ => Vec::new(),
    };
    let blocks: Vec<Value> = blocks.into_iter().map(readable_block).collect();
    result.insert("content".to_owned(), Value::Array(blocks));
    result.retain(|key, value| match key.as_str() {
        "isError" => value.is_boolean(),
        "_meta" => value.is_object(),
        _ => !value.is_null(),
    });
    let result: CallToolResult = serde_json::from_value(Value::Object(result)).ok()?;
    Some(ServerResult::CallToolResult(result))
}

fn text_content(text: &str) -> Map<String, Value> {
    let mut result = Map::new();
    let blocks = json!([{"type": "text", "text": text}]);
    result.insert("content".to_owned(), blocks);
    result
}

/// The block, or its description when the library cannot read it.
fn readable_block(block: Value) -> Value {
    if serde_json::from_value::<ContentBlock>(block.clone()).is_ok() {
        return block;
    }
    let text = match &block {
        Value::String(text) => text,
        Value::Object(fields) => match fields.get("text") {
            Some(Value::String(text)) => text,
            _ => "[content of another kind]",
        },
        _ => "[content of another kind]",
    };
    json!({"type": "text", "text": text})
}

/// The answer to `initialize`. Only the revision counts here, so the other fields may be missing.
fn initialized(result: &Value) -> Option<InitializeResult> {
    if let Ok(result) = serde_json::from_value(result.clone()) {
        return Some(result);
    }
    let version = result.get("protocolVersion")?.as_str()?;
    let least = json!({
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "unknown", "version": "unknown"},
    });
    serde_json::from_value(least).ok()
}
