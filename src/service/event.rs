//! A run's events as their readers get them: from any place, in order, to the end, whoever died in between.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use chrono::TimeDelta;
use futures::{StreamExt, stream::BoxStream};

use super::{NewMessage, Services};
use crate::{
    domain::{
        Actor, ConversationId, Cursor, EventBody, Operation, Run, RunEvent, RunId, RunStatus,
    },
    engine::EventBatches,
    error::{Error, Result},
    patience::Patience,
    port::Announcement,
    store::TenantStore,
};

/// Events of one or more runs, in order; neighbouring tokens that came at once are one.
pub type RunEvents = BoxStream<'static, Result<Arc<RunEvent>>>;

/// A silent run is looked at in the table this often: it may have ended without its last event reaching the log.
const LOOK: Duration = Duration::from_secs(5);
/// A conversation is looked at this often although nothing was announced of it: a look is two reads, and many wait.
const LOOK_SELDOM: Duration = Duration::from_mins(1);
/// The last events of a run that ended may be on their way for so long, with a log away.
const ON_THEIR_WAY: TimeDelta = TimeDelta::minutes(5);
/// Runs of a conversation are looked up so many at a time.
const PAGE: u64 = 20;

impl Services {
    /// Sends a message, or finds the run that its key started, and streams that run from after the cursor.
    pub async fn chat(
        &self,
        actor: &Actor,
        new: NewMessage,
        after: Option<&str>,
    ) -> Result<RunEvents> {
        // a reader that comes back has a run; a cursor without one must not send anything
        let cursor = after.map(|text| Cursor::parse("after", text)).transpose()?;
        let (run, is_new) = if cursor.is_some() {
            let before = self.sent_before(actor, &new).await?;
            (before.ok_or_else(elsewhere)?, false)
        } else {
            let sent = self.send(actor, Operation::Chat, new).await?;
            (sent.run, sent.is_new)
        };
        let after = self.sequence_in(&run, cursor).await?;
        let batches = if is_new {
            self.feed.follow_new(run.account, run.id)
        } else {
            self.feed.follow(run.account, run.id, after)
        };
        Ok(self.events_in(batches, self.visible_to(actor), run, after))
    }

    /// A run's events from the first one, or from after the cursor.
    pub async fn run_events(
        &self,
        actor: &Actor,
        id: RunId,
        after: Option<&str>,
    ) -> Result<RunEvents> {
        let store = self.allowed(actor, Operation::RunEvents)?;
        let run = store
            .runs_by_ids(&[id])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("run"))?;
        let cursor = after.map(|text| Cursor::parse("after", text)).transpose()?;
        let after = self.sequence_in(&run, cursor).await?;
        Ok(self.follow(store, run, after))
    }

    /// Every run of a conversation, one after the other, for as long as the conversation lives: from after the cursor,
    /// else from the run that is being answered now, else from the next one.
    pub async fn conversation_events(
        &self,
        actor: &Actor,
        id: ConversationId,
        after: Option<&str>,
    ) -> Result<RunEvents> {
        let store = self.allowed(actor, Operation::ConversationEvents)?;
        store
            .conversations_by_ids(&[id])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("conversation"))?;
        // listening begins before the look, so that no run falls in between
        let mut announced = self.announcements.listen(actor.account);
        let (mut last, mut next) = match after {
            Some(text) => {
                let cursor = Cursor::parse("after", text)?;
                let run = store
                    .runs_by_ids(&[cursor.run])
                    .await?
                    .pop()
                    .filter(|run| run.conversation == id);
                let run = run.ok_or_else(|| {
                    Error::bad_input("after", "is the cursor of another conversation")
                })?;
                let after = self.sequence_in(&run, Some(cursor)).await?;
                (Some(run.id), Some((run, after)))
            }
            None => (self.last_final_run(&store, id).await?, None),
        };
        let services = self.clone();
        Ok(try_stream! {
            loop {
                if let Some((run, after)) = next.take() {
                    let mut events = services.follow(store.clone(), run, after);
                    while let Some(event) = events.next().await {
                        yield event?;
                    }
                }
                let runs = Box::pin(store.runs_after(id, last, PAGE)).await?;
                if let Some(run) = runs.into_iter().next() {
                    last = Some(run.id);
                    next = Some((run, 0));
                    continue;
                }
                let news = async {
                    while let Some(heard) = announced.next().await {
                        let news = [
                            Announcement::RunBegun(id),
                            Announcement::RunQueued(id),
                            Announcement::ConversationDeleted(id),
                            Announcement::Missed,
                        ];
                        if news.contains(&heard) {
                            break;
                        }
                    }
                };
                let _ = tokio::time::timeout(LOOK_SELDOM, news).await;
                if Box::pin(store.conversations_by_ids(&[id])).await?.is_empty() {
                    break;
                }
            }
        }
        .boxed())
    }

    /// The last of the conversation's first runs that have all ended.
    async fn last_final_run(
        &self,
        store: &TenantStore,
        id: ConversationId,
    ) -> Result<Option<RunId>> {
        let mut last = None;
        loop {
            let runs = store.runs_after(id, last, PAGE).await?;
            let ended = runs.iter().take_while(|run| run.status.is_final()).count();
            last = ended
                .checked_sub(1)
                .and_then(|index| runs.get(index))
                .map(|run| run.id)
                .or(last);
            if runs.is_empty() || ended < runs.len() {
                return Ok(last);
            }
        }
    }

    /// The sequence that a cursor of this run names; 0 without one.
    async fn sequence_in(&self, run: &Run, cursor: Option<Cursor>) -> Result<i64> {
        let Some(cursor) = cursor else { return Ok(0) };
        if cursor.run != run.id {
            return Err(elsewhere());
        }
        let last = match run.last_sequence {
            Some(last) => Some(last),
            None => self.feed.last_sequence(run.account, run.id).await?,
        };
        if last.is_some_and(|last| cursor.sequence > last) {
            return Err(Error::bad_input(
                "after",
                "is the cursor of an event that never was",
            ));
        }
        Ok(cursor.sequence)
    }

    fn follow(&self, store: TenantStore, run: Run, after: i64) -> RunEvents {
        let batches = match (run.epoch, after) {
            (0, 0) => self.feed.follow_new(run.account, run.id),
            _ => self.feed.follow(run.account, run.id, after),
        };
        self.events_in(batches, store, run, after)
    }

    /// The events of a run, and its end even where no event tells of it.
    fn events_in(
        &self,
        mut batches: EventBatches,
        store: TenantStore,
        run: Run,
        after: i64,
    ) -> RunEvents {
        let id = run.id;
        let clock = Arc::clone(&self.clock);
        try_stream! {
            let mut seen = after;
            let mut known = run;
            let mut silent = false;
            let mut patience = Patience::of(LOOK);
            loop {
                if let Some(last) = known.last_sequence {
                    if seen >= last {
                        break;
                    }
                    // the run was committed, and its process died before it told the log
                    if silent && seen + 1 == last && let Some(event) = last_event(&known) {
                        yield Arc::new(event);
                        break;
                    }
                    let ended = known.finished_at.is_some_and(|at| at + ON_THEIR_WAY < clock.now());
                    if silent && ended {
                        Err(forgotten())?;
                    }
                }
                match patience.with(batches.next()).await {
                    Some(Some(batch)) => {
                        silent = false;
                        for event in merged(batch?) {
                            seen = event.sequence;
                            yield event;
                        }
                    }
                    Some(None) => break,
                    None => {
                        silent = true;
                        // boxed, here and below: rarely done, and it would take room in every stream that waits
                        known = Box::pin(store.runs_by_ids(&[id])).await?.pop().ok_or_else(|| Error::not_found("run: it was deleted with its conversation"))?;
                    }
                }
            }
        }
        .boxed()
    }
}

/// The position is not available any more, and says so.
fn forgotten() -> Error {
    Error::bad_input(
        "after",
        "the events after this one are not kept any more; the run has ended, and `run.message` has its text",
    )
}

fn elsewhere() -> Error {
    Error::bad_input("after", "is the cursor of another run")
}

/// The last event of a run that has ended, as its row tells it.
fn last_event(run: &Run) -> Option<RunEvent> {
    let body = match (run.status, run.answer, &run.error) {
        (RunStatus::Succeeded, Some(message), _) => EventBody::Succeeded {
            message,
            usage: run.usage,
        },
        (RunStatus::Failed, _, Some(error)) => EventBody::Failed {
            error: error.clone(),
        },
        (RunStatus::Cancelled, ..) => EventBody::Cancelled,
        _ => return None,
    };
    Some(RunEvent {
        run: run.id,
        sequence: run.last_sequence?,
        at: run.finished_at?,
        body,
    })
}

/// The batch with neighbouring tokens joined: one event that bears the last one's sequence.
fn merged(batch: Vec<Arc<RunEvent>>) -> Vec<Arc<RunEvent>> {
    let mut events: Vec<Arc<RunEvent>> = Vec::with_capacity(batch.len().min(8));
    for event in batch {
        let EventBody::TokenDelta { text: more, .. } = &event.body else {
            events.push(event);
            continue;
        };
        match events.last_mut() {
            Some(last) if matches!(last.body, EventBody::TokenDelta { .. }) => {
                // cloned only for the second of several: a reader that keeps up shares what the log holds
                let joined = Arc::make_mut(last);
                joined.sequence = event.sequence;
                joined.at = event.at;
                if let EventBody::TokenDelta { text, .. } = &mut joined.body {
                    text.push_str(more);
                }
            }
            _ => events.push(event),
        }
    }
    events
}
