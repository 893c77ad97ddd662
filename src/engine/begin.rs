//! A message is taken in, and its run begun in the same moment where nothing stands before it: nobody has to look in the
//! tables for what was written into them just now.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Engine,
    schedule::{Place, Schedule},
};
use crate::{
    domain::{Account, Agent, LatencyClass, Lease, Message, Run, TemplateSpec},
    error::{Error, Result},
    port::Announcement,
    store::{Accepted, NewExchange},
};

/// What an answer begins with, as whoever took the message in has read it.
pub struct Opening {
    /// The account.
    pub account: Account,
    /// Who answers.
    pub agent: Agent,
    /// Its template.
    pub template: Arc<TemplateSpec>,
    /// The conversation's context, an object.
    pub context: Value,
    /// What is asked.
    pub question: Message,
    /// Whether nothing was said in the conversation before it.
    pub is_first: bool,
}

/// The right to answer a conversation's next run here and now.
struct Seat {
    place: Place,
    slot: OwnedSemaphorePermit,
}

impl Engine {
    /// Stores a message and has it answered: at once and in this process where nothing stands before it, else when its
    /// turn comes. Whoever asks may go away meanwhile.
    pub async fn accept(&self, mut exchange: NewExchange, opening: Opening) -> Result<Accepted> {
        let seat = self.seat(&exchange.run);
        exchange.claimant = seat.is_some().then(|| self.inner.claimant.clone());
        let engine = self.clone();
        let stored = async move {
            let queued = &exchange.run;
            let tenant = engine.inner.parts.store.tenant(queued.account);
            let accepted = tenant.accept(&exchange).await?;
            let news = match (&accepted, seat) {
                (Accepted::Begun(lease, run), Some(seat)) => {
                    engine.begin(seat, (*lease, run.clone()), opening);
                    Announcement::RunBegun(run.conversation)
                }
                (Accepted::Fresh, seat) => {
                    drop(seat);
                    engine.wake(queued.account, queued.conversation, queued.latency_class);
                    Announcement::RunQueued(queued.conversation)
                }
                _ => return Ok(accepted),
            };
            let announcements = &engine.inner.parts.announcements;
            announcements.publish(queued.account, news);
            Ok(accepted)
        };
        // a task of its own: what is stored is begun and announced, even if the caller is gone by then
        let stored = self.inner.parts.tracker.spawn(stored);
        stored
            .await
            .map_err(|cause| Error::internal("take a message in").because(cause))?
    }

    /// A seat, if one is free and nobody waits for it.
    fn seat(&self, run: &Run) -> Option<Seat> {
        let inner = &self.inner;
        if !self.answers(run.latency_class) {
            return None;
        }
        let slot = Arc::clone(&inner.slots).try_acquire_owned().ok()?;
        let place = Schedule::enter(&inner.schedule, run.account, run.conversation)?;
        Some(Seat { place, slot })
    }

    /// Whether this process begins runs of a class now.
    pub(super) fn answers(&self, class: LatencyClass) -> bool {
        self.inner.parts.classes.contains(&class) && !self.inner.draining.is_cancelled()
    }

    fn begin(&self, seat: Seat, (lease, run): (Lease, Run), opening: Opening) {
        let engine = self.clone();
        self.inner.parts.tracker.spawn(async move {
            let Seat { mut place, slot } = seat;
            // nothing waited behind it when it was begun, and whatever came since was announced
            if !engine.own(lease, run, Some(opening)).await {
                place.has_more();
            }
            drop(place);
            drop(slot);
        });
    }
}
