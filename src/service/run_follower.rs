//! Follows one run for a reader: every event from any cursor, in order, and the end even if its event never reached the
//! log.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;

use super::RunEvents;
use crate::{
    domain::{EventBody, FinishReason, Run, RunEvent, RunId, RunStatus},
    engine::{Feed, ReaderPosition, RunEventReader},
    error::{Error, Result},
    idle_timeout::IdleTimeout,
    port::Clock,
    store::TenantStore,
};

/// The interval at which the row of a silent run is checked: the run may have ended without its last event reaching the
/// log.
const LOOK: Duration = Duration::from_secs(5);
/// The time within which the last events of an ended run may still arrive, for example after an outage of the log.
const ON_THEIR_WAY: TimeDelta = TimeDelta::minutes(5);

/// Follows one run to its end. Neighbouring pieces of text that are available together are merged into one event.
pub(super) struct RunFollower {
    reader: RunEventReader,
    store: TenantStore,
    clock: Arc<dyn Clock>,
    run: RunId,
    /// The sequence of the last event that was read.
    seen: i64,
    end: Option<Box<RunEnd>>,
    /// Whether no event has arrived since the row was last read.
    is_silent: bool,
    idle_timeout: IdleTimeout,
}

/// The end of a run, as recorded in its row.
struct RunEnd {
    /// The sequence of the last event.
    last: i64,
    at: Option<DateTime<Utc>>,
    /// The last events themselves, in order, for the case that the process died before it appended them to the log: the
    /// final one, and of a run that was cancelled before it began also the first.
    events: Vec<RunEvent>,
}

impl RunFollower {
    /// Follows a run from after `seen`; `run` is its present row.
    pub(super) fn of(
        feed: &Feed,
        store: TenantStore,
        clock: Arc<dyn Clock>,
        run: &Run,
        seen: i64,
    ) -> Self {
        let reader = match (run.epoch, seen) {
            // the run was never started
            (0, 0) => feed.follow_new(run.account, run.id),
            _ => feed.follow(run.account, run.id, seen),
        };
        Self::new(reader, store, clock, run, seen)
    }

    /// Follows a run from after `seen`, with a reader that begins there; `run` is its present row.
    pub(super) fn new(
        reader: RunEventReader,
        store: TenantStore,
        clock: Arc<dyn Clock>,
        run: &Run,
        seen: i64,
    ) -> Self {
        Self {
            reader,
            store,
            clock,
            run: run.id,
            seen,
            end: RunEnd::of(run),
            is_silent: false,
            idle_timeout: IdleTimeout::of(LOOK),
        }
    }

    /// All events, to the last; the reader shows in `waiting` where it waits.
    pub(super) fn into_events(mut self, waiting: &Arc<ReaderPosition>) -> RunEvents {
        self.reader = self.reader.shown_in(waiting);
        // the reader and its wait state are one allocation: thousands of them wake for the same token, and the memory
        // that each one touches is the cost
        let events = try_stream! {
            while let Some(event) = self.next().await? {
                yield event;
            }
        };
        RunEvents::new(events.boxed(), Arc::clone(waiting))
    }

    /// The next event; `None` after the last. Cancel-safe: a dropped wait loses no event.
    pub(super) async fn next(&mut self) -> Result<Option<Arc<RunEvent>>> {
        loop {
            if let Some(end) = &self.end {
                if self.seen >= end.last {
                    return Ok(None);
                }
                if self.is_silent
                    && let Some(told) = end.untold(self.seen, self.clock.now())?
                {
                    self.seen = told.sequence;
                    return Ok(Some(Arc::new(told)));
                }
            }
            if let Some(read) = self.idle_timeout.with(self.reader.next()).await {
                let Some(event) = read? else {
                    return Ok(None);
                };
                let event = self.joined(event);
                self.is_silent = false;
                self.seen = event.sequence;
                return Ok(Some(event));
            }
            // past what other readers of the run delivered
            self.seen = self.seen.max(self.reader.reached());
            // boxed: rarely polled, and inline it would enlarge the future for the whole stream
            Box::pin(self.look()).await?;
        }
    }

    /// Reads the row of a run that sends no events.
    async fn look(&mut self) -> Result<()> {
        let run = self.store.runs_by_ids(&[self.run]).await?.pop();
        let run =
            run.ok_or_else(|| Error::not_found("run: it was deleted with its conversation"))?;
        self.end = RunEnd::of(&run);
        self.is_silent = true;
        Ok(())
    }

    /// The event; a piece of text or reasoning is merged with the pieces that are available after it, into one event with
    /// the last one's sequence.
    fn joined(&mut self, mut event: Arc<RunEvent>) -> Arc<RunEvent> {
        while let Some(next) = self.reader.take_if(|next| event.body.takes(&next.body)) {
            // cloned only for the second of several tokens: a reader that keeps up shares the log's allocation
            let joined = Arc::make_mut(&mut event);
            joined.sequence = next.sequence;
            joined.at = next.at;
            joined.body.join(&next.body);
        }
        event
    }
}

impl RunEnd {
    /// The end of the run; `None` while it goes on.
    fn of(run: &Run) -> Option<Box<Self>> {
        let last = run.last_sequence?;
        let (message, usage) = (run.answer, run.usage);
        let body = match (run.status, message, &run.error) {
            (RunStatus::Succeeded, Some(message), _) => Some(EventBody::Succeeded {
                message,
                usage,
                finish_reason: run.finish_reason.unwrap_or(FinishReason::Stop),
            }),
            (RunStatus::Failed, message, Some(error)) => Some(EventBody::Failed {
                error: error.clone(),
                message,
                usage,
            }),
            (RunStatus::Cancelled, message, _) => Some(EventBody::Cancelled { message, usage }),
            _ => None,
        };
        let added = EventBody::MessageAdded {
            message: run.question,
        };
        let added = (run.epoch == 0).then_some((last - 1, added));
        let bodies = added.into_iter().chain(body.map(|body| (last, body)));
        let event = |(sequence, body)| {
            let at = run.finished_at?;
            Some(RunEvent {
                run: run.id,
                sequence,
                at,
                body,
            })
        };
        Some(Box::new(Self {
            last,
            at: run.finished_at,
            events: bodies.filter_map(event).collect(),
        }))
    }

    /// The next event after `seen`, made from the run's row, when it is one of the last and the log did not deliver it. An
    /// error when the run ended some time ago and earlier events are missing too: the log does not store them any more.
    fn untold(&self, seen: i64, now: DateTime<Utc>) -> Result<Option<RunEvent>> {
        // the run was committed, and its process died before it appended the event
        let mut events = self.events.iter();
        if let Some(event) = events.find(|event| event.sequence == seen + 1) {
            return Ok(Some(event.clone()));
        }
        if self.at.is_some_and(|at| at + ON_THEIR_WAY < now) {
            return Err(forgotten());
        }
        Ok(None)
    }
}

/// The error for a cursor whose following events are no longer stored.
fn forgotten() -> Error {
    Error::bad_input(
        "after",
        "the events after this one are not kept any more; the run has ended, and `run.message` has its text",
    )
}
