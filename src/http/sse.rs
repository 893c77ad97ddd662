//! GraphQL over Server-Sent Events, distinct connections mode: events `next` and `complete`, and a comment as
//! keep-alive.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures::StreamExt;

use super::{
    answer::Answer,
    refusal::Refusal,
    steps::{Step, Steps},
};
use crate::error::Error;

/// `complete` needs its empty data line: without one, a browser drops the event.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The steps as a response body.
pub(crate) fn body(steps: Steps) -> Body {
    Body::from_stream(steps.map(|step| Ok::<_, Infallible>(event(step))))
}

fn event(step: Step) -> Bytes {
    match step {
        Step::Answer(answer) => Bytes::from(next(&answer)),
        Step::Silence => Bytes::from_static(b":\n\n"),
        Step::Complete => Bytes::from_static(COMPLETE),
        Step::Barred(reason) => {
            let refusal = Refusal::from(Error::unauthenticated(reason));
            let mut events = next(&Answer::Refused(refusal));
            events.extend_from_slice(COMPLETE);
            Bytes::from(events)
        }
    }
}

/// A `next` event. Serialized JSON contains no line breaks, so one data line is enough.
fn next(answer: &Answer) -> Vec<u8> {
    answer.written(b"event: next\ndata: ", b"\n\n")
}
