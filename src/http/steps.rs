//! An HTTP stream as a sequence of steps, which SSE and multipart write in their own formats.

use std::{pin::Pin, time::Duration};

use futures::{StreamExt, future::BoxFuture, stream, stream::BoxStream};
use tokio::time::{Instant, Sleep};

use super::{
    executor::OperationStream,
    lifetime::{EndReason, Lifetime},
    operation_result::OperationResult,
};
use crate::error::Error;

/// One step of a stream.
#[derive(Debug)]
pub(crate) enum StreamStep {
    /// A result to send.
    OperationResult(OperationResult),
    /// No result for the keep-alive interval.
    Silence,
    /// The end of the operation.
    Complete,
    /// The caller may not read any more.
    Barred(Error),
}

/// The steps of a stream; they end without [`StreamStep::Complete`] when another process should continue.
pub(crate) type StreamSteps = BoxStream<'static, StreamStep>;

/// A stream with a single result.
pub(crate) fn only(answer: OperationResult) -> StreamSteps {
    stream::iter([StreamStep::OperationResult(answer), StreamStep::Complete]).boxed()
}

/// The steps of these results, until the end of `life`. Each result is produced only after the previous one was sent.
pub(crate) fn until_end(
    answers: OperationStream,
    life: Lifetime,
    keep_alive: Duration,
) -> StreamSteps {
    let ended = Box::pin(async move { life.ended().await });
    stream::unfold(
        Some(StreamState {
            answers,
            ended,
            keep_alive,
            spoke: Instant::now(),
            silence: Box::pin(tokio::time::sleep(keep_alive)),
        }),
        |living| async {
            let mut living = living?;
            let step = living.next().await;
            match step {
                Some(step @ (StreamStep::OperationResult(_) | StreamStep::Silence)) => {
                    Some((step, Some(living)))
                }
                Some(step @ (StreamStep::Complete | StreamStep::Barred(_))) => Some((step, None)),
                None => None,
            }
        },
    )
    .boxed()
}

struct StreamState {
    answers: OperationStream,
    ended: BoxFuture<'static, EndReason>,
    keep_alive: Duration,
    /// The time of the last step.
    spoke: Instant,
    /// The keep-alive timer, set again only when it fires: results are far more frequent.
    silence: Pin<Box<Sleep>>,
}

impl StreamState {
    async fn next(&mut self) -> Option<StreamStep> {
        loop {
            tokio::select! {
                biased;
                ending = &mut self.ended => return ending.error().map(StreamStep::Barred),
                answer = self.answers.next() => {
                    self.spoke = Instant::now();
                    return Some(answer.map_or(StreamStep::Complete, StreamStep::OperationResult));
                }
                () = &mut self.silence => {
                    let now = Instant::now();
                    let silent = self.spoke + self.keep_alive <= now;
                    if silent {
                        self.spoke = now;
                    }
                    self.silence.as_mut().reset(self.spoke + self.keep_alive);
                    if silent {
                        return Some(StreamStep::Silence);
                    }
                }
            }
        }
    }
}
