//! Apollo's subscription protocol over `multipart/mixed`: parts `{"payload": …}`, heartbeats `{}`.
//!
//! Every part is followed by its delimiter at once: a reader recognises the end of a part only by the next delimiter,
//! and would otherwise get each event only together with the following one.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use serde::Serialize;

use super::{
    refusal::Refusal,
    steps::{StreamStep, StreamSteps},
};

/// The response's `Content-Type`.
pub(crate) const CONTENT_TYPE: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";

const DELIMITER: &[u8] = b"\r\n--graphql";
const HEAD: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n";
/// The bytes around a result.
const BEFORE: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n{\"payload\":";
const AFTER: &[u8] = b"}\r\n--graphql";
/// Turns the last delimiter into the closing one.
const END: &[u8] = b"--\r\n";

/// An error of the transport, not of the operation.
#[derive(Serialize)]
struct Broken<'a> {
    payload: (),
    errors: &'a [async_graphql::ServerError],
}

/// The steps as a response body.
pub(crate) fn body(steps: StreamSteps) -> Body {
    let first = stream::iter([Bytes::from_static(DELIMITER)]);
    Body::from_stream(first.chain(steps.map(part)).map(Ok::<_, Infallible>))
}

fn part(step: StreamStep) -> Bytes {
    match step {
        StreamStep::OperationResult(answer) => Bytes::from(answer.written(BEFORE, AFTER)),
        StreamStep::Silence => {
            Bytes::from_static(b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql")
        }
        StreamStep::Complete => Bytes::from_static(END),
        StreamStep::Barred(error) => {
            let refusal = Refusal::from(error);
            let broken = Broken {
                payload: (),
                errors: refusal.errors(),
            };
            let mut part = HEAD.to_vec();
            // serializing a map with text keys cannot fail
            let _ = serde_json::to_writer(&mut part, &broken);
            part.extend_from_slice(DELIMITER);
            part.extend_from_slice(END);
            Bytes::from(part)
        }
    }
}
