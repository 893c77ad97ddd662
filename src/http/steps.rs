//! The life of an HTTP stream as steps that SSE and multipart write down in their own ways.

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
    /// Something to read.
    Answer(Answer),
    /// Nothing, for a while.
    Silence,
    /// The operation is over.
    Complete,
    /// The caller may not read on.
    Barred(&'static str),
}

/// The steps; they end without [`Step::Complete`] when another process is to go on.
pub(crate) type Steps = BoxStream<'static, Step>;

/// One answer, and that is all.
pub(crate) fn only(answer: Answer) -> Steps {
    stream::iter([Step::Answer(answer), Step::Complete]).boxed()
}

/// The answers, for as long as the caller may read them. An answer is made when the one before it has been taken.
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
    /// When the last step was made.
    spoke: Instant,
    /// Set anew when it is over, and not by every answer: there are many more of those.
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
