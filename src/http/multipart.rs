//! Apollo's subscriptions over `multipart/mixed`: parts `{"payload": …}`, heartbeats `{}`.
//!
//! Every part is followed by its delimiter at once: a reader knows that a part is whole when it sees the next delimiter,
//! and would otherwise get each event only with the one after it.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use serde::Serialize;

use super::{
    refusal::Refusal,
    steps::{Step, Steps},
};
use crate::error::Error;

/// What the answer says it is.
pub(crate) const CONTENT_TYPE: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";

const DELIMITER: &[u8] = b"\r\n--graphql";
const HEAD: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n";
/// What stands around an answer.
const BEFORE: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n{\"payload\":";
const AFTER: &[u8] = b"}\r\n--graphql";
/// Makes the last delimiter the end.
const END: &[u8] = b"--\r\n";

/// An error of the transport rather than of the operation.
#[derive(Serialize)]
struct Broken<'a> {
    payload: (),
    errors: &'a [async_graphql::ServerError],
}

/// The stream as a body.
pub(crate) fn body(steps: Steps) -> Body {
    let first = stream::iter([Bytes::from_static(DELIMITER)]);
    Body::from_stream(first.chain(steps.map(part)).map(Ok::<_, Infallible>))
}

fn part(step: Step) -> Bytes {
    match step {
        Step::Answer(answer) => Bytes::from(answer.written(BEFORE, AFTER)),
        Step::Silence => {
            Bytes::from_static(b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql")
        }
        Step::Complete => Bytes::from_static(END),
        Step::Barred(reason) => {
            let refusal = Refusal::from(Error::unauthenticated(reason));
            let broken = Broken {
                payload: (),
                errors: refusal.errors(),
            };
            let mut part = HEAD.to_vec();
            // Maps with text keys can always be written.
            let _ = serde_json::to_writer(&mut part, &broken);
            part.extend_from_slice(DELIMITER);
            part.extend_from_slice(END);
            Bytes::from(part)
        }
    }
}
