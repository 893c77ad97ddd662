//! Runs: read, listed and cancelled.

use super::{refuse, tables::Tables};
use crate::{
    domain::{AccountId, Actor, Operation, Page, PageRequest, Permission, Run, RunFilter, RunId},
    engine::RunCanceller,
    error::{Error, Result},
};

/// Reads and cancels runs.
#[derive(Clone)]
pub struct RunService {
    pub(super) tables: Tables,
    pub(super) canceller: RunCanceller,
}

/// The runs that a list is about.
enum ListedRuns {
    /// Those of one account.
    OfAccount(Permission),
    /// Those of every account.
    All(Permission),
    /// None: the filter names an agent or a conversation that does not exist.
    None,
}

impl RunService {
    /// The run with that id; of any account for an operator that acts for the platform.
    pub async fn get(&self, actor: &Actor, id: RunId) -> Result<Option<Run>> {
        let permission = actor.authorize(Operation::Run)?;
        if actor.acts_for_platform() {
            return self.tables.platform(&permission).run(id).await;
        }
        let store = self.tables.tenant(&permission);
        Ok(store.runs_by_ids(&[id]).await?.pop())
    }

    /// The runs of an account, newest first. Without `account` those of the actor's account, or, for an operator that acts
    /// for the platform, of every account.
    pub async fn list(
        &self,
        actor: &Actor,
        account: Option<AccountId>,
        filter: &RunFilter,
        page: &PageRequest,
    ) -> Result<Page<Run>> {
        match self.listed(actor, account, filter).await? {
            ListedRuns::OfAccount(permission) => {
                self.tables.tenant(permission).runs(filter, page).await
            }
            ListedRuns::All(permission) => {
                self.tables.platform(permission).runs(filter, page).await
            }
            ListedRuns::None => Ok(Page {
                items: Vec::new(),
                has_previous: false,
                has_next: false,
            }),
        }
    }

    /// The total number of runs in [`Self::list`].
    pub async fn count(
        &self,
        actor: &Actor,
        account: Option<AccountId>,
        filter: &RunFilter,
    ) -> Result<u64> {
        match self.listed(actor, account, filter).await? {
            ListedRuns::OfAccount(permission) => {
                self.tables.tenant(permission).count_runs(filter).await
            }
            ListedRuns::All(permission) => {
                self.tables.platform(permission).count_runs(filter).await
            }
            ListedRuns::None => Ok(0),
        }
    }

    /// Which runs a list is about. `NOT_FOUND` for an account that the caller may not act in.
    async fn listed(
        &self,
        actor: &Actor,
        account: Option<AccountId>,
        filter: &RunFilter,
    ) -> Result<ListedRuns> {
        let permission = actor.authorize(Operation::Runs)?;
        refuse(filter.problems())?;
        let account = match account {
            Some(account) => account,
            None if !actor.acts_for_platform() => actor.account(),
            None => {
                let platform = self.tables.platform(&permission);
                // an agent or a conversation has one account
                let account = match (filter.conversation, filter.agent) {
                    (Some(conversation), _) => {
                        platform.account_of_conversation(conversation).await?
                    }
                    (None, Some(agent)) => platform.account_of_agent(agent).await?,
                    (None, None) if filter.end_user.is_some() => {
                        return Err(Error::bad_input(
                            "filter.accountId",
                            "is needed with filter.endUser: each account names its people itself",
                        ));
                    }
                    (None, None) => return Ok(ListedRuns::All(permission)),
                };
                let Some(account) = account else {
                    return Ok(ListedRuns::None);
                };
                account
            }
        };
        let acting = actor.acting_in(account);
        let acting = acting.map_err(|_| Error::not_found("account"))?;
        let permission = acting.authorize(Operation::Runs)?;
        Ok(ListedRuns::OfAccount(permission))
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
