//! The life of an HTTP stream as steps that SSE and multipart write down in their own ways.

use std::{pin::Pin, time::Duration};

use futures::{Stream, StreamExt, future::BoxFuture, stream, stream::BoxStream};

use super::{
    answer::Answer,
    life::{Ending, Life},
};

/// One step of a stream.
#[derive(Debug)]
pub(crate) enum Step {
    /// Something to read.
    Answer(Box<Answer>),
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
    stream::iter([Step::Answer(Box::new(answer)), Step::Complete]).boxed()
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
    answers: Pin<Box<dyn Stream<Item = Answer> + Send>>,
    ended: BoxFuture<'static, Ending>,
    keep_alive: Duration,
}

impl Living {
    async fn next(&mut self) -> Option<Step> {
        tokio::select! {
            biased;
            ending = &mut self.ended => match ending {
                Ending::Closing => None,
                Ending::Revoked | Ending::Expired => Some(Step::Barred(ending.reason())),
            },
            answer = self.answers.next() => {
                Some(answer.map_or(Step::Complete, |answer| Step::Answer(Box::new(answer))))
            }
            () = tokio::time::sleep(self.keep_alive) => Some(Step::Silence),
        }
    }
}
