//! Erases end users: cancels their runs, removes their conversations one by one, then the person. Each step is a transaction
//! that also records what it removed.

use async_trait::async_trait;
use serde_json::json;

use super::{ErasureParts, PAGE};
use crate::{
    domain::{AccountId, ConversationId, EndUserId, Erasure, ErasureId, Job, JobKind},
    error::{Error, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    port::{Announcement, ConversationChangeKind, ConversationNotice},
    store::TenantStore,
};

/// Performs the background job that erases an end user.
pub struct EndUserErasureJobs(pub ErasureParts);

#[async_trait]
impl JobHandler for EndUserErasureJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[JobKind::EraseEndUser]
    }

    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()> {
        let id = ErasureId::from_uuid(job.subject);
        let tenant = self.0.store.tenant(job.account);
        let Some(erasure) = tenant.erasure(id).await? else {
            return Ok(());
        };
        if erasure.finished_at.is_some() {
            return Ok(());
        }
        if let Some(external_id) = &erasure.end_user {
            self.end_sessions(&tenant, &erasure).await?;
            tenant.await_senders(external_id).await?;
            self.0.end_runs(&tenant, Some(external_id)).await?;
            let person = tenant.end_user(external_id).await?;
            let person = person.map(|person| person.id);
            loop {
                let left = tenant.conversations_of_person(external_id, PAGE).await?;
                if left.is_empty() {
                    break;
                }
                for conversation in left {
                    self.erase_conversation(&tenant, &erasure, conversation)
                        .await?;
                    self.announce_deletion(erasure.account, conversation, person);
                    progress.made().await?;
                }
            }
            tenant.erase_person(id).await?;
            progress.made().await?;
        }
        self.0.store.platform().compact().await?;
        let detail = json!({"outcome": "finished"});
        let note = self.0.note("eraseEndUser", id.to_string(), detail);
        tenant.finish_erasure(id, self.0.clock.now(), note).await
    }

    async fn note_retry(&self, _job: &Job, _error: &Error, _retry: JobRetry) -> Result<()> {
        Ok(())
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        // never given up: with an error, the job begins anew
        let id = ErasureId::from_uuid(job.subject);
        tracing::error!(erasure.id = %id, error = error.message(), cause = error.cause(), "the erasure {id} cannot continue; it is tried again");
        Err(Error::unavailable("the erasure is not finished"))
    }
}

impl EndUserErasureJobs {
    /// Ends the person's connections in every process. They were revoked when the erasure began; the process that began
    /// it may have ended before it could announce that.
    async fn end_sessions(&self, tenant: &TenantStore, erasure: &Erasure) -> Result<()> {
        for session in tenant.sessions_in_erasure(erasure.id).await? {
            self.0
                .announcements
                .publish(erasure.account, Announcement::SessionRevoked(session));
        }
        Ok(())
    }

    async fn erase_conversation(
        &self,
        tenant: &TenantStore,
        erasure: &Erasure,
        id: ConversationId,
    ) -> Result<()> {
        self.0.forget_events(tenant, id).await?;
        tenant.erase_conversation(erasure.id, id).await?;
        Ok(())
    }

    fn announce_deletion(
        &self,
        account: AccountId,
        conversation: ConversationId,
        owner: Option<EndUserId>,
    ) {
        let deleted = Announcement::ConversationDeleted(conversation);
        self.0.announcements.publish(account, deleted);
        let notice = ConversationNotice {
            conversation,
            kind: ConversationChangeKind::Deleted,
            owner,
        };
        self.0
            .announcements
            .publish(account, Announcement::ConversationChanged(notice));
    }
}
