//! Brings the tool calls of a run to their end, or suspends the run until people have decided about them.

use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::Attempt;
use crate::{
    domain::{EventBody, ToolCall, ToolCallStatus},
    engine::tool_calls::ServerListings,
    error::{Error, Result},
    port::Announcement,
};

/// The maximum number of calls of a run that are made at the same time.
const AT_ONCE: usize = 8;

/// How the calls of a run were settled.
pub(super) enum Settled {
    /// Every call has ended.
    AllEnded,
    /// The run is suspended: people must decide.
    AwaitingApproval,
    /// The attempt must stop.
    Stopped,
}

impl Attempt<'_> {
    /// Brings every call to its end, or suspends the run until people have decided.
    pub(super) async fn settle_calls(&mut self) -> Result<Settled> {
        let store = self.parts.store.tenant(self.lease.account);
        loop {
            if self.journal.open_calls().is_empty() {
                return Ok(Settled::AllEnded);
            }
            if !self.make_calls().await? {
                return Ok(Settled::Stopped);
            }
            // what has not ended waits for people
            if self.journal.open_calls().is_empty() {
                return Ok(Settled::AllEnded);
            }
            if store.park(self.lease, self.parts.clock.now()).await? {
                return Ok(Settled::AwaitingApproval);
            }
            // people may have decided while other calls were made
            let calls = self.journal.open_calls();
            let ids: Vec<_> = calls.iter().map(|call| call.id).collect();
            let stored = store.calls_by_ids(&ids).await?;
            for call in calls {
                let Some(stored) = stored.iter().find(|stored| stored.id == call.id) else {
                    continue;
                };
                let before = call.status;
                call.clone_from(stored);
                if call.status != before && call.status.is_final() {
                    self.recorder.record(update(call)).await?;
                }
            }
        }
    }

    /// Reports the calls of a step to the run's readers, and to those who decide about them.
    pub(super) async fn report_calls(&mut self, calls: &[ToolCall]) -> Result<()> {
        for call in calls {
            self.recorder.record(update(call)).await?;
            if call.status == ToolCallStatus::AwaitingApproval {
                let changed = Announcement::ToolCallChanged(call.id);
                let announcements = &self.parts.announcements;
                announcements.publish(self.lease.account, changed);
            }
        }
        Ok(())
    }

    /// Makes the approved calls; returns false when the attempt must stop.
    async fn make_calls(&mut self) -> Result<bool> {
        let tool_calls = self.tool_calls();
        let Self {
            journal,
            recorder,
            stop,
            ..
        } = self;
        let mut calls = journal.open_calls();
        let due: Vec<ToolCall> = calls
            .iter()
            .filter(|call| call.status == ToolCallStatus::Running)
            .map(|call| (*call).clone())
            .collect();
        let listings = ServerListings::of(&due);
        let (sender, mut ended) = mpsc::channel(due.len().max(1));
        let made = due.into_iter().map(|call| tool_calls.make(call, &listings));
        let mut made = stream::iter(made).buffer_unordered(AT_ONCE);
        let making = async move {
            loop {
                let next = tokio::select! {
                    biased;
                    () = stop.token().cancelled() => return Ok(false),
                    next = made.next() => next,
                };
                let Some(call) = next else {
                    return Ok(true);
                };
                let _ = sender.send(call?).await;
            }
        };
        // concurrent with the calls: a call that holds a database connection must not wait for the recording of another
        // one, nor the recording for the call
        let recording = async {
            while let Some(ended) = ended.recv().await {
                recorder.record(update(&ended)).await?;
                if let Some(call) = calls.iter_mut().find(|call| call.id == ended.id) {
                    **call = ended;
                }
            }
            Ok::<_, Error>(())
        };
        let (all_made, ()) = futures::try_join!(making, recording)?;
        Ok(all_made)
    }
}

/// The event that reports a call's status to the run's readers.
fn update(call: &ToolCall) -> EventBody {
    EventBody::ToolCallUpdated {
        call: call.id,
        status: call.status,
        error: call.error.clone(),
        duration_ms: call.duration_ms,
    }
}
