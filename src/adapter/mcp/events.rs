//! Server-sent events of an answer, within limits.

use std::io::Cursor;

use futures::{StreamExt, stream};
use rmcp::{
    model::RequestId,
    transport::{common::client_side_sse::BoxedSseResponse, streamable_http_client::SseError},
};
use sse_stream::{Sse, SseStream};

use super::{
    envelope::AskedRequest,
    failure::HttpFailure,
    wire::{BodyBytes, has_too_many_values},
};

/// The JSON-RPC error code, reserved by this adapter, that marks a response as too large.
pub(super) const TOO_LARGE: i32 = -32_199;

/// The events of a body behind what was read of it. An oversized one becomes a JSON-RPC error for the request.
pub(super) fn events(
    read: Vec<u8>,
    body: BodyBytes,
    asked: Option<AskedRequest>,
) -> BoxedSseResponse {
    let read = stream::iter((!read.is_empty()).then_some(Ok(read)));
    let bytes = read.chain(body).map(|part| part.map(Cursor::new));
    SseStream::from_bytes_stream(bytes)
        .flat_map(move |event| stream::iter(readable(event, asked.as_ref())))
        .boxed()
}

/// The event as the library can read it: one per message.
fn readable(
    event: Result<Sse, SseError>,
    asked: Option<&AskedRequest>,
) -> Vec<Result<Sse, SseError>> {
    let event = match (event, asked) {
        (Ok(event), _) if !is_too_large(&event) => event,
        (Ok(_), Some(asked)) => return vec![Ok(too_large(&asked.id))],
        (Err(SseError::Body(cause)), Some(asked)) if is_bound(cause.as_ref()) => {
            return vec![Ok(too_large(&asked.id))];
        }
        (Ok(_), None) => return vec![Err(SseError::Body(HttpFailure::TooLarge.into()))],
        (Err(error), _) => return vec![Err(error)],
    };
    let (Some(asked), Some(data)) = (asked, event.data.as_deref()) else {
        return vec![Ok(event)];
    };
    let messages = asked.messages_in(data);
    if messages.is_empty() {
        return vec![Ok(event)];
    }
    let with = |data: String| {
        let mut event = event.clone();
        event.data = Some(data);
        Ok(event)
    };
    messages.into_iter().map(with).collect()
}

fn is_too_large(event: &Sse) -> bool {
    let data = event.data.as_deref().unwrap_or_default();
    has_too_many_values(data.as_bytes())
}

fn is_bound(mut cause: &(dyn std::error::Error + 'static)) -> bool {
    loop {
        if matches!(cause.downcast_ref(), Some(HttpFailure::TooLarge)) {
            return true;
        }
        match cause.source() {
            Some(next) => cause = next,
            None => return false,
        }
    }
}

fn too_large(asked: &RequestId) -> Sse {
    let error = serde_json::json!({
        "jsonrpc": "2.0",
        "id": asked,
        "error": {"code": TOO_LARGE, "message": "too large"},
    });
    Sse::default().data(error.to_string())
}
