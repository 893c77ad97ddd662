//! Refuses pages of foreign origins, unless the operator allowed them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Host, Url};

use super::{
    HttpState, caller,
    negotiate::{self, Acceptable},
    refusal::Refusal,
    reply, rest,
};
use crate::config::HttpConfig;

/// The methods, and the response headers that a page may read (CORS).
const METHODS: &str = "GET, POST, PUT, DELETE";
const EXPOSED: &str =
    "location, x-request-id, retry-after, ratelimit, ratelimit-policy, mcp-session-id";
/// The maximum length of the list of request headers that a preflight may ask for, in bytes.
const LONGEST_HEADERS: usize = 2048;
/// The time for which a browser caches the result of a preflight, in seconds.
const MAX_AGE: &str = "7200";

/// Whether the callers of a path may come from the pages of public agents.
fn may_be_public(path: &str) -> bool {
    path == "/graphql" || rest::serves(path)
}

/// Marks the upgrade request of a page of a foreign origin: the socket is opened only to close it with the reason, because
/// a page cannot read why an upgrade was refused.
#[derive(Clone)]
pub(super) struct ForeignOrigin;

/// Marks a request of a page that the installation does not allow and whose origin a public agent lists: it may begin a
/// session with a public agent, and use sessions that name the origin.
#[derive(Clone)]
pub(super) struct PublicOrigin;

/// Refuses a page of a foreign origin before any other step, also for an upgrade to a WebSocket, and answers
/// preflights.
///
/// The refusal allows its origin to read it, so that the page can show the reason. Therefore a preflight succeeds for
/// every origin: a page learns nothing of a preflight that fails, and the request after it is refused before anything
/// is read. Browsers attach no credentials of ours, because there are none that they would attach by themselves.
pub(crate) async fn check(
    State(state): State<HttpState>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        // a request from an image or a link on a page of another site has no Origin, but browsers send Sec-Fetch-Site
        let site = request
            .headers()
            .get("sec-fetch-site")
            .map(HeaderValue::as_bytes);
        if matches!(site, Some(b"cross-site" | b"same-site")) {
            let acceptable = Acceptable::of_request(request.uri(), request.headers());
            return reply::refuse(Refusal::foreign_site(), acceptable);
        }
        return next.run(request).await;
    };
    if is_own(&origin, request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let is_allowed = is_allowed(&origin, state.config());
    let is_preflight = request.method() == Method::OPTIONS;
    if !is_allowed && !is_preflight {
        request = marked_if_public(&state, &origin, request).await;
    }
    let is_public = request.extensions().get::<PublicOrigin>().is_some();
    let mut response = if is_preflight {
        preflight(request.headers(), is_allowed)
    } else if is_allowed || is_public {
        next.run(request).await
    } else {
        state.refused_origins().log(&origin);
        if negotiate::asks_for_upgrade(request.headers()) {
            request.extensions_mut().insert(ForeignOrigin);
            return next.run(request).await;
        }
        let acceptable = Acceptable::of_request(request.uri(), request.headers());
        reply::refuse(Refusal::foreign_origin(&origin), acceptable)
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    response
}

/// The response to a preflight. It allows whatever headers the browser asks for: the origin is what decides, and clients
/// add headers of their own, for tracing for example.
fn preflight(asked: &HeaderMap, is_allowed: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(METHODS),
    );
    let names = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(names) = names.filter(|names| names.len() <= LONGEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    if is_allowed {
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(MAX_AGE),
        );
    }
    let asked = "Access-Control-Request-Headers";
    headers.append(header::VARY, HeaderValue::from_static(asked));
    response
}

/// Whether the operator allows the origin, compared byte by byte.
fn is_allowed(origin: &HeaderValue, config: &HttpConfig) -> bool {
    if origin == "null" {
        return config.allow_null_origin;
    }
    let mut listed = config.allowed_origins.iter();
    listed.any(|allowed| origin == allowed.as_str())
        || config.allow_loopback_origins && is_loopback(origin)
}

/// The request, with [`PublicOrigin`] if a public agent lists the origin.
async fn marked_if_public(state: &HttpState, origin: &HeaderValue, request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    if is_public(state, origin, &parts).await {
        parts.extensions.insert(PublicOrigin);
    }
    Request::from_parts(parts, body)
}

/// Whether a public agent lists the origin. While the tables cannot be read, it does not, nor for a caller whose address makes
/// more requests without credentials than it may: what is not cached costs a query.
async fn is_public(state: &HttpState, origin: &HeaderValue, parts: &Parts) -> bool {
    let (true, Ok(origin)) = (may_be_public(parts.uri.path()), origin.to_str()) else {
        return false;
    };
    let origins = &state.services().public_origins;
    if let Some(is_listed) = origins.known(origin).await {
        return is_listed;
    }
    let address = caller::address_of(state, parts);
    if state.rates().count_anonymous(address).is_err() {
        return false;
    }
    let listed = origins.look_up(origin).await;
    listed.unwrap_or_else(|error| {
        tracing::warn!(
            cause = error.cause(),
            "looking up the origin of a page failed; it is refused"
        );
        false
    })
}

/// Whether the page was loaded from this machine, from any port.
fn is_loopback(origin: &HeaderValue) -> bool {
    let Some(url) = origin.to_str().ok().and_then(|text| Url::parse(text).ok()) else {
        return false;
    };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    // a text that is more than an origin is not what a browser sends
    is_local
        && matches!(url.scheme(), "http" | "https")
        && origin == url.origin().ascii_serialization().as_str()
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
