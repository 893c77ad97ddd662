//! The pages and their assets, all embedded in this binary.

use axum::{
    extract::{Path, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// The output of `npm run build` in `web/`.
#[derive(Embed)]
#[folder = "web/dist"]
struct Built;

/// The content security policy of GraphiQL: it loads nothing from other servers. Monaco, its editor, sets styles and
/// starts workers.
const GRAPHIQL_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The content security policy of the console, which shows texts of models: nothing is inline.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const NOT_BUILT: &str =
    "This page is not in this binary: run `npm ci && npm run build` in web/ and build again.\n";

/// Handles `GET /graphiql`.
pub(crate) async fn graphiql(request: Request) -> Response {
    page("graphiql.html", GRAPHIQL_POLICY, request.headers()).unwrap_or_else(not_built)
}

/// Handles `GET /console/…`: each path is the same page, which reads its own address.
pub(crate) async fn console_path(request: Request) -> Response {
    console(request.headers()).unwrap_or_else(not_built)
}

/// The console; `None` in a binary without the pages.
pub(super) fn console(asked: &HeaderMap) -> Option<Response> {
    page("index.html", CONSOLE_POLICY, asked)
}

fn not_built() -> Response {
    (StatusCode::NOT_FOUND, NOT_BUILT).into_response()
}

fn page(name: &str, policy: &'static str, asked: &HeaderMap) -> Option<Response> {
    let page = Built::get(name)?;
    let tag = tag(&page);
    let known = asked.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let mut response = if known == Some(tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        page.data.into_owned().into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Some(response)
}

/// Handles `GET /assets/…`. The file name of an asset contains a hash of its content.
pub(crate) async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = Built::get(&format!("assets/{path}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = HeaderValue::from_str(file.metadata.mimetype());
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        kind.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // a worker's script carries the worker's own policy
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(GRAPHIQL_POLICY),
    );
    response
}

fn tag(file: &EmbeddedFile) -> String {
    format!(
        "\"{}\"",
        data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash())
    )
}
