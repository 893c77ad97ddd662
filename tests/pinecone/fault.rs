//! Faults of the network and of the service.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use futures::StreamExt;
use serde_json::json;

/// A fault and the request that meets it.
pub(super) struct Queued {
    pub(super) on: String,
    /// The number of matching requests that pass before.
    pub(super) after: usize,
    pub(super) fault: Fault,
}

/// What a request meets instead of its reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// 429, with the seconds of a `Retry-After`.
    TooMany(Option<u32>),
    /// 500 with an error of the API.
    Broken,
    /// 503 with a web page, as from a proxy.
    Page,
    /// No reply; the request is not executed.
    Hang,
    /// The connection breaks in the middle of the reply; the request is not executed.
    Cut,
    /// The request is executed, and the connection breaks before the reply.
    LostAnswer,
    /// An endless reply.
    Endless,
    /// A reply that is not JSON.
    Nonsense,
}

impl Fault {
    /// Whether the request is executed first.
    pub(super) fn comes_after(self) -> bool {
        self == Self::LostAnswer
    }

    pub(super) async fn answer(self) -> Response {
        match self {
            Self::TooMany(after) => {
                let body = json!({"code": 8, "message": "Too many requests", "details": []});
                let mut response =
                    (StatusCode::TOO_MANY_REQUESTS, axum::Json(body)).into_response();
                if let Some(seconds) = after {
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            Self::Broken => {
                let body = json!({"code": 13, "message": "Internal error", "details": []});
                (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
            }
            Self::Page => {
                let page = Html("<html><body>503 Service Unavailable</body></html>");
                (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
            }
            Self::Hang => std::future::pending().await,
            Self::Cut | Self::LostAnswer => {
                let pieces = [Ok("{\"matches\": ["), Err(std::io::Error::other("cut"))];
                let pieces = futures::stream::iter(pieces).then(async |piece| {
                    // The earlier bytes are being sent.
                    tokio::task::yield_now().await;
                    piece
                });
                Body::from_stream(pieces).into_response()
            }
            Self::Endless => {
                let spaces = || Ok::<_, std::io::Error>(vec![b' '; 1 << 20]);
                Body::from_stream(futures::stream::repeat_with(spaces)).into_response()
            }
            Self::Nonsense => "fine, thank you".into_response(),
        }
    }
}
