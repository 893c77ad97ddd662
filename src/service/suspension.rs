//! The suspension of accounts: only operators use a suspended account, and none of its runs goes on.

use std::sync::Arc;

use serde_json::json;

use super::{Access, RunService, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{Account, AccountId, Actor, Operation, Permission, check_text},
    engine::RunCanceller,
    error::{Error, Result},
    port::Clock,
};

/// The maximum length of a reason, in characters.
const LONGEST_REASON: usize = 2_000;
/// The number of runs that are cancelled at a time.
const PART: u64 = 100;

/// Suspends and resumes accounts; for operators only.
#[derive(Clone)]
pub struct SuspensionService {
    pub(super) tables: Tables,
    access: Access,
    canceller: RunCanceller,
    pub(super) clock: Arc<dyn Clock>,
}

impl SuspensionService {
    /// A suspension cancels the runs of its account.
    pub(super) fn new(runs: &RunService, access: Access, clock: Arc<dyn Clock>) -> Self {
        Self {
            tables: runs.tables.clone(),
            access,
            canceller: runs.canceller.clone(),
            clock,
        }
    }

    /// Suspends an account: its keys, sessions and tokens are refused, its connections end, and its runs are cancelled, in
    /// every process. Its data stays. `CONFLICT` for the operator's own account.
    pub async fn suspend(
        &self,
        actor: &Actor,
        id: AccountId,
        reason: Option<String>,
    ) -> Result<Account> {
        let permission = permission(actor, id, Operation::SuspendAccount)?;
        let problem = reason
            .as_deref()
            .and_then(|reason| check_text("input.reason", reason, LONGEST_REASON));
        refuse(problem.into_iter().collect())?;
        if id == actor.home() {
            return Err(Error::conflict(
                "it is the operator's own account, which no one could resume",
            ));
        }
        let clock = self.clock.as_ref();
        let note = audit_note(clock, &permission, id, json!({"reason": reason}));
        let store = self.tables.tenant(&permission);
        store.set_suspension(Some(clock.now()), note).await?;
        self.access.announce_terms(id).await?;
        // no new run can start any more
        let mut before = None;
        loop {
            let unfinished = store.unfinished_runs_of_account(before, PART).await?;
            let Some(last) = unfinished.last() else {
                return store.account().await;
            };
            before = Some(*last);
            for run in unfinished {
                self.canceller.cancel(&store, run).await?;
            }
        }
    }

    /// Lets an account be used again.
    pub async fn resume(&self, actor: &Actor, id: AccountId) -> Result<Account> {
        let permission = permission(actor, id, Operation::ResumeAccount)?;
        let note = audit_note(self.clock.as_ref(), &permission, id, json!({}));
        let platform = self.tables.platform(&permission);
        if platform.account_deletion(id).await?.is_some() {
            return Err(Error::conflict("the account is being deleted"));
        }
        let store = self.tables.tenant(&permission);
        store.account().await?;
        store.set_suspension(None, note).await?;
        self.access.announce_terms(id).await?;
        store.account().await
    }
}

/// The permission for an operation in an account, whichever the operator acts in.
fn permission(actor: &Actor, id: AccountId, operation: Operation) -> Result<Permission> {
    actor.authorize(operation)?;
    actor.acting_in(id)?.authorize(operation)
}
