//! Refuses pages of foreign origins, unless the operator allowed them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{HttpState, refusal::Refusal};

/// The request headers, methods and response headers for pages of allowed origins (CORS).
const HEADERS: &str = "authorization, content-type, x-account-id, x-agent-instance-id, x-apollo-operation-name, apollo-require-preflight, \
     mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id, idempotency-key";
const METHODS: &str = "GET, POST, DELETE";
const EXPOSED: &str = "x-request-id, retry-after, mcp-session-id";

/// Refuses a page of a foreign origin before any other step, also for an upgrade to a WebSocket, and answers
/// preflights.
pub(crate) async fn check(
    State(state): State<HttpState>,
    request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        // a request from an image or a link on a page of another site has no Origin, but browsers send Sec-Fetch-Site
        let site = request
            .headers()
            .get("sec-fetch-site")
            .map(HeaderValue::as_bytes);
        if matches!(site, Some(b"cross-site" | b"same-site")) {
            return Refusal::foreign_origin().into_response();
        }
        return next.run(request).await;
    };
    if is_own(&origin, request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let allowed = &state.config().allowed_origins;
    if !allowed.iter().any(|allowed| origin == allowed.as_str()) {
        return Refusal::foreign_origin().into_response();
    }
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    if preflight {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(HEADERS),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("7200"),
        );
    }
    response
}

/// Whether the page has the same host as the request. The scheme is not compared, because a proxy may terminate TLS.
fn is_own(origin: &HeaderValue, headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some(("http" | "https", origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}
