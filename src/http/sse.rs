//! GraphQL over Server-Sent Events, distinct connections mode: events `next` and `complete`, and a comment as
//! keep-alive.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures::StreamExt;

use super::{
    operation_result::OperationResult,
    refusal::Refusal,
    steps::{StreamStep, StreamSteps},
};
use crate::error::Error;

/// `complete` needs its empty data line: without one, a browser drops the event.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The steps as a response body.
pub(crate) fn body(steps: StreamSteps) -> Body {
    Body::from_stream(steps.map(|step| Ok::<_, Infallible>(event(step))))
}

fn event(step: StreamStep) -> Bytes {
    match step {
        StreamStep::OperationResult(answer) => Bytes::from(next(&answer)),
        StreamStep::Silence => Bytes::from_static(b":\n\n"),
        StreamStep::Complete => Bytes::from_static(COMPLETE),
        StreamStep::Barred(reason) => {
            let refusal = Refusal::from(Error::unauthenticated(reason));
            let mut events = next(&OperationResult::Refused(refusal));
            events.extend_from_slice(COMPLETE);
            Bytes::from(events)
        }
    }
}

/// A `next` event. Serialized JSON contains no line breaks, so one data line is enough.
fn next(answer: &OperationResult) -> Vec<u8> {
    answer.written(b"event: next\ndata: ", b"\n\n")
}
