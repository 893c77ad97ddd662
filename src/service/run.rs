//! Runs: read and cancelled.

use std::sync::Arc;

use super::tables::Tables;
use crate::{
    domain::{Actor, EventBody, Lease, Operation, Permission, Run, RunEvent, RunId, RunStatus},
    engine::{Engine, Feed},
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::TenantStore,
};

/// Reads and cancels runs.
#[derive(Clone)]
pub struct RunService {
    pub(super) tables: Tables,
    pub(super) engine: Engine,
    pub(super) feed: Feed,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl RunService {
    /// The run with that id.
    pub async fn get(&self, actor: &Actor, id: RunId) -> Result<Option<Run>> {
        Ok(self
            .tables
            .tenant(actor.authorize(Operation::Run)?)
            .runs_by_ids(&[id])
            .await?
            .pop())
    }

    /// Cancels a run. A run that has ended stays as it is; a run in another process ends a moment later.
    pub async fn cancel(&self, actor: &Actor, id: RunId) -> Result<Run> {
        let permission = actor.authorize(Operation::CancelRun)?;
        let store = self.tables.tenant(&permission);
        self.stop(&permission, id).await?;
        store
            .runs_by_ids(&[id])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("run"))
    }

    /// Cancels a run in whichever process it is. Does nothing when the run does not exist or has ended.
    pub(super) async fn stop(&self, permission: &Permission, id: RunId) -> Result<()> {
        let store = self.tables.tenant(permission);
        let Some(run) = store.request_cancel(id).await? else {
            return Ok(());
        };
        match run.status {
            RunStatus::Queued => self.cancel_queued(&store, &run).await?,
            RunStatus::AwaitingApproval => {
                // no process owns it: the process that claims it next sees the request to cancel
                store.take_up(id, self.clock.now()).await?;
                self.engine
                    .wake(run.account, run.conversation, run.latency_class);
            }
            RunStatus::Running
            | RunStatus::Succeeded
            | RunStatus::Failed
            | RunStatus::Cancelled => {}
        }
        if !self.engine.cancel(id).await {
            self.announcements
                .publish(run.account, Announcement::CancelRequested(id));
        }
        Ok(())
    }

    /// Ends a run that was never started. Does nothing if a process has started it meanwhile.
    async fn cancel_queued(&self, store: &TenantStore, run: &Run) -> Result<()> {
        // the run never started, so its end is its first event
        let sequence = 1;
        let at = self.clock.now();
        if !store.cancel_queued(run.id, sequence, at).await? {
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
        let event = RunEvent {
            run: run.id,
            sequence,
            at,
            body: EventBody::Cancelled,
        };
        let mut writer = self.feed.open(&lease).await?;
        writer.append(vec![Arc::new(event)]).await?.await?;
        self.announcements
            .publish(run.account, Announcement::RunQueued(run.conversation));
        self.engine
            .wake(run.account, run.conversation, run.latency_class);
        Ok(())
    }
}
