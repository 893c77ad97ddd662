//! Deletions of accounts: begun by an operator, worked off in the background.

use std::sync::Arc;

use serde_json::json;

use super::{SuspensionService, audit::audit_note, tables::Tables};
use crate::{
    domain::{AccountDeletion, AccountId, Actor, Operation},
    error::{Error, Result},
    jobs,
    port::{Clock, JobQueue},
};

/// Begins deletions of accounts and reports on them; for operators only.
#[derive(Clone)]
pub struct AccountDeletionService {
    tables: Tables,
    suspensions: SuspensionService,
    queue: Arc<dyn JobQueue>,
    clock: Arc<dyn Clock>,
}

impl AccountDeletionService {
    /// A deletion begins with a suspension.
    pub(super) fn new(suspensions: &SuspensionService, queue: Arc<dyn JobQueue>) -> Self {
        Self {
            tables: suspensions.tables.clone(),
            suspensions: suspensions.clone(),
            queue,
            clock: Arc::clone(&suspensions.clock),
        }
    }

    /// Suspends an account for good and begins the removal of everything that belongs to it; returns the deletion that
    /// runs, or that has finished. `name` must be the account's name: a deletion cannot be undone. `CONFLICT` for an
    /// account of operators: the jobs and the evidence of deletions are in these.
    pub async fn delete(
        &self,
        actor: &Actor,
        id: AccountId,
        name: &str,
    ) -> Result<AccountDeletion> {
        // whichever account the operator acts in, the job and its audit entry are of an account that stays
        let home = actor.acting_in(actor.home())?;
        let permission = home.authorize(Operation::DeleteAccount)?;
        let platform = self.tables.platform(&permission);
        if let Some(known) = platform.account_deletion(id).await? {
            return Ok(known);
        }
        let account = platform.accounts_by_ids(&[id]).await?.pop();
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        let inside = actor.acting_in(id)?.authorize(Operation::DeleteAccount)?;
        if self.tables.tenant(&inside).has_operator_keys().await? {
            return Err(Error::conflict(
                "it is an account of operators, whose audit log has the evidence of deletions",
            ));
        }
        if account.name != name {
            return Err(Error::bad_input(
                "input.name",
                "is not the name of the account, expected it as a confirmation",
            ));
        }
        let reason = "the account is being deleted";
        self.suspensions
            .suspend(actor, id, Some(reason.to_owned()))
            .await?;
        let note = audit_note(self.clock.as_ref(), &permission, id, json!({}));
        let store = self.tables.tenant(&permission);
        store.begin_account_deletion(id, note).await?;
        jobs::offer(self.queue.as_ref(), permission.account(), id.uuid());
        let begun = platform.account_deletion(id).await?;
        begun.ok_or_else(|| Error::internal("read a deletion that has just begun"))
    }

    /// The deletion of an account; none when it was never requested.
    pub async fn find(&self, actor: &Actor, id: AccountId) -> Result<Option<AccountDeletion>> {
        let permission = actor.authorize(Operation::AccountDeletion)?;
        let platform = self.tables.platform(&permission);
        platform.account_deletion(id).await
    }
}
