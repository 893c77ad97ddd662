//! Erases end users, and deletes accounts, in the background. A job may end at any point, and the next process continues with
//! what is left; it is never given up.

mod account;
mod end_user;

pub use self::{account::AccountDeletionJobs, end_user::EndUserErasureJobs};

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    domain::{AuditId, AuditNote, ConversationId, RunId},
    engine::{Feed, RunCanceller},
    error::{Error, Result},
    port::{Announcements, Clock},
    store::{Store, TenantStore},
};

/// The maximum number of rows that are read at a time.
const PAGE: u64 = 100;
/// The interval at which the runs that were cancelled are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// The time for which one attempt of the job waits for the runs that were cancelled.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the jobs work with.
#[derive(Clone)]
pub struct ErasureParts {
    /// The database.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// Cancels the runs of those who are erased.
    pub canceller: RunCanceller,
    /// Announces the sessions and conversations that end.
    pub announcements: Arc<dyn Announcements>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

impl ErasureParts {
    /// Removes the events of a conversation's runs from their logs. To be done before the runs' rows are removed: without
    /// them nothing leads to the logs.
    async fn forget_events(&self, tenant: &TenantStore, id: ConversationId) -> Result<()> {
        let mut after = None;
        loop {
            let runs = tenant.runs_after(id, after, PAGE).await?;
            let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
            let Some(last) = ids.last() else {
                return Ok(());
            };
            self.feed.forget(tenant.account_id(), &ids).await?;
            after = Some(*last);
        }
    }

    /// Cancels the unfinished runs of a person, or of the whole account, until there is none, so that no owner of one writes
    /// any more. UNAVAILABLE when one does not end in time.
    async fn end_runs(&self, tenant: &TenantStore, person: Option<&str>) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            // the last run of a conversation first, so that the end of one does not start the next
            let unfinished = match person {
                Some(person) => tenant.unfinished_runs_of_person(person, PAGE).await?,
                None => tenant.unfinished_runs_of_account(None, PAGE).await?,
            };
            if unfinished.is_empty() {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(Error::unavailable("a run has not ended"));
            }
            for run in unfinished {
                self.canceller.cancel(tenant, run).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// An audit entry of the platform's own work, which names no person.
    fn note(&self, action: &str, subject: String, detail: Value) -> AuditNote {
        AuditNote {
            id: AuditId::new(self.clock.as_ref()),
            at: self.clock.now(),
            actor: "platform".to_owned(),
            action: action.to_owned(),
            subject: Some(subject),
            agent: None,
            conversation: None,
            detail,
        }
    }
}
