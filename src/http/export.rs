//! `/exports/{token}`: everything that one end user gave and got, in JSON Lines. The token is the permission.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;

use super::{HttpState, negotiate::Acceptable, refusal::Refusal, reply};

/// The path; the token follows it.
pub(super) const PATH: &str = "/exports/";

/// Handles `GET /exports/{token}`. A response that breaks off lacks the line `{"kind":"end",…}`.
pub(super) async fn download(
    State(state): State<HttpState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let lines = match state.services().exports.open(&token).await {
        Ok(lines) => lines,
        Err(error) => return reply::refuse(Refusal::from(error), Acceptable::of(&headers)),
    };
    let closing = state.closing().clone();
    let lines = lines
        .inspect(|line| {
            if let Err(error) = line {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "an export breaks off"
                );
            }
        })
        .map(|line| line.map_err(|_| std::io::Error::other("the export breaks off")))
        .take_until(closing.cancelled_owned());
    let mut response = Body::from_stream(lines).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/jsonl"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"export.jsonl\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
