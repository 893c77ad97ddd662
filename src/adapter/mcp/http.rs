//! The HTTP transport below MCP: it uses the guarded client, sends the endpoint's headers, and limits response sizes.
//!
//! Redirects are followed within the registered origin only, so that the token is sent nowhere else. The optional stream
//! for unsolicited server messages is not opened: nothing here needs it, and it would stay open as long as the session.
//! An answer is known by its first byte, because servers and proxies declare wrong types.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use rmcp::{
    model::{ClientJsonRpcMessage, ErrorCode, ErrorData, ServerJsonRpcMessage},
    transport::{
        common::{
            client_side_sse::BoxedSseResponse,
            http_header::{
                EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, JSON_MIME_TYPE,
            },
        },
        streamable_http_client::{
            StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
        },
    },
};
use url::Url;

use super::{
    envelope::{AskedRequest, json_rpc_error},
    events::events,
    failure::HttpFailure,
    life_signs::CallWatches,
    limits::McpLimits,
    redirect::FollowedAddress,
    wire::{BodyForm, answer_bytes, beginning, has_too_many_values, whole},
};

type Problem = StreamableHttpError<HttpFailure>;

/// An HTTP client for one endpoint. Its `Debug` shows neither the client nor the headers.
#[derive(Clone)]
pub(super) struct GuardedHttp {
    /// A client of the egress guard.
    pub(super) client: Client,
    /// The token, and the account and agent of the session.
    pub(super) headers: HeaderMap,
    pub(super) limits: McpLimits,
    /// The calls that wait for an answer, which learn of each byte.
    pub(super) watches: CallWatches,
    pub(super) followed: FollowedAddress,
    /// Set for a server that must not be asked to end a session; the session then expires there.
    pub(super) leaves_sessions: Arc<AtomicBool>,
}

impl GuardedHttp {
    async fn send(
        &self,
        uri: &str,
        build: impl Fn(Url) -> RequestBuilder,
    ) -> Result<Response, HttpFailure> {
        // the address was checked at registration
        let registered = Url::parse(uri).map_err(|_| HttpFailure::Senseless)?;
        let request = |address: Url| {
            build(address)
                .headers(self.headers.clone())
                // a compressed stream may hold events back
                .header(ACCEPT_ENCODING, "identity")
        };
        self.followed.send(registered, request).await
    }

    async fn answer_to(
        &self,
        response: Response,
        asked: AskedRequest,
    ) -> Result<StreamableHttpPostResponse, HttpFailure> {
        let session = header(&response, HEADER_SESSION_ID);
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        let signs = self.watches.signs_of(Some(asked.id.clone()));
        signs.heard();
        let mut body = answer_bytes(response, self.limits, signs);
        // the type counts where an event stream begins with a field that is not known here, or with nothing
        let (read, form) = if is(&kind, EVENT_STREAM_MIME_TYPE) {
            let (read, form) = beginning(&mut body).await?;
            let is_json = form == BodyForm::Json;
            (read, if is_json { form } else { BodyForm::Events })
        } else {
            beginning(&mut body).await?
        };
        match form {
            BodyForm::Events => {
                let events = events(read, body, Some(asked));
                return Ok(StreamableHttpPostResponse::Sse(events, session));
            }
            BodyForm::Json => {}
            BodyForm::Other if is(&kind, JSON_MIME_TYPE) => {}
            BodyForm::Other | BodyForm::Empty => return Err(HttpFailure::Senseless),
        }
        let text = whole(read, body).await?;
        if has_too_many_values(&text) {
            return Err(HttpFailure::TooLarge);
        }
        let answer = asked.answer_in(&text).ok_or(HttpFailure::Senseless)?;
        Ok(StreamableHttpPostResponse::Json(answer, session))
    }

    /// Handles an error status: the JSON-RPC error of the body where there is one, otherwise the meaning of the status.
    /// A refusal that can mean that the session is unknown is left to the caller, who can open another one.
    async fn refusal(
        &self,
        response: Response,
        asked: AskedRequest,
        has_session: bool,
    ) -> Result<StreamableHttpPostResponse, HttpFailure> {
        let fault = HttpFailure::status(&response);
        let status = response.status();
        if !is_said_by_the_server(status) {
            return Err(fault);
        }
        let signs = self.watches.signs_of(Some(asked.id.clone()));
        let body = answer_bytes(response, self.limits, signs);
        let error = match whole(Vec::new(), body).await {
            Ok(text) if !has_too_many_values(&text) => json_rpc_error(&text),
            Ok(_) | Err(_) => None,
        };
        let error = match error {
            Some(error) if !(has_session && can_mean_a_session(status, &error)) => error,
            None if asked.is_discovery() && status.is_client_error() => {
                // a server of an older revision
                ErrorData::invalid_request(format!("status {status}"), None)
            }
            Some(_) | None => return Err(fault),
        };
        let answer = ServerJsonRpcMessage::error(error, Some(asked.id));
        Ok(StreamableHttpPostResponse::Json(answer, None))
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
        let custom_headers: HeaderMap = custom_headers.into_iter().collect();
        let request = |address: Url| {
            let request = self
                .client
                .post(address)
                .headers(custom_headers.clone())
                .header(ACCEPT, &accepted)
                .json(&message);
            with_session(request, session_id.as_deref())
        };
        let sent = self.send(&uri, request).await;
        let Some(asked) = AskedRequest::of(&message) else {
            // a notification has no answer, so what comes decides nothing
            sent?;
            return Ok(StreamableHttpPostResponse::Accepted);
        };
        let response = sent?;
        let answer = match response.status() {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {
                return Ok(StreamableHttpPostResponse::Accepted);
            }
            status if status.is_success() => self.answer_to(response, asked).await,
            _ => self.refusal(response, asked, session_id.is_some()).await,
        };
        Ok(answer?)
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Problem> {
        if self.leaves_sessions.load(Ordering::Relaxed) {
            return Ok(());
        }
        let custom_headers: HeaderMap = custom_headers.into_iter().collect();
        let request = |address: Url| {
            let request = self.client.delete(address).headers(custom_headers.clone());
            with_session(request, Some(&session_id))
        };
        // a server may refuse to end a session; the session then expires there
        self.send(&uri, request).await?;
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
        let custom_headers: HeaderMap = custom_headers.into_iter().collect();
        let request = |address: Url| {
            let request = self
                .client
                .get(address)
                .headers(custom_headers.clone())
                .header(ACCEPT, EVENT_STREAM_MIME_TYPE)
                .header(HEADER_LAST_EVENT_ID, &last_event_id);
            with_session(request, session_id.as_deref())
        };
        let response = self.send(&uri, request).await?;
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if response.status().is_success() && is(&kind, EVENT_STREAM_MIME_TYPE) {
            // the stream does not say which request it continues
            let body = answer_bytes(response, self.limits, self.watches.signs_of(None));
            return Ok(events(Vec::new(), body, None));
        }
        Err(Problem::ServerDoesNotSupportSse)
    }
}

fn with_session(request: RequestBuilder, session: Option<&str>) -> RequestBuilder {
    match session {
        Some(session) => request.header(HEADER_SESSION_ID, session),
        None => request,
    }
}

/// Whether a JSON-RPC error in a refusal with this status can mean that the server does not know the session. An error
/// about the request itself is the answer to it.
fn can_mean_a_session(status: StatusCode, error: &ErrorData) -> bool {
    let is_about_the_request = matches!(
        error.code,
        ErrorCode::METHOD_NOT_FOUND | ErrorCode::INVALID_PARAMS | ErrorCode::HEADER_MISMATCH
    );
    matches!(status.as_u16(), 400 | 404 | 410) && !is_about_the_request
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
