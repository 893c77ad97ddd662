//! Pages of other origins: refused, unless the operator named their origin.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{HttpState, refusal::Refusal};

/// What pages of the allowed origins may send and read.
const HEADERS: &str = "authorization, content-type, x-account-id, x-agent-instance-id, x-apollo-operation-name, apollo-require-preflight, \
     mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id, idempotency-key";
const METHODS: &str = "GET, POST, DELETE";
const EXPOSED: &str = "x-request-id, retry-after, mcp-session-id";

/// Refuses a page of another origin before anything else happens, the upgrade to a WebSocket too, and answers its preflight.
pub(crate) async fn check(
    State(state): State<HttpState>,
    request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        // An image or a link on a page of another site carries no Origin, but browsers say where it stands.
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

/// Whether the page came from the host that the request goes to. The scheme is not compared: TLS may end before us.
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
