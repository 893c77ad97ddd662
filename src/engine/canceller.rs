//! Cancelling a run in whichever process it is.

use std::sync::Arc;

use super::{Engine, ending::report_unstarted};
use crate::{
    domain::{EventBody, Lease, Run, RunEvent, RunId, RunStatus, Usage},
    error::Result,
    port::{Announcement, ConversationChangeKind, ConversationNotice},
    store::TenantStore,
};

/// Cancels runs. A cheap handle.
#[derive(Clone)]
pub struct RunCanceller(Engine);

impl RunCanceller {
    /// Cancels the runs that this engine, or that of another process, answers.
    pub fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Cancels a run that the store sees. Does nothing when the run does not exist or has ended.
    pub async fn cancel(&self, store: &TenantStore, id: RunId) -> Result<()> {
        let Some(run) = store.request_cancel(id).await? else {
            return Ok(());
        };
        let parts = &self.0.inner.parts;
        match run.status {
            RunStatus::Queued => self.cancel_queued(store, &run).await?,
            RunStatus::AwaitingApproval => {
                // no process owns it: the process that claims it next sees the request to cancel
                store.take_up(id, parts.clock.now()).await?;
                self.0
                    .wake(run.account, run.conversation, run.latency_class);
            }
            RunStatus::Running
            | RunStatus::Succeeded
            | RunStatus::Failed
            | RunStatus::Cancelled => {}
        }
        if !self.0.cancel(id).await {
            parts
                .announcements
                .publish(run.account, Announcement::CancelRequested(id));
        }
        Ok(())
    }

    /// Ends a run that was never started. Does nothing if a process has started it meanwhile.
    async fn cancel_queued(&self, store: &TenantStore, run: &Run) -> Result<()> {
        let parts = &self.0.inner.parts;
        // the run never started, so it has no events yet
        let at = parts.clock.now();
        let bodies = [
            EventBody::MessageAdded {
                message: run.question,
            },
            EventBody::Cancelled {
                message: None,
                usage: Usage::default(),
            },
        ];
        let events = (1..).zip(bodies).map(|(sequence, body)| {
            Arc::new(RunEvent {
                run: run.id,
                sequence,
                at,
                body,
            })
        });
        let events: Vec<_> = events.collect();
        let last = events.last().map_or(0, |event| event.sequence);
        if !store.cancel_queued(run.id, last, at).await? {
            return Ok(());
        }
        let lease = Lease {
            account: run.account,
            conversation: run.conversation,
            run: run.id,
            epoch: run.epoch,
            attempt: run.attempt,
            tries: run.attempt,
        };
        report_unstarted(parts, &lease, run);
        let mut writer = parts.feed.open(&lease).await?;
        writer.append(events).await?.await?;
        parts
            .announcements
            .publish(run.account, Announcement::RunQueued(run.conversation));
        let notice = ConversationNotice::of(run.conversation, ConversationChangeKind::Updated);
        parts.announcements.publish(run.account, notice);
        self.0
            .wake(run.account, run.conversation, run.latency_class);
        Ok(())
    }
}
