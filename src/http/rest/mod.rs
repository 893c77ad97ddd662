//! REST endpoints, for clients that speak no GraphQL: `/accounts/{account}/agents…`, `/accounts/{account}/chat`, and
//! their description at `/openapi.json`.
//!
//! An endpoint is a row of [`endpoints`]. It executes a fixed GraphQL document through the
//! [`RequestExecutor`](super::executor), so it has the permissions, limits, budgets and audit of that document, and nothing
//! of its own that could differ. The path of a request: the layers of `/graphql` → [`account`] finds the account that the
//! path names → [`arguments`] makes the document's variables of path, query string and body → the executor → [`value`] or
//! [`chat`] writes the response. Errors are [`problem`](mod@problem)s.

mod account;
mod arguments;
mod chat;
mod endpoint;
mod endpoints;
mod graphql_documents;
mod handler;
mod input;
mod openapi;
mod parameter;
mod problem;
mod types;
mod value;

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Extension, Request, State},
    http::{HeaderMap, StatusCode, Uri},
    middleware,
    response::Response,
    routing::{self, MethodRouter},
};

use self::endpoints::ENDPOINTS;
pub(super) use self::problem::response as problem;
use super::{HttpState, admission, negotiate::Acceptable, origin, refusal::Refusal, reply};
use crate::{domain::RequestId, error::ErrorCode};

/// The path of the description.
pub(super) const OPENAPI_PATH: &str = "/openapi.json";

/// Whether a path is that of an endpoint, or of their description.
pub(super) fn serves(path: &str) -> bool {
    let paths = ENDPOINTS.iter().flat_map(|endpoint| endpoint.paths);
    path == OPENAPI_PATH || paths.into_iter().any(|(pattern, _)| fits(pattern, path))
}

/// Whether a path has the segments of a pattern such as `/agents/{agent}`.
fn fits(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = pattern.split('/').all(|expected| {
        let given = segments.next();
        given.is_some_and(|given| match expected.strip_prefix('{') {
            Some(_) => !given.is_empty(),
            None => given == expected,
        })
    });
    fits && segments.next().is_none()
}

/// The routes of REST endpoints and of their description.
pub(super) fn routes(state: &HttpState) -> Router<HttpState> {
    let mut methods: BTreeMap<&str, MethodRouter<HttpState>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        let handler = move |State(state): State<HttpState>,
                            Extension(request_id): Extension<RequestId>,
                            request: Request| async move {
            Box::pin(handler::handle(&state, request_id, endpoint, request)).await
        };
        for (path, _) in endpoint.paths {
            let method = methods.remove(path).unwrap_or_default();
            methods.insert(path, method.on(endpoint.method.filter(), handler));
        }
    }
    methods.insert(OPENAPI_PATH, routing::get(openapi::handle));
    let layered = methods.into_iter().map(|(path, method)| {
        // the layers are around the fallback too, for the preflights of browsers
        let method = method
            .fallback(wrong_method)
            .layer(middleware::from_fn_with_state(
                state.clone(),
                admission::identify,
            ));
        (
            path,
            method.layer(middleware::from_fn_with_state(state.clone(), origin::check)),
        )
    });
    layered.fold(Router::new(), |router, (path, method)| {
        router.route(path, method)
    })
}

/// Refuses a method that the path does not have; the router adds the header `Allow`.
async fn wrong_method(uri: Uri, headers: HeaderMap) -> Response {
    let refusal = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::BadUserInput,
        "the path has no such method, see the header Allow",
        false,
    );
    reply::refuse(refusal, Acceptable::of_request(&uri, &headers))
}
