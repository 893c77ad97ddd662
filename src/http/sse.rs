//! GraphQL over Server-Sent Events, distinct connections mode: events `next` and `complete`, and a comment as
//! keep-alive.
//!
//! The response to an event of a run has the event's cursor as its `id`. A client that reconnects reports the last id in
//! the header `Last-Event-ID`, browsers by themselves, and the stream resumes after it.

use std::{convert::Infallible, io::Write};

use axum::{
    body::{Body, Bytes},
    http::HeaderMap,
};
use futures::StreamExt;

use super::{
    operation_result::OperationResult,
    refusal::Refusal,
    steps::{StreamStep, StreamSteps},
};
use crate::graphql::LastEventId;

/// `complete` needs its empty data line: without one, a browser drops the event.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The length of the lines of an event without the result, in bytes.
const AROUND: usize = 64;

/// The steps as a response body.
pub(crate) fn body(steps: StreamSteps) -> Body {
    Body::from_stream(steps.map(|step| Ok::<_, Infallible>(event(step))))
}

fn event(step: StreamStep) -> Bytes {
    match step {
        StreamStep::OperationResult(answer) => Bytes::from(next(&answer)),
        StreamStep::Silence => Bytes::from_static(b":\n\n"),
        StreamStep::Complete => Bytes::from_static(COMPLETE),
        StreamStep::Barred(error) => {
            let refusal = Refusal::from(error);
            let mut events = next(&OperationResult::Refused(refusal));
            events.extend_from_slice(COMPLETE);
            Bytes::from(events)
        }
    }
}

/// A `next` event. Serialized JSON contains no line breaks, so one data line is enough.
fn next(answer: &OperationResult) -> Vec<u8> {
    let mut event = Vec::with_capacity(answer.length() + AROUND);
    event.extend_from_slice(b"event: next\n");
    if let Some(cursor) = answer.cursor() {
        // writing to a vector cannot fail
        let _ = writeln!(event, "id: {cursor}");
    }
    event.extend_from_slice(b"data: ");
    answer.write(&mut event);
    event.extend_from_slice(b"\n\n");
    event
}

/// The id of the last event that the client has received; browsers send it when they reconnect. Empty means none.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Option<LastEventId> {
    let id = headers.get("last-event-id")?.as_bytes();
    // an id that is not text is refused later as an invalid cursor, not ignored
    (!id.is_empty()).then(|| LastEventId(String::from_utf8_lossy(id).into_owned()))
}
