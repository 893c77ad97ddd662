//! The way round the executor for the tokens of a run, which are nearly all that is ever streamed.
//!
//! The framework reads a subscription as always: it validates the document, coerces the arguments and calls the
//! resolver, and its errors are its own. The resolver then gives its events to [`events`], which compiles the selection
//! that the executor would run, and puts both on the [`Siding`] of the request. There [`Answers`] finds them. It takes
//! one event at a time: a token it only has to write down; any other goes back to the executor, whose answer comes
//! before the next event is taken. A selection that is not understood to the last word stays with the executor.

mod selection;
#[cfg(test)]
mod tests;

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as Waiting, Poll, ready},
};

use async_graphql::{Context, Executor, Request, Response};
use futures::{Stream, StreamExt, channel::mpsc, future::Either, stream::BoxStream};

use super::{
    context::ContextExt,
    error::{ApiError, Result},
    event::RunEvent,
};
use crate::{
    domain::{self, EventBody},
    error::Error,
    service::RunEvents,
};

use self::selection::Selection;

/// What a subscription says next.
#[derive(Debug)]
pub enum Outcome {
    /// A piece of a run's answer.
    Token(Token),
    /// Anything else, from the executor.
    Executed(Box<Response>),
}

/// A token event, and how its subscription wants it written.
#[derive(Debug)]
pub struct Token {
    event: Arc<domain::RunEvent>,
    selection: Arc<Selection>,
}

impl Token {
    /// Appends the whole response as JSON, byte for byte what the executor's would be.
    pub fn write(&self, to: &mut Vec<u8>) {
        self.selection.write(&self.event, to);
    }

    /// About how many bytes that will be.
    pub fn length(&self) -> usize {
        self.selection.length(&self.event)
    }
}

/// Gives the events of a resolver to the executor; or leads them round it, where [`Answers`] waits for them.
pub(super) fn events(
    ctx: &Context<'_>,
    events: RunEvents,
) -> impl Stream<Item = Result<RunEvent>> + use<> {
    let events = match ctx.siding().zip(selection(ctx)) {
        Some((siding, selection)) => {
            // room for one: the executor answers for an event before it gets the next
            let (executor, rest) = mpsc::channel(0);
            siding.put(Diverted {
                events,
                selection: Arc::new(selection),
                executor,
            });
            Either::Left(rest)
        }
        None => Either::Right(events),
    };
    events.map(|event| event.map(RunEvent::from).map_err(ApiError::from))
}

/// The selection on the field that is being resolved, if it is the operation's only one.
///
/// The framework hides `item` and `query_env` from its documentation, but its own macros read them in our resolvers, and
/// they hold exactly what its executor runs. Its version is pinned.
fn selection(ctx: &Context<'_>) -> Option<Selection> {
    let roots = &ctx.query_env.operation.node.selection_set.node.items;
    (roots.len() == 1)
        .then(|| Selection::compile(&ctx.item.node, &ctx.query_env.fragments))
        .flatten()
}

/// Where a resolver leaves its events when tokens are to go round the executor.
#[derive(Default)]
pub(super) struct Siding(Mutex<Option<Diverted>>);

impl Siding {
    fn put(&self, diverted: Diverted) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(diverted);
    }

    fn take(&self) -> Option<Diverted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The events of a subscription, and the way back to its executor.
struct Diverted {
    events: RunEvents,
    selection: Arc<Selection>,
    executor: mpsc::Sender<std::result::Result<Arc<domain::RunEvent>, Error>>,
}

/// All that a subscription says, in order, each made when it is asked for.
pub(super) struct Answers {
    executions: BoxStream<'static, Response>,
    siding: Arc<Siding>,
    diverted: Option<Diverted>,
    /// The executor has an event that it has not answered for.
    owed: bool,
}

impl Answers {
    /// Runs a subscription.
    pub(super) fn of(schema: &impl Executor, request: Request) -> Self {
        let siding = Arc::new(Siding::default());
        Self {
            executions: schema.execute_stream(request.data(Arc::clone(&siding)), None),
            siding,
            diverted: None,
            owed: false,
        }
    }

    /// The next token; or nothing, when it is the executor's turn.
    fn poll_token(&mut self, waiting: &mut Waiting<'_>) -> Poll<Option<Token>> {
        let Some(diverted) = self.diverted.as_mut().filter(|_| !self.owed) else {
            return Poll::Ready(None);
        };
        match ready!(diverted.events.poll_next_unpin(waiting)) {
            Some(Ok(event)) if matches!(event.body, EventBody::TokenDelta { .. }) => {
                return Poll::Ready(Some(Token {
                    event,
                    selection: Arc::clone(&diverted.selection),
                }));
            }
            // there is room, unless the executor has ended: then it says so itself
            Some(other) => self.owed = diverted.executor.try_send(other).is_ok(),
            None => self.diverted = None,
        }
        Poll::Ready(None)
    }
}

impl Stream for Answers {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, waiting: &mut Waiting<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(token) = ready!(self.poll_token(waiting)) {
                return Poll::Ready(Some(Outcome::Token(token)));
            }
            match self.executions.poll_next_unpin(waiting) {
                Poll::Ready(execution) => {
                    self.owed = false;
                    return Poll::Ready(execution.map(Box::new).map(Outcome::Executed));
                }
                // the resolver runs inside this poll
                Poll::Pending => match self.siding.take() {
                    Some(diverted) => self.diverted = Some(diverted),
                    None => return Poll::Pending,
                },
            }
        }
    }
}
