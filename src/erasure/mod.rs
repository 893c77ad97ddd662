//! Erases end users in the background: cancels their runs, removes their conversations one by one, then the person.
//!
//! Each step is a transaction that also records what it removed. The job may end at any point, and the next process
//! continues with what is left. An erasure is never given up.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::json;

use crate::{
    domain::{
        AccountId, AuditId, AuditNote, ConversationId, EndUserId, Erasure, ErasureId, Job, JobKind,
        RunId,
    },
    engine::{Feed, RunCanceller},
    error::{Error, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    port::{Announcement, Announcements, Clock, ConversationChangeKind, ConversationNotice},
    store::{Store, TenantStore},
};

/// The maximum number of rows that are read at a time.
const PAGE: u64 = 100;
/// The interval at which the runs that were cancelled are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// The time for which one attempt of the job waits for the runs that were cancelled.
const PATIENCE: Duration = Duration::from_secs(30);

/// Performs the background job that erases an end user.
pub struct ErasureJobs {
    /// The database.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// Cancels the person's runs.
    pub canceller: RunCanceller,
    /// Announces the sessions and conversations that end.
    pub announcements: Arc<dyn Announcements>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl JobHandler for ErasureJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[JobKind::EraseEndUser]
    }

    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()> {
        let id = ErasureId::from_uuid(job.subject);
        let tenant = self.store.tenant(job.account);
        let Some(erasure) = tenant.erasure(id).await? else {
            return Ok(());
        };
        if erasure.finished_at.is_some() {
            return Ok(());
        }
        if let Some(external_id) = &erasure.end_user {
            self.end_sessions(&tenant, &erasure).await?;
            tenant.await_senders(external_id).await?;
            self.end_runs(&tenant, external_id).await?;
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
        self.store.platform().compact().await?;
        let note = self.note(id);
        tenant.finish_erasure(id, self.clock.now(), note).await
    }

    async fn note_retry(&self, _job: &Job, _error: &Error, _retry: JobRetry) -> Result<()> {
        Ok(())
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        // a failure to report makes the job wait for another attempt
        let id = ErasureId::from_uuid(job.subject);
        tracing::error!(erasure.id = %id, error = error.message(), cause = error.cause(), "the erasure {id} cannot continue; it is tried again");
        Err(Error::unavailable("the erasure is not finished"))
    }
}

impl ErasureJobs {
    /// Ends the person's connections in every process. They were revoked when the erasure began; the process that began
    /// it may have ended before it could announce that.
    async fn end_sessions(&self, tenant: &TenantStore, erasure: &Erasure) -> Result<()> {
        for session in tenant.sessions_in_erasure(erasure.id).await? {
            self.announcements
                .publish(erasure.account, Announcement::SessionRevoked(session));
        }
        Ok(())
    }

    /// Cancels the person's runs, and waits until they have ended, so that no owner of one writes any more. UNAVAILABLE
    /// when one does not end in time.
    async fn end_runs(&self, tenant: &TenantStore, external_id: &str) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            // the last run of a conversation first, so that the end of one does not start the next
            let unfinished = tenant.unfinished_runs_of_person(external_id, PAGE).await?;
            if unfinished.is_empty() {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(Error::unavailable("runs of the end user have not ended"));
            }
            for run in unfinished {
                self.canceller.cancel(tenant, run).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn erase_conversation(
        &self,
        tenant: &TenantStore,
        erasure: &Erasure,
        id: ConversationId,
    ) -> Result<()> {
        // the logs first: without the runs' rows nothing leads to them
        self.forget_events(tenant, erasure.account, id).await?;
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
        self.announcements.publish(account, deleted);
        let notice = ConversationNotice {
            conversation,
            kind: ConversationChangeKind::Deleted,
            owner,
        };
        self.announcements
            .publish(account, Announcement::ConversationChanged(notice));
    }

    async fn forget_events(
        &self,
        tenant: &TenantStore,
        account: AccountId,
        id: ConversationId,
    ) -> Result<()> {
        let mut after = None;
        loop {
            let runs = tenant.runs_after(id, after, PAGE).await?;
            let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
            let Some(last) = ids.last() else {
                return Ok(());
            };
            self.feed.forget(account, &ids).await?;
            after = Some(*last);
        }
    }

    /// The audit entry of the end of an erasure, which names no person.
    fn note(&self, id: ErasureId) -> AuditNote {
        AuditNote {
            id: AuditId::new(self.clock.as_ref()),
            at: self.clock.now(),
            actor: "platform".to_owned(),
            action: "eraseEndUser".to_owned(),
            subject: Some(id.to_string()),
            agent: None,
            conversation: None,
            detail: json!({"outcome": "finished"}),
        }
    }
}
