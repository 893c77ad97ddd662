//! Turns an admitted request into its response: one JSON object, or a stream in a format that the caller accepts.

use axum::{
    body::Body,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Actor, AnonymousCaller, RequestId},
    graphql::LastEventId,
};

use super::{
    HttpState, caller,
    lifetime::Lifetime,
    multipart,
    negotiate::{Acceptable, Format},
    open_connections::{self, ConnectionKind},
    operation_result::OperationResult,
    params::Params,
    refusal::Refusal,
    requester::{MethodSafety, Requester},
    rest, sse,
    steps::{self, StreamSteps},
};

/// The `Content-Type` of server-sent events.
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// The caller of one HTTP request.
pub(crate) struct HttpCaller {
    actor: Option<Actor>,
    anonymous: AnonymousCaller,
    request_id: RequestId,
    last_event_id: Option<LastEventId>,
}

impl HttpCaller {
    /// The caller that was authenticated before the request's body was read.
    pub(crate) fn of(state: &HttpState, parts: &Parts, request_id: RequestId) -> Self {
        Self {
            actor: caller::identified(parts),
            anonymous: caller::anonymous(state, parts),
            request_id,
            last_event_id: sse::last_event_id(&parts.headers),
        }
    }

    /// The authenticated actor; none without a key.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }
}

/// Runs the operation and writes the response in a format that the caller accepts.
pub(crate) async fn run(
    state: &HttpState,
    caller: HttpCaller,
    params: Params,
    acceptable: Acceptable,
    verb: MethodSafety,
) -> Response {
    let format = match acceptable.any() {
        Ok(format) => format,
        Err(refusal) => return refusal.into_response(),
    };
    let executor = state.executor();
    let request_id = caller.request_id;
    let requester = Requester {
        actor: caller.actor.clone(),
        anonymous: caller.anonymous.clone(),
        request_id,
    };
    let admitted = executor.admit(params, requester, verb).await;
    let mut operation = match admitted {
        Ok(operation) => operation,
        Err(refusal) => return refused(refusal, format),
    };
    let format = match acceptable.format(operation.kind()) {
        Ok(format) => format,
        Err(refusal) => return refusal.into_response(),
    };
    if matches!(
        format,
        Format::Json | Format::GraphqlResponse | Format::Problem
    ) {
        return single(&executor.execute(operation).await, format);
    }
    if format == Format::EventStream
        && let Some(last) = caller.last_event_id.clone()
    {
        operation.resume_after(last);
    }
    let (actor, address) = (caller.actor.as_ref(), caller.anonymous.address);
    let session = open_connections::open(state, actor, address, ConnectionKind::Stream).await;
    let life = match session {
        Ok(session) => Lifetime::new(session, state.closing().clone()),
        Err(error) => {
            let refusal = Refusal::of(error, &request_id, state.failures());
            return refuse(refusal, acceptable);
        }
    };
    let keep_alive = state.config().keep_alive();
    streamed(
        steps::until_end(executor.stream(operation), life, keep_alive),
        format,
    )
}

/// A refusal before the operation is known: with its own status, in a format that the caller accepts.
pub(super) fn refuse(refusal: Refusal, acceptable: Acceptable) -> Response {
    let format = acceptable.any().unwrap_or(Format::Json);
    match format {
        Format::Problem => return rest::problem(&refusal),
        Format::Json | Format::GraphqlResponse => {
            return single(&OperationResult::Refused(refusal), format);
        }
        Format::EventStream | Format::Multipart => {}
    }
    let mut response = Response::default();
    *response.status_mut() = refusal.status(false);
    refusal.decorate(&mut response);
    let steps = steps::only(OperationResult::Refused(refusal));
    stream_into(&mut response, steps, format);
    response
}

/// Formats a refusal like a result: a caller that accepts only streams gets it inside one.
fn refused(refusal: Refusal, format: Format) -> Response {
    let answer = OperationResult::Refused(refusal);
    match format {
        Format::Json | Format::GraphqlResponse | Format::Problem => single(&answer, format),
        Format::EventStream | Format::Multipart => streamed(steps::only(answer), format),
    }
}

fn single(answer: &OperationResult, format: Format) -> Response {
    let (plain, content_type) = match format {
        Format::GraphqlResponse => (false, "application/graphql-response+json; charset=utf-8"),
        Format::Json | Format::EventStream | Format::Multipart | Format::Problem => {
            (true, "application/json; charset=utf-8")
        }
    };
    let mut response = Response::new(Body::from(answer.written(b"", b"")));
    if let OperationResult::Refused(refusal) = answer {
        *response.status_mut() = refusal.status(plain);
        refusal.decorate(&mut response);
    }
    describe(&mut response, content_type);
    response
}

fn streamed(steps: StreamSteps, format: Format) -> Response {
    let mut response = Response::default();
    stream_into(&mut response, steps, format);
    response
}

fn stream_into(response: &mut Response, steps: StreamSteps, format: Format) {
    let (body, content_type) = match format {
        Format::Multipart => (multipart::body(steps), multipart::CONTENT_TYPE),
        Format::EventStream | Format::Json | Format::GraphqlResponse | Format::Problem => {
            (sse::body(steps), EVENT_STREAM)
        }
    };
    *response.body_mut() = body;
    describe_stream(response, content_type);
}

/// A response that streams events.
pub(super) fn event_stream(body: Body) -> Response {
    let mut response = Response::new(body);
    describe_stream(&mut response, EVENT_STREAM);
    response
}

fn describe_stream(response: &mut Response, content_type: &'static str) {
    describe(response, content_type);
    // nginx and similar proxies would buffer the tokens
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}

/// Adds the headers of every response of the API.
pub(super) fn describe(response: &mut Response, content_type: &'static str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}
