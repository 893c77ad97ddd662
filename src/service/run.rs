//! Runs: read and cancelled.

use super::tables::Tables;
use crate::{
    domain::{Actor, Operation, Permission, Run, RunId},
    engine::RunCanceller,
    error::{Error, Result},
};

/// Reads and cancels runs.
#[derive(Clone)]
pub struct RunService {
    pub(super) tables: Tables,
    pub(super) canceller: RunCanceller,
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
        self.canceller.cancel(&store, id).await
    }
}
