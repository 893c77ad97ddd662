//! Stores a message and, where no other run of the conversation comes first, starts its run in the same step, so that
//! no process has to query the tables for the rows just written.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::{
    ClaimedRun, Engine,
    schedule::{Schedule, ScheduleSlot},
    turn::RunInputs,
};
use crate::{
    domain::Run,
    error::{Error, Result},
    port::{Announcement, ConversationChangeKind, ConversationNotice},
    store::{Accepted, NewExchange, TargetConversation},
};

/// A permit to start a conversation's next run in this process now.
struct RunPermit {
    schedule_slot: ScheduleSlot,
    run_slot: OwnedSemaphorePermit,
}

impl Engine {
    /// Stores a message and schedules its run: at once and in this process where no other run comes first, else in
    /// turn. Continues even if the caller is dropped meanwhile.
    pub async fn accept(&self, mut exchange: NewExchange, inputs: RunInputs) -> Result<Accepted> {
        let permit = self.permit(&exchange.run);
        exchange.claimant = permit.is_some().then(|| self.inner.claimant.clone());
        let engine = self.clone();
        let stored = async move {
            let queued = &exchange.run;
            let tenant = engine.inner.parts.store.tenant(queued.account);
            let accepted = tenant.accept(&exchange).await?;
            if let Accepted::Begun(..) | Accepted::Fresh = &accepted {
                let class = queued.latency_class.name();
                engine.inner.parts.metrics.accepted(class);
            }
            let announcement = match (&accepted, permit) {
                (Accepted::Begun(lease, run), Some(permit)) => {
                    let (lease, run) = (*lease, run.clone());
                    let conversation = run.conversation;
                    engine.begin(permit, ClaimedRun { lease, run }, inputs);
                    Announcement::RunBegun(conversation)
                }
                (Accepted::Fresh, permit) => {
                    drop(permit);
                    engine.wake(queued.account, queued.conversation, queued.latency_class);
                    Announcement::RunQueued(queued.conversation)
                }
                _ => return Ok(accepted),
            };
            let announcements = &engine.inner.parts.announcements;
            announcements.publish(queued.account, announcement);
            let kind = match &exchange.conversation {
                TargetConversation::New(_) => ConversationChangeKind::Created,
                TargetConversation::Existing(_) => ConversationChangeKind::Updated,
            };
            let notice = ConversationNotice::of(queued.conversation, kind);
            announcements.publish(queued.account, notice);
            Ok(accepted)
        };
        // a task of its own: a stored message is started and announced even if the caller is dropped
        let stored = self.inner.parts.tracker.spawn(stored.in_current_span());
        stored
            .await
            .map_err(|cause| Error::internal("take a message in").with_source(cause))?
    }

    /// A permit, if a slot is free, the account is below its maximum, and no other conversation could take the slot.
    fn permit(&self, run: &Run) -> Option<RunPermit> {
        let inner = &self.inner;
        if !self.answers(run.latency_class) {
            return None;
        }
        let run_slot = Arc::clone(&inner.slots).try_acquire_owned().ok()?;
        let schedule_slot = Schedule::enter(&inner.schedule, run.account, run.conversation)?;
        Some(RunPermit {
            schedule_slot,
            run_slot,
        })
    }

    fn begin(&self, permit: RunPermit, claimed: ClaimedRun, inputs: RunInputs) {
        let engine = self.clone();
        self.inner.parts.tracker.spawn(async move {
            let RunPermit {
                mut schedule_slot,
                run_slot,
            } = permit;
            // after its end no other run needs to be scheduled here: none was queued when this one started, and each
            // later message schedules its own
            if !engine.answer(claimed, Some(inputs)).await {
                schedule_slot.has_more();
            }
            drop(schedule_slot);
            drop(run_slot);
        });
    }
}
