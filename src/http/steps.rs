//! An HTTP stream as a sequence of steps, which SSE and multipart write in their own formats.

use std::{pin::Pin, time::Duration};

use futures::{StreamExt, future::BoxFuture, stream, stream::BoxStream};
use tokio::time::{Instant, Sleep};

use super::{
    answer::Answer,
    life::{Ending, Life},
};

/// One step of a stream.
#[derive(Debug)]
pub(crate) enum Step {
    /// A result to send.
    Answer(Answer),
    /// No result for the keep-alive interval.
    Silence,
    /// The end of the operation.
    Complete,
    /// The caller may not read any more; the text is the reason.
    Barred(&'static str),
}

/// The steps of a stream; they end without [`Step::Complete`] when another process should continue.
pub(crate) type Steps = BoxStream<'static, Step>;

/// A stream with a single result.
pub(crate) fn only(answer: Answer) -> Steps {
    stream::iter([Step::Answer(answer), Step::Complete]).boxed()
}

/// The results for the lifetime of the caller's key. Each result is produced after the previous one was taken.
pub(crate) fn until_end(
    answers: BoxStream<'static, Answer>,
    life: Life,
    keep_alive: Duration,
) -> Steps {
    let ended = Box::pin(async move { life.ended().await });
    stream::unfold(
        Some(Living {
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
                Some(step @ (Step::Answer(_) | Step::Silence)) => Some((step, Some(living))),
                Some(step @ (Step::Complete | Step::Barred(_))) => Some((step, None)),
                None => None,
            }
        },
    )
    .boxed()
}

struct Living {
    answers: BoxStream<'static, Answer>,
    ended: BoxFuture<'static, Ending>,
    keep_alive: Duration,
    /// The time of the last step.
    spoke: Instant,
    /// The keep-alive timer, set again only when it fires: results are far more frequent.
    silence: Pin<Box<Sleep>>,
}

impl Living {
    async fn next(&mut self) -> Option<Step> {
        loop {
            tokio::select! {
                biased;
                ending = &mut self.ended => return match ending {
                    Ending::Closing => None,
                    Ending::Revoked | Ending::Expired => Some(Step::Barred(ending.reason())),
                },
                answer = self.answers.next() => {
                    self.spoke = Instant::now();
                    return Some(answer.map_or(Step::Complete, Step::Answer));
                }
                () = &mut self.silence => {
                    let now = Instant::now();
                    let silent = self.spoke + self.keep_alive <= now;
                    if silent {
                        self.spoke = now;
                    }
                    self.silence.as_mut().reset(self.spoke + self.keep_alive);
                    if silent {
                        return Some(Step::Silence);
                    }
                }
            }
        }
    }
}
