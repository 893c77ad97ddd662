//! One run as its readers get it: every event from any place, in order, and the end even where no event tells of it.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;

use super::RunEvents;
use crate::{
    domain::{EventBody, Run, RunEvent, RunId, RunStatus},
    engine::{Feed, RunEventReader},
    error::{Error, Result},
    idle_timeout::IdleTimeout,
    port::Clock,
    store::TenantStore,
};

/// A silent run is looked at in the table this often: it may have ended without its last event reaching the log.
const LOOK: Duration = Duration::from_secs(5);
/// The last events of a run that ended may be on their way for so long, with a log away.
const ON_THEIR_WAY: TimeDelta = TimeDelta::minutes(5);

/// Follows one run to its end; neighbouring tokens that are there at once are one.
pub(super) struct RunFollower {
    reader: RunEventReader,
    store: TenantStore,
    clock: Arc<dyn Clock>,
    run: RunId,
    /// The last sequence that was read.
    seen: i64,
    end: Option<Box<RunEnd>>,
    is_silent: bool,
    patience: IdleTimeout,
}

/// The end of a run, as its row tells it.
struct RunEnd {
    /// The sequence of the last event.
    last: i64,
    at: Option<DateTime<Utc>>,
    /// That event, for when its process died before it told the log.
    event: Option<RunEvent>,
}

impl RunFollower {
    /// Follows a run, as it is known, from after `seen`.
    pub(super) fn of(
        feed: &Feed,
        store: TenantStore,
        clock: Arc<dyn Clock>,
        run: &Run,
        seen: i64,
    ) -> Self {
        let reader = match (run.epoch, seen) {
            // nobody has begun it
            (0, 0) => feed.follow_new(run.account, run.id),
            _ => feed.follow(run.account, run.id, seen),
        };
        Self::new(reader, store, clock, run, seen)
    }

    /// Follows a run, as it is known, with a reader that begins after `seen`.
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
            patience: IdleTimeout::of(LOOK),
        }
    }

    /// All of them, to the last.
    pub(super) fn into_events(mut self) -> RunEvents {
        // the reader and what it waits for are one piece: thousands wake for the same token, and what each of them costs
        // is the memory that it touches
        try_stream! {
            while let Some(event) = self.next().await? {
                yield event;
            }
        }
        .boxed()
    }

    /// The next event, as soon as there is one; none after the last. A wait that is given up loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Arc<RunEvent>>> {
        loop {
            if let Some(end) = &mut self.end {
                if self.seen >= end.last {
                    return Ok(None);
                }
                if self.is_silent
                    && let Some(told) = end.untold(self.seen, self.clock.now())?
                {
                    self.seen = end.last;
                    return Ok(Some(Arc::new(told)));
                }
            }
            match self.patience.with(self.reader.next()).await {
                Some(read) => {
                    let Some(event) = read? else {
                        return Ok(None);
                    };
                    let event = self.joined(event);
                    self.is_silent = false;
                    self.seen = event.sequence;
                    return Ok(Some(event));
                }
                // boxed: rarely done, and it would take room for as long as somebody reads
                None => Box::pin(self.look()).await?,
            }
        }
    }

    /// Looks at the row of a run of which nothing was heard.
    async fn look(&mut self) -> Result<()> {
        let run = self.store.runs_by_ids(&[self.run]).await?.pop();
        let run =
            run.ok_or_else(|| Error::not_found("run: it was deleted with its conversation"))?;
        self.end = RunEnd::of(&run);
        self.is_silent = true;
        Ok(())
    }

    /// An event, and if it is a token, those that are there after it: one event that bears the last one's sequence.
    fn joined(&mut self, mut event: Arc<RunEvent>) -> Arc<RunEvent> {
        if !is_token(&event) {
            return event;
        }
        while let Some(next) = self.reader.take_if(is_token) {
            // cloned only for the second of several: a reader that keeps up shares what the log holds
            let joined = Arc::make_mut(&mut event);
            joined.sequence = next.sequence;
            joined.at = next.at;
            if let (EventBody::TokenDelta { text, .. }, EventBody::TokenDelta { text: more, .. }) =
                (&mut joined.body, &next.body)
            {
                text.push_str(more);
            }
        }
        event
    }
}

fn is_token(event: &RunEvent) -> bool {
    matches!(event.body, EventBody::TokenDelta { .. })
}

impl RunEnd {
    /// Nothing while the run goes on.
    fn of(run: &Run) -> Option<Box<Self>> {
        let last = run.last_sequence?;
        let body = match (run.status, run.answer, &run.error) {
            (RunStatus::Succeeded, Some(message), _) => Some(EventBody::Succeeded {
                message,
                usage: run.usage,
            }),
            (RunStatus::Failed, _, Some(error)) => Some(EventBody::Failed {
                error: error.clone(),
            }),
            (RunStatus::Cancelled, ..) => Some(EventBody::Cancelled),
            _ => None,
        };
        let event = body.zip(run.finished_at).map(|(body, at)| RunEvent {
            run: run.id,
            sequence: last,
            at,
            body,
        });
        Some(Box::new(Self {
            last,
            at: run.finished_at,
            event,
        }))
    }

    /// What no log will tell any more of a run that fell silent after `seen`: its last event, when it is the next one. An
    /// error when others before it are gone, too.
    fn untold(&mut self, seen: i64, now: DateTime<Utc>) -> Result<Option<RunEvent>> {
        // the run was committed, and its process died before it told the log
        if seen + 1 == self.last
            && let Some(event) = self.event.take()
        {
            return Ok(Some(event));
        }
        if self.at.is_some_and(|at| at + ON_THEIR_WAY < now) {
            return Err(forgotten());
        }
        Ok(None)
    }
}

/// The position is not available any more, and says so.
fn forgotten() -> Error {
    Error::bad_input(
        "after",
        "the events after this one are not kept any more; the run has ended, and `run.message` has its text",
    )
}
