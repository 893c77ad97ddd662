//! Assigns each request an id, which is in its span, in its log lines and in the response's `x-request-id`.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::{
    domain::{Id, IdKind},
    graphql::RequestId,
    port::Clock,
};

use super::{HttpState, export};

/// The response header with the request id.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

enum RequestKind {}

impl IdKind for RequestKind {
    const PREFIX: &'static str = "request";
    const NOUN: &'static str = "a request";
}

pub(crate) fn mint(clock: &dyn Clock) -> RequestId {
    RequestId(Id::<RequestKind>::new(clock).to_string())
}

/// The path as the log shows it: the token of an export is a secret.
fn shown(path: &str) -> &str {
    if path.starts_with(export::PATH) {
        export::PATH
    } else {
        path
    }
}

/// Assigns a request its id and its span. A client's own id is not used, because any client could choose it.
pub(crate) async fn identify(
    State(state): State<HttpState>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = mint(state.clock());
    let span = tracing::info_span!(
        "request",
        request.id = %id.0,
        http.method = %request.method(),
        http.path = shown(request.uri().path()),
    );
    let header = HeaderValue::from_str(&id.0);
    request.extensions_mut().insert(id);
    let started = tokio::time::Instant::now();
    async move {
        let mut response = next.run(request).await;
        tracing::debug!(
            http.status = response.status().as_u16(),
            duration_ms = started.elapsed().as_millis(),
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
