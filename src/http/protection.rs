//! The headers of every response: no cache stores private content, and no browser guesses a content type.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Content types that may contain a caller's data, and are never cached, whatever `Cache-Control` they already have.
const PRIVATE: [&str; 4] = [
    "application/json",
    "application/graphql-response+json",
    "text/event-stream",
    "multipart/mixed",
];

/// Adds `nosniff` to every response, and `no-store` to each that must not be cached or has no `Cache-Control`.
pub(super) async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let is_private = kind.is_some_and(|kind| PRIVATE.iter().any(|name| kind.starts_with(name)));
    if is_private || !headers.contains_key(header::CACHE_CONTROL) {
        let no_store = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, no_store);
    }
    response
}
