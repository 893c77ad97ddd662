//! GET: queries in the query string, subscriptions for callers that accept streams, and the upgrade to a WebSocket.

use axum::{
    extract::{Extension, FromRequestParts, Query, Request, State, WebSocketUpgrade},
    response::{IntoResponse, Response},
};

use crate::domain::RequestId;

use super::{
    HttpState,
    negotiate::{self, Acceptable},
    origin::ForeignOrigin,
    params::Params,
    refusal::Refusal,
    reply,
    requester::MethodSafety,
    websocket,
};

/// Handles `GET /graphql`.
pub(crate) async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if negotiate::asks_for_upgrade(&parts.headers) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
            Ok(upgrade) if parts.extensions.get::<ForeignOrigin>().is_some() => {
                websocket::refuse_origin(&parts, upgrade)
            }
            Ok(upgrade) => websocket::upgrade(&state, &parts, upgrade),
            Err(rejection) => rejection.into_response(),
        };
    }
    let caller = reply::HttpCaller::of(&state, &parts, request_id);
    let limits = state.config().request_limits(caller.actor());
    let params = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| Refusal::malformed("the query string is not URL-encoded UTF-8"))
        .and_then(|Query(pairs)| Params::from_pairs(pairs, limits.json));
    match params {
        Ok(params) => {
            let acceptable = Acceptable::of(&parts.headers);
            reply::run(&state, caller, params, acceptable, MethodSafety::Safe).await
        }
        Err(refusal) => reply::refuse(refusal, Acceptable::of(&parts.headers)),
    }
}
