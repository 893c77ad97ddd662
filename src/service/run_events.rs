//! The event streams that readers subscribe to: of a message, of a run, of a conversation.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_stream::try_stream;
use futures::{Stream, StreamExt, stream::BoxStream};

use super::{run_follower::RunFollower, tables::Tables};
use crate::{
    domain::{Actor, ConversationId, Cursor, Operation, Permission, Run, RunEvent, RunId},
    engine::{Feed, ReaderPosition},
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::TenantStore,
};

/// The interval at which a conversation is checked without an announcement: long, since a check is two queries and many
/// streams wait.
const LOOK_SELDOM: Duration = Duration::from_mins(1);
/// The number of a conversation's runs that are read at a time.
const PAGE: u64 = 20;

/// The events of one or more runs, in order, from any cursor to the end, across crashes of the processes that answer.
/// Neighbouring tokens that arrive together are merged into one event.
pub struct RunEvents {
    events: BoxStream<'static, Result<Arc<RunEvent>>>,
    waiting: Arc<ReaderPosition>,
}

impl RunEvents {
    /// Events whose reader shows in `waiting` where it waits.
    pub fn new(
        events: BoxStream<'static, Result<Arc<RunEvent>>>,
        waiting: Arc<ReaderPosition>,
    ) -> Self {
        Self { events, waiting }
    }

    /// The position of the reader while it waits.
    pub fn waiting(&self) -> &Arc<ReaderPosition> {
        &self.waiting
    }

    /// The same events, each of which `look` sees before it is delivered, unless another reader of the run delivers it: of
    /// those it sees none.
    pub(super) fn inspect(self, look: impl FnMut(&Result<Arc<RunEvent>>) + Send + 'static) -> Self {
        Self::new(self.events.inspect(look).boxed(), self.waiting)
    }
}

impl Stream for RunEvents {
    type Item = Result<Arc<RunEvent>>;

    fn poll_next(mut self: Pin<&mut Self>, waiting: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(waiting)
    }
}

/// Streams the events of runs.
#[derive(Clone)]
pub struct RunEventService {
    pub(super) tables: Tables,
    pub(super) feed: Feed,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl RunEventService {
    /// A run's events from the first one, or from after the cursor.
    pub async fn of_run(&self, actor: &Actor, id: RunId, after: Option<&str>) -> Result<RunEvents> {
        let permission = actor.authorize(Operation::RunEvents)?;
        let store = self.tables.tenant(&permission);
        let run = store
            .runs_by_ids(&[id])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("run"))?;
        let cursor = after.map(|text| Cursor::parse("after", text)).transpose()?;
        let after = begin_at(self, &run, cursor).await?;
        Ok(self.follow(store, &run, after).into_events(&Arc::default()))
    }

    /// The events of every run of a conversation, one run after the other, until the conversation is deleted: from
    /// after the cursor, else from the run that is active now, else from the next one.
    pub async fn of_conversation(
        &self,
        actor: &Actor,
        id: ConversationId,
        after: Option<&str>,
    ) -> Result<RunEvents> {
        let permission = actor.authorize(Operation::ConversationEvents)?;
        let store = self.tables.tenant(&permission);
        store
            .conversations_by_ids(&[id])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("conversation"))?;
        // subscribe before the query, so that no run is missed in between
        let mut announced = self.announcements.listen(actor.account());
        let waiting = Arc::<ReaderPosition>::default();
        let (mut last, mut run) = match after {
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
                let after = begin_at(self, &run, Some(cursor)).await?;
                let follower = self.follow(store.clone(), &run, after);
                let events = follower.into_events(&waiting);
                (Some(run.id), Some(events))
            }
            None => (store.run_before_unfinished(id).await?, None),
        };
        let (feed, clock) = (self.feed.clone(), Arc::clone(&self.clock));
        let shown = Arc::clone(&waiting);
        let events = try_stream! {
            loop {
                if let Some(mut events) = run.take() {
                    while let Some(event) = events.next().await {
                        yield event?;
                    }
                }
                let runs = Box::pin(store.runs_after(id, last, PAGE)).await?;
                if let Some(found) = runs.first() {
                    last = Some(found.id);
                    let clock = Arc::clone(&clock);
                    let following = RunFollower::of(&feed, store.clone(), clock, found, 0);
                    // boxed: a silent conversation does not reserve the memory
                    run = Some(following.into_events(&shown));
                    continue;
                }
                let _ = tokio::time::timeout(LOOK_SELDOM, news_of(id, &mut announced)).await;
                if Box::pin(store.conversations_by_ids(&[id])).await?.is_empty() {
                    break;
                }
            }
        };
        Ok(RunEvents::new(events.boxed(), waiting))
    }

    /// The events of a run after the sequence `after`, for the caller who sent its message. `is_new` when this request
    /// stored the message, so that the run has no earlier events.
    pub(super) fn follow_sent(
        &self,
        permission: &Permission,
        run: &Run,
        is_new: bool,
        after: i64,
    ) -> RunEvents {
        let reader = if is_new {
            self.feed.follow_new(run.account, run.id)
        } else {
            self.feed.follow(run.account, run.id, after)
        };
        let (store, clock) = (self.tables.tenant(permission), Arc::clone(&self.clock));
        RunFollower::new(reader, store, clock, run, after).into_events(&Arc::default())
    }

    fn follow(&self, store: TenantStore, run: &Run, after: i64) -> RunFollower {
        RunFollower::of(&self.feed, store, Arc::clone(&self.clock), run, after)
    }
}

/// The sequence in a cursor of this run; 0 without a cursor. `BAD_USER_INPUT` when the cursor is of another run or
/// beyond the run's last event.
pub(super) async fn begin_at(
    events: &RunEventService,
    run: &Run,
    cursor: Option<Cursor>,
) -> Result<i64> {
    let Some(cursor) = cursor else { return Ok(0) };
    if cursor.run != run.id {
        return Err(another_run());
    }
    let last = match run.last_sequence {
        Some(last) => Some(last),
        None => events.feed.last_sequence(run.account, run.id).await?,
    };
    if last.is_some_and(|last| cursor.sequence > last) {
        return Err(Error::bad_input(
            "after",
            "is the cursor of an event that never was",
        ));
    }
    Ok(cursor.sequence)
}

/// Waits for an announcement that may concern the conversation.
async fn news_of(conversation: ConversationId, announced: &mut BoxStream<'static, Announcement>) {
    let news = [
        Announcement::RunBegun(conversation),
        Announcement::RunQueued(conversation),
        Announcement::ConversationDeleted(conversation),
        Announcement::Missed,
    ];
    while let Some(heard) = announced.next().await {
        if news.contains(&heard) {
            break;
        }
    }
}

pub(super) fn another_run() -> Error {
    Error::bad_input("after", "is the cursor of another run")
}
