//! The HTTP transport below MCP: it uses the guarded client, sends the endpoint's headers, and limits response sizes.
//!
//! Redirects are not followed, so the token is sent only to the registered address. The optional stream for unsolicited
//! server messages is not opened: nothing here needs it, and it would stay open as long as the session.

use std::{collections::HashMap, sync::Arc};

use futures::StreamExt;
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use rmcp::{
    model::{
        ClientJsonRpcMessage, ClientRequest, ErrorData, JsonRpcMessage, RequestId,
        ServerJsonRpcMessage,
    },
    transport::{
        common::{
            client_side_sse::BoxedSseResponse,
            http_header::{
                EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, JSON_MIME_TYPE,
            },
        },
        streamable_http_client::{
            SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
        },
    },
};
use sse_stream::{Sse, SseStream};

use super::{
    bounded::{body, has_too_many_values},
    failure::HttpFailure,
};

/// The JSON-RPC error code, reserved by this adapter, that marks a response as too large.
pub(super) const TOO_LARGE: i32 = -32_199;

type Problem = StreamableHttpError<HttpFailure>;

/// An HTTP client for one endpoint. Its `Debug` shows neither the client nor the headers.
#[derive(Clone)]
pub(super) struct GuardedHttp {
    /// A client of the egress guard.
    pub(super) client: Client,
    /// The token, and the account and agent of the session.
    pub(super) headers: HeaderMap,
    /// The maximum size of a response in bytes.
    pub(super) largest_answer: usize,
}

impl GuardedHttp {
    async fn answer_of(
        &self,
        response: Response,
        message: &ClientJsonRpcMessage,
    ) -> Result<StreamableHttpPostResponse, Problem> {
        let session = header(&response, HEADER_SESSION_ID);
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        let asked = id_of(message);
        if is(&kind, EVENT_STREAM_MIME_TYPE) {
            let events = self.events(response, asked.cloned());
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        let Some(asked) = asked else {
            // a notification has no response, so the body is ignored
            return Ok(StreamableHttpPostResponse::Accepted);
        };
        if !is(&kind, JSON_MIME_TYPE) {
            return Err(HttpFailure::Senseless.into());
        }
        let text = body(response, self.largest_answer)
            .await
            .map_err(Problem::Client)?;
        if has_too_many_values(&text) {
            return Err(HttpFailure::TooLarge.into());
        }
        let answer = serde_json::from_slice(&text).map_err(|_| HttpFailure::Senseless)?;
        Ok(StreamableHttpPostResponse::Json(
            meant_for(answer, asked),
            session,
        ))
    }

    /// Handles an error status: the JSON-RPC error of the body where there is one, otherwise the meaning of the status.
    async fn refusal(
        &self,
        response: Response,
        message: &ClientJsonRpcMessage,
    ) -> Result<StreamableHttpPostResponse, Problem> {
        let fault = HttpFailure::status(&response);
        let status = response.status();
        let (Some(asked), true) = (id_of(message), is_said_by_the_server(status)) else {
            return Err(fault.into());
        };
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if is(&kind, JSON_MIME_TYPE)
            && let Ok(text) = body(response, self.largest_answer).await
            && !has_too_many_values(&text)
            && let Ok(answer @ JsonRpcMessage::Error(_)) =
                serde_json::from_slice::<ServerJsonRpcMessage>(&text)
        {
            return Ok(StreamableHttpPostResponse::Json(
                meant_for(answer, asked),
                None,
            ));
        }
        if is_discovery(message) && status.is_client_error() {
            // a server of an older revision; the library sends `initialize` next
            let error = ErrorData::invalid_request(format!("status {status}"), None);
            let answer = ServerJsonRpcMessage::error(error, Some(asked.clone()));
            return Ok(StreamableHttpPostResponse::Json(answer, None));
        }
        Err(fault.into())
    }

    /// The events of a response. An oversized one becomes a JSON-RPC error for the request `asked`.
    fn events(&self, response: Response, asked: Option<RequestId>) -> BoxedSseResponse {
        let (most, mut taken) = (self.largest_answer, 0_usize);
        let bytes = response.bytes_stream().map(move |part| {
            let part = part.map_err(HttpFailure::of)?;
            taken = taken.saturating_add(part.len());
            if taken > most {
                return Err(HttpFailure::TooLarge);
            }
            Ok(part)
        });
        SseStream::from_bytes_stream(bytes)
            .map(move |event| match (event, &asked) {
                (Ok(event), _) if !is_too_large(&event) => Ok(event),
                (Ok(_), Some(asked)) => Ok(too_large(asked)),
                (Err(SseError::Body(cause)), Some(asked)) if is_bound(cause.as_ref()) => {
                    Ok(too_large(asked))
                }
                (Ok(_), None) => Err(SseError::Body(HttpFailure::TooLarge.into())),
                (Err(error), _) => Err(error),
            })
            .boxed()
    }
}

impl StreamableHttpClient for GuardedHttp {
    type Error = HttpFailure;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Problem> {
        let accepted = format!("{JSON_MIME_TYPE}, {EVENT_STREAM_MIME_TYPE}");
        let mut request = self
            .client
            .post(&*uri)
            .headers(custom_headers.into_iter().collect())
            .headers(self.headers.clone())
            .header(ACCEPT, accepted)
            .json(&message);
        if let Some(session) = &session_id {
            request = request.header(HEADER_SESSION_ID, &**session);
        }
        let response = request.send().await.map_err(HttpFailure::of)?;
        match response.status() {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {
                Ok(StreamableHttpPostResponse::Accepted)
            }
            StatusCode::NOT_FOUND if session_id.is_some() => Err(Problem::SessionExpired),
            status if status.is_success() => self.answer_of(response, &message).await,
            _ => self.refusal(response, &message).await,
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Problem> {
        let request = self
            .client
            .delete(&*uri)
            .headers(custom_headers.into_iter().collect())
            .headers(self.headers.clone())
            .header(HEADER_SESSION_ID, &*session_id);
        // a server may refuse to end a session; the session then expires there
        request.send().await.map_err(HttpFailure::of)?;
        Ok(())
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxedSseResponse, Problem> {
        let Some(last_event_id) = last_event_id else {
            return Err(Problem::ServerDoesNotSupportSse);
        };
        let mut request = self
            .client
            .get(&*uri)
            .headers(custom_headers.into_iter().collect())
            .headers(self.headers.clone())
            .header(ACCEPT, EVENT_STREAM_MIME_TYPE)
            .header(HEADER_LAST_EVENT_ID, last_event_id);
        if let Some(session) = &session_id {
            request = request.header(HEADER_SESSION_ID, &**session);
        }
        let response = request.send().await.map_err(HttpFailure::of)?;
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if response.status().is_success() && is(&kind, EVENT_STREAM_MIME_TYPE) {
            return Ok(self.events(response, None));
        }
        Err(Problem::ServerDoesNotSupportSse)
    }
}

impl From<HttpFailure> for Problem {
    fn from(fault: HttpFailure) -> Self {
        Self::Client(fault)
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// Whether a `Content-Type` has this media type, with any parameters.
fn is(kind: &str, expected: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

/// Whether a status may carry a JSON-RPC error. The other statuses come from a proxy in front of the server.
fn is_said_by_the_server(status: StatusCode) -> bool {
    let in_front = matches!(status.as_u16(), 401 | 403 | 407 | 429);
    (status.is_client_error() || status.is_server_error()) && !in_front
}

fn is_discovery(message: &ClientJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Request(request)
        if matches!(request.request, ClientRequest::DiscoverRequest(_)))
}

fn id_of(message: &ClientJsonRpcMessage) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Request(request) => Some(&request.id),
        _ => None,
    }
}

/// Sets the id of an error to that of its request, because a server may not have been able to read the id.
fn meant_for(answer: ServerJsonRpcMessage, asked: &RequestId) -> ServerJsonRpcMessage {
    match answer {
        JsonRpcMessage::Error(error) => {
            ServerJsonRpcMessage::error(error.error, Some(asked.clone()))
        }
        other => other,
    }
}

fn is_too_large(event: &Sse) -> bool {
    let data = event.data.as_deref().unwrap_or_default();
    has_too_many_values(data.as_bytes())
}

fn is_bound(mut cause: &(dyn std::error::Error + 'static)) -> bool {
    loop {
        if matches!(cause.downcast_ref(), Some(HttpFailure::TooLarge)) {
            return true;
        }
        match cause.source() {
            Some(next) => cause = next,
            None => return false,
        }
    }
}

fn too_large(asked: &RequestId) -> Sse {
    let error = serde_json::json!({
        "jsonrpc": "2.0",
        "id": asked,
        "error": {"code": TOO_LARGE, "message": "too large"},
    });
    Sse::default().data(error.to_string())
}
