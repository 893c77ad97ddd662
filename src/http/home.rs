//! `/`: the console, or a page that leads to what there is without it. `/schema.graphql`: the schema as text.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use super::{
    HttpState, assets, caller, negotiate::Acceptable, operation_result::SchemaAccess,
    refusal::Refusal, reply,
};

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Troupe</title>
<h1>Troupe</h1>
<p>The API is at <code>/graphql</code>: POST, GET, Server-Sent Events and WebSocket.
<ul>
<li><a href=\"/graphiql\">GraphiQL</a>, to try operations
<li><a href=\"/schema.graphql\">schema.graphql</a>, with an API key or where introspection is public
<li><a href=\"/readyz\">readyz</a>, whether the server is ready
</ul>
</html>
";
/// The content security policy: the page has no script and no style, and loads nothing.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Handles `GET /`.
pub(super) async fn page(request: Request) -> Response {
    assets::console(request.headers()).unwrap_or_else(plain)
}

fn plain() -> Response {
    let mut response = Html(PAGE).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// Handles `GET /schema.graphql`, for the callers who may use introspection.
pub(super) async fn schema(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let actor = caller::identified(&parts);
    if state.executor().schema_access(actor.as_ref()) == SchemaAccess::Stranger {
        return reply::refuse(Refusal::hidden_schema(), Acceptable::of(&parts.headers));
    }
    let mut response = crate::graphql::sdl().into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
