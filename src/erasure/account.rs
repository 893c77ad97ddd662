//! Deletes accounts: cancels the runs, counts what there is, removes the conversations and the agents one by one, waits for
//! the vectors in other stores, and then removes everything else. The account was suspended before, so that nothing is
//! added meanwhile.

use async_trait::async_trait;
use serde_json::json;

use super::{ErasureParts, PAGE};
use crate::{
    domain::{AccountId, Job, JobKind},
    error::{Error, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    store::TenantStore,
};

/// The name of the operation in the audit log.
const ACTION: &str = "deleteAccount";

/// Performs the background job that deletes an account.
pub struct AccountDeletionJobs(pub ErasureParts);

#[async_trait]
impl JobHandler for AccountDeletionJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[JobKind::DeleteAccount]
    }

    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()> {
        let parts = &self.0;
        let account = AccountId::from_uuid(job.subject);
        let platform = parts.store.platform();
        let deletion = platform.account_deletion(account).await?;
        let Some(deletion) = deletion.filter(|deletion| deletion.finished_at.is_none()) else {
            return Ok(());
        };
        let tenant = parts.store.tenant(account);
        parts.end_runs(&tenant, None).await?;
        if deletion.removed.is_none() {
            tenant.count_for_deletion().await?;
        }
        self.remove_conversations(&tenant, progress).await?;
        self.remove_agents(&tenant, progress).await?;
        let remains = tenant.vectors_that_remain().await?;
        tenant.remove_account().await?;
        progress.made().await?;
        platform.compact().await?;
        let at = parts.clock.now();
        platform
            .finish_account_deletion(account, &remains, at)
            .await
    }

    async fn note_retry(&self, _job: &Job, _error: &Error, _retry: JobRetry) -> Result<()> {
        Ok(())
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        // never given up: with an error, the job begins anew
        let id = AccountId::from_uuid(job.subject);
        tracing::error!(account.id = %id, error = error.message(), cause = error.cause(), "the deletion of the account {id} cannot continue; it is tried again");
        Err(Error::unavailable("the deletion is not finished"))
    }
}

impl AccountDeletionJobs {
    async fn remove_conversations(
        &self,
        tenant: &TenantStore,
        progress: &JobProgress,
    ) -> Result<()> {
        loop {
            let some = tenant.some_conversations(PAGE).await?;
            if some.is_empty() {
                return Ok(());
            }
            for id in some {
                self.0.forget_events(tenant, id).await?;
                let note = self.0.note(ACTION, id.to_string(), json!({}));
                tenant.delete_conversation(id, note).await?;
                progress.made().await?;
            }
        }
    }

    /// Removes the agents with their documents; jobs remove their vectors from other stores.
    async fn remove_agents(&self, tenant: &TenantStore, progress: &JobProgress) -> Result<()> {
        loop {
            let some = tenant.some_agents(PAGE).await?;
            if some.is_empty() {
                return Ok(());
            }
            for id in some {
                let note = self.0.note(ACTION, id.to_string(), json!({}));
                tenant.delete_agent(id, note).await?;
                progress.made().await?;
            }
        }
    }
}
