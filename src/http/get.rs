//! GET: queries in the query string, subscriptions for callers that read streams, and the upgrade to a WebSocket.

use axum::{
    extract::{Extension, FromRequestParts, Query, Request, State, WebSocketUpgrade},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::graphql::RequestId;

use super::{
    HttpState, gate::Verb, negotiate::Acceptable, params::Params, refusal::Refusal, reply,
    websocket,
};

/// Answers `GET /graphql`.
pub(crate) async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if asks_for_upgrade(&parts.headers) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
            Ok(upgrade) => websocket::upgrade(&state, &parts, upgrade),
            Err(rejection) => rejection.into_response(),
        };
    }
    let caller = match reply::Caller::of(&state, &parts, request_id).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let params = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| Refusal::malformed("the query string is not URL-encoded UTF-8"))
        .and_then(|Query(pairs)| Params::from_pairs(pairs));
    match params {
        Ok(params) => {
            let acceptable = Acceptable::of(&parts.headers);
            reply::run(&state, caller, params, acceptable, Verb::Safe).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn asks_for_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
