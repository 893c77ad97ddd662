//! Tools over plain HTTP: `POST {endpoint}/{tool}` with the arguments as JSON.

use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    answer::{bounded, size},
    failure::{CallFailure, HttpFailure},
    limits::McpLimits,
    redirect::FollowedAddress,
    wire::{bytes, has_too_many_values, whole},
};
use crate::port::{ToolAnswer, ToolRequest};

/// The header with a call's idempotency key.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Makes the call and reads the response.
pub(super) async fn call(
    client: &Client,
    headers: HeaderMap,
    endpoint: &Url,
    request: &ToolRequest,
    limits: &McpLimits,
) -> Result<ToolAnswer, CallFailure> {
    let post = |address: Url| {
        client
            .post(address)
            .headers(headers.clone())
            .header(ACCEPT, "application/json, text/plain;q=0.9, */*;q=0.1")
            .header(ACCEPT_ENCODING, "identity")
            .header(IDEMPOTENCY_KEY, &request.idempotency_key)
            .json(&request.arguments)
    };
    let address = address(endpoint, &request.tool)?;
    let answered = async {
        let response = FollowedAddress::default().send(address, post).await?;
        let status = response.status();
        if is_answer(status) {
            answer(response, limits).await
        } else {
            Err(HttpFailure::status(&response))
        }
    };
    tokio::time::timeout(limits.call, answered)
        .await
        .map_err(|_| CallFailure::silent(limits.call))?
        .map_err(CallFailure::of_http)
}

/// The address of a tool. The name is one path segment, whatever characters it has.
fn address(endpoint: &Url, tool: &str) -> Result<Url, CallFailure> {
    let mut url = endpoint.clone();
    match url.path_segments_mut() {
        // these two change the path, and are not valid tool names
        Ok(mut parts) if tool != "." && tool != ".." => {
            parts.pop_if_empty().push(tool);
        }
        Ok(_) | Err(()) => return Err(CallFailure::unusable("the tool has no address of its own")),
    }
    Ok(url)
}

/// Whether the response comes from the tool itself, as a result or as an error, and not from a proxy in front of it.
fn is_answer(status: StatusCode) -> bool {
    let of_who_stands_in_front = matches!(status.as_u16(), 401 | 403 | 407 | 408 | 425 | 429);
    status.is_success() || (status.is_client_error() && !of_who_stands_in_front)
}

async fn answer(response: Response, limits: &McpLimits) -> Result<ToolAnswer, HttpFailure> {
    let encoding = response.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|name| !name.as_bytes().eq_ignore_ascii_case(b"identity")) {
        // an encoding that is not known here
        return Err(HttpFailure::Senseless);
    }
    let is_error = !response.status().is_success();
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let content = whole(Vec::new(), bytes(response, limits.largest_answer)).await?;
    let most = limits.largest_result;
    if let Some(value) = json_of(&kind, &content)? {
        let text = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        return Ok(bounded(&text, value, is_error, most));
    }
    let text = match String::from_utf8(content) {
        Ok(text) => text,
        Err(bytes) => format!("[{}, {}]", shown(&kind), size(bytes.as_bytes().len())),
    };
    let block = json!([{"type": "text", "text": text}]);
    Ok(bounded(&text, block, is_error, most))
}

/// The body as JSON, when the server declares it as JSON, or declares no type and the body parses.
fn json_of(kind: &str, content: &[u8]) -> Result<Option<Value>, HttpFailure> {
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if content.is_empty() || !(is_json || kind.is_empty()) {
        return Ok(None);
    }
    if has_too_many_values(content) {
        return Err(HttpFailure::TooLarge);
    }
    match serde_json::from_slice(content) {
        Ok(value) => Ok(Some(value)),
        Err(_) if is_json => Err(HttpFailure::Senseless),
        Err(_) => Ok(None),
    }
}

fn shown(kind: &str) -> &str {
    if kind.is_empty() { "bytes" } else { kind }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::address;

    #[test]
    fn a_tool_name_is_one_path_segment() {
        let endpoint = Url::parse("https://example.com/actions/?key=1").unwrap();
        for (tool, expected) in [
            ("find", "https://example.com/actions/find?key=1"),
            ("a/b", "https://example.com/actions/a%2Fb?key=1"),
            ("../b", "https://example.com/actions/..%2Fb?key=1"),
            ("a?b#c", "https://example.com/actions/a%3Fb%23c?key=1"),
        ] {
            assert_eq!(address(&endpoint, tool).unwrap().as_str(), expected);
        }
        assert!(address(&endpoint, "..").is_err());
    }
}
