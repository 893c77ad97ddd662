//! Assigns each request an id, which is in its span, in its log lines and in the response's `x-request-id`.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty};

use crate::{
    domain::{Actor, RequestId},
    port::Clock,
};

use super::{HttpState, admission, export, rest, upload};

/// The response header with the request id.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) fn mint(clock: &dyn Clock) -> RequestId {
    RequestId::new(clock)
}

/// The path as the log shows it: the token of an export is a secret.
fn shown(path: &str) -> &str {
    if path.starts_with(export::PATH) {
        export::PATH
    } else {
        path
    }
}

/// The route of a path, as a label of metrics: one of few, whatever paths are requested.
fn route(path: &str) -> &'static str {
    match path {
        "/graphql" => "graphql",
        "/schema.graphql" | rest::OPENAPI_PATH => "schema",
        upload::PATH => "documents",
        admission::HEALTH_PATH | "/readyz" | "/metrics" => "probes",
        "/" | "/graphiql" | "/console" => "pages",
        _ if path.starts_with("/assets/") || path.starts_with("/console/") => "pages",
        _ if path.starts_with("/mcp/") => "mcp",
        _ if rest::serves(path) => "rest",
        _ if path.starts_with(export::PATH) => "export",
        _ => "other",
    }
}

/// The span of an operation: its lines have the request's id and trace, and the account once the caller is known. It
/// is of the level ERROR, so that a filter that shows errors alone keeps their fields.
pub(super) fn operation_span(id: RequestId) -> Span {
    tracing::error_span!(
        "operation",
        request.id = %id,
        trace.id = %id.uuid().simple(),
        account = Empty,
    )
}

/// Adds the caller's account to the lines of the present operation.
pub(super) fn record_caller(actor: Option<&Actor>) {
    if let Some(actor) = actor {
        let account = tracing::field::display(actor.account());
        Span::current().record("account", account);
    }
}

/// Assigns a request its id and its span, and counts it. A client's own id is not used, because any client could choose
/// it.
pub(crate) async fn identify(
    State(state): State<HttpState>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = mint(state.clock());
    let route = route(request.uri().path());
    let span = tracing::error_span!(
        "request",
        request.id = %id,
        trace.id = %id.uuid().simple(),
        account = Empty,
        http.method = %request.method(),
        http.path = shown(request.uri().path()),
    );
    let header = HeaderValue::from_str(&id.to_string());
    request.extensions_mut().insert(id);
    let started = tokio::time::Instant::now();
    async move {
        let mut response = next.run(request).await;
        let (status, duration) = (response.status().as_u16(), started.elapsed());
        state.metrics().answered(route, status, duration);
        tracing::debug!(
            http.status = status,
            duration_ms = duration.as_millis(),
            "answered"
        );
        if let Ok(header) = header {
            response.headers_mut().insert(X_REQUEST_ID, header);
        }
        response
    }
    .instrument(span)
    .await
}
