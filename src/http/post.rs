//! POST: a JSON body with any operation, or a form with files; the response is one JSON object or a stream of them.

use axum::{
    extract::{Extension, Request, State},
    http::HeaderMap,
    response::Response,
};

use crate::domain::RequestId;

use super::{
    HttpState, body,
    negotiate::{self, Acceptable},
    params::Params,
    refusal::Refusal,
    reply,
    requester::MethodSafety,
    upload,
};

/// Handles `POST /graphql`.
pub(crate) async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let caller = reply::HttpCaller::of(&state, &parts, request_id);
    let limits = state.config().request_limits(caller.actor());
    let params = async {
        if upload::is_form(&parts.headers) {
            let received = upload::params(&state, &parts, body, caller.actor()).await;
            return received.map(|(params, slot)| (params, Some(slot)));
        }
        negotiate::check_content(&parts.headers)?;
        let body = body::read(&state, &parts, body, &limits).await?;
        Ok((Params::from_body(&body)?, None))
    };
    match params.await {
        // files hold their slot until they have been stored
        Ok((params, _slot)) => {
            let acceptable = Acceptable::of(&parts.headers);
            reply::run(&state, caller, params, acceptable, MethodSafety::Any).await
        }
        Err(refusal) => reply::refuse(refusal, Acceptable::of(&parts.headers)),
    }
}

/// Handles every unsupported method.
pub(crate) async fn wrong_method(headers: HeaderMap) -> Response {
    let refusal = Refusal::method(
        "GET, POST",
        "send operations with POST, queries also with GET",
    );
    reply::refuse(refusal, Acceptable::of(&headers))
}
