//! The token fast path: the pieces of a run's text and reasoning, which are nearly all streamed events, bypass the GraphQL
//! executor.
//!
//! The framework starts a subscription as usual: it validates the document, coerces the arguments, calls the resolver
//! and reports its own errors. The resolver then passes its events to [`events`], which compiles the selection that the
//! executor would run, and stores both in the [`FastPath`] of the request. [`SubscriptionResponses`] takes them from
//! there and handles one event at a time: it writes a token itself, and passes any other event to the executor, whose
//! response comes before the next event. If the compiler does not support a part of the selection, the executor handles
//! all events.
//!
//! Every response has the cursor of its event, whether the selection contains `cursor` or not: a transport may send it
//! beside the response.

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
    domain::{self, Cursor},
    error::Error,
    service::{ReaderPosition, RunEvents, WaitingPlace},
};

use self::selection::{PieceKind, Selection};

/// The next response of a subscription.
#[derive(Debug)]
pub enum SubscriptionResponse {
    /// A piece of text or reasoning that bypasses the executor.
    TokenResponse(TokenResponse),
    /// The executor's response to any other event.
    Executed {
        /// The response.
        response: Box<Response>,
        /// The cursor of the event; none when the response is to no event of a run.
        cursor: Option<Cursor>,
    },
}

/// A piece of text or reasoning, and the compiled selection of its subscription.
#[derive(Debug)]
pub struct TokenResponse {
    event: Arc<domain::RunEvent>,
    selection: Arc<Selection>,
}

impl TokenResponse {
    /// Appends the complete response as JSON, byte for byte the same as the executor's response.
    pub fn write(&self, to: &mut Vec<u8>) {
        self.selection.write(&self.event, to);
    }

    /// The cursor of the event.
    pub fn cursor(&self) -> Cursor {
        self.event.cursor()
    }

    /// The response of another subscription to the same event; none when its executor must respond.
    pub fn for_selections(&self, selections: &PieceSelections) -> Option<Self> {
        let selection = selections.of(&self.event)?;
        Some(Self {
            event: Arc::clone(&self.event),
            selection: Arc::clone(selection),
        })
    }

    /// The approximate length of the response, in bytes.
    pub fn length(&self) -> usize {
        self.selection.length(&self.event)
    }
}

/// The compiled selections of a subscription for the pieces of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct PieceSelections {
    /// None when the executor must respond to tokens too.
    token: Option<Arc<Selection>>,
    /// None when the executor must respond to reasoning too.
    reasoning: Option<Arc<Selection>>,
}

impl PieceSelections {
    /// The compiled selection for an event; none when the executor must respond to it.
    fn of(&self, event: &domain::RunEvent) -> Option<&Arc<Selection>> {
        match PieceKind::of(event)? {
            PieceKind::Token => self.token.as_ref(),
            PieceKind::Reasoning => self.reasoning.as_ref(),
        }
    }
}

/// A subscription that has delivered all events so far and waits for the next one.
#[derive(Debug, Clone, Copy)]
pub struct WaitingSubscription<'s> {
    /// Where its reader waits.
    pub place: WaitingPlace,
    /// The position of its reader.
    pub position: &'s Arc<ReaderPosition>,
    /// Its selections.
    pub selections: &'s PieceSelections,
}

/// The events of a resolver for the executor. [`SubscriptionResponses`] gets the events instead, and the returned stream
/// has only those that it passes on: all of them if the selection does not compile.
pub(super) fn events(
    ctx: &Context<'_>,
    events: RunEvents,
) -> impl Stream<Item = Result<RunEvent>> + use<> {
    let events = match ctx.fast_path().filter(|_| is_only_root(ctx)) {
        Some(fast_path) => {
            // Capacity for one event: the executor responds to an event before it receives the next.
            let (executor, rest) = mpsc::channel(0);
            fast_path.put(DivertedEvents {
                events,
                selections: PieceSelections {
                    token: selection(ctx, PieceKind::Token),
                    reasoning: selection(ctx, PieceKind::Reasoning),
                },
                executor,
            });
            Either::Left(rest)
        }
        None => Either::Right(events),
    };
    events.map(|event| event.map(RunEvent::from).map_err(ApiError::from))
}

/// Whether the field that is being resolved is the operation's only root field.
///
/// async-graphql hides `item` and `query_env` from its documentation, but its own macros read them in resolvers, and
/// they contain exactly what its executor runs. The version of async-graphql is pinned.
fn is_only_root(ctx: &Context<'_>) -> bool {
    let roots = &ctx.query_env.operation.node.selection_set.node.items;
    roots.len() == 1
}

/// Compiles the selection on the field that is being resolved.
fn selection(ctx: &Context<'_>, kind: PieceKind) -> Option<Arc<Selection>> {
    Selection::compile(&ctx.item.node, &ctx.query_env.fragments, kind).map(Arc::new)
}

/// The slot in which a resolver leaves its events for the token fast path.
#[derive(Default)]
pub(super) struct FastPath(Mutex<Option<DivertedEvents>>);

impl FastPath {
    fn put(&self, diverted: DivertedEvents) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(diverted);
    }

    fn take(&self) -> Option<DivertedEvents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The events of a subscription, and the channel to its executor.
struct DivertedEvents {
    events: RunEvents,
    selections: PieceSelections,
    executor: mpsc::Sender<std::result::Result<Arc<domain::RunEvent>, Error>>,
}

/// The responses of a subscription, in order; each is produced only when it is polled.
pub struct SubscriptionResponses {
    executions: BoxStream<'static, Response>,
    fast_path: Arc<FastPath>,
    diverted: Option<DivertedEvents>,
    /// Whether the executor has an event that it has not responded to.
    owed: bool,
    /// The cursor of that event.
    cursor: Option<Cursor>,
}

impl SubscriptionResponses {
    /// Starts a subscription.
    pub(super) fn of(schema: &impl Executor, request: Request) -> Self {
        let fast_path = Arc::new(FastPath::default());
        Self {
            executions: schema.execute_stream(request.data(Arc::clone(&fast_path)), None),
            fast_path,
            diverted: None,
            owed: false,
            cursor: None,
        }
    }

    /// The subscription, while it has delivered all events of its run so far and waits for the next one.
    pub fn waiting(&self) -> Option<WaitingSubscription<'_>> {
        let diverted = self.diverted.as_ref().filter(|_| !self.owed)?;
        let position = diverted.events.waiting();
        Some(WaitingSubscription {
            place: position.waits_at()?,
            position,
            selections: &diverted.selections,
        })
    }

    /// Polls for the next token; none when the executor must respond next.
    fn poll_token(&mut self, waiting: &mut Waiting<'_>) -> Poll<Option<TokenResponse>> {
        let Some(diverted) = self.diverted.as_mut().filter(|_| !self.owed) else {
            return Poll::Ready(None);
        };
        match ready!(diverted.events.poll_next_unpin(waiting)) {
            Some(event) => {
                if let Ok(event) = &event
                    && let Some(selection) = diverted.selections.of(event)
                {
                    return Poll::Ready(Some(TokenResponse {
                        event: Arc::clone(event),
                        selection: Arc::clone(selection),
                    }));
                }
                self.cursor = event.as_ref().ok().map(|event| event.cursor());
                // The channel has capacity unless the executor has ended, and then its stream ends too.
                self.owed = diverted.executor.try_send(event).is_ok();
            }
            None => self.diverted = None,
        }
        Poll::Ready(None)
    }
}

impl Stream for SubscriptionResponses {
    type Item = SubscriptionResponse;

    fn poll_next(mut self: Pin<&mut Self>, waiting: &mut Waiting<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(token) = ready!(self.poll_token(waiting)) {
                return Poll::Ready(Some(SubscriptionResponse::TokenResponse(token)));
            }
            match self.executions.poll_next_unpin(waiting) {
                Poll::Ready(execution) => {
                    self.owed = false;
                    let cursor = self.cursor.take();
                    return Poll::Ready(execution.map(|response| SubscriptionResponse::Executed {
                        response: Box::new(response),
                        cursor,
                    }));
                }
                // The resolver runs inside this poll, so the slot may be filled now.
                Poll::Pending => match self.fast_path.take() {
                    Some(diverted) => self.diverted = Some(diverted),
                    None => return Poll::Pending,
                },
            }
        }
    }
}
