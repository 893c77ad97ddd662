//! Lists of runs, of one account or of all, newest first.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{agent, conversation, run};
use sea_orm::{
    ColumnTrait, Condition, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
    sea_query::Expr,
};
use uuid::{Builder, Uuid};

use super::{UNFINISHED_INDEX, run_of};
use crate::{
    domain::{
        AccountId, AgentId, ConversationId, Page, PageRequest, Run, RunFilter, RunId, RunStatus,
    },
    error::Result,
    store::{PlatformStore, TenantStore, page::Listing},
};

/// The condition of the index of runs that did not end with a whole answer. Literal, so that both databases recognise
/// that the index applies.
const NOT_SUCCEEDED_INDEX: &str = "runs.status IN ('FAILED', 'CANCELLED', 'AWAITING_APPROVAL')";
/// The condition of the index of runs by the code of their error, literal for the same reason.
const ERROR_INDEX: &str = "runs.error IS NOT NULL";
/// How far the time in the id of a run may be from the time of its request.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(1);

impl TenantStore {
    /// The account's runs, newest first.
    pub async fn runs(&self, filter: &RunFilter, request: &PageRequest) -> Result<Page<Run>> {
        let list = self.listed_runs(filter);
        Listing::newest_first(run::Column::Id)
            .page(list, request, self.database.replica(), run_of)
            .await
    }

    /// The total number of runs that [`Self::runs`] lists.
    pub async fn count_runs(&self, filter: &RunFilter) -> Result<u64> {
        let list = self.listed_runs(filter);
        Ok(list.count(self.database.replica()).await?)
    }

    fn listed_runs(&self, filter: &RunFilter) -> Select<run::Entity> {
        let of_end_user = filter.end_user.as_ref().map(|end_user| {
            let theirs = self
                .values::<conversation::Entity>(conversation::Column::Id)
                .and_where(conversation::Column::EndUser.eq(end_user.as_str()))
                .to_owned();
            run::Column::ConversationId.in_subquery(theirs)
        });
        self.rows::<run::Entity>()
            .filter(matching(filter))
            .filter(Condition::all().add_option(of_end_user))
    }
}

impl PlatformStore {
    /// The runs of all accounts, newest first. The filter's end user is not looked at: people belong to an account.
    pub async fn runs(&self, filter: &RunFilter, request: &PageRequest) -> Result<Page<Run>> {
        let list = Self::rows::<run::Entity>().filter(matching(filter));
        Listing::newest_first(run::Column::Id)
            .page(list, request, self.database.replica(), run_of)
            .await
    }

    /// The total number of runs that [`Self::runs`] lists.
    pub async fn count_runs(&self, filter: &RunFilter) -> Result<u64> {
        let list = Self::rows::<run::Entity>().filter(matching(filter));
        Ok(list.count(self.database.replica()).await?)
    }

    /// The run with this id, of any account.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>> {
        let row = Self::rows::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        row.map(run_of).transpose()
    }

    /// The account of an agent.
    pub async fn account_of_agent(&self, id: AgentId) -> Result<Option<AccountId>> {
        let account: Option<Uuid> = Self::rows::<agent::Entity>()
            .filter(agent::Column::Id.eq(id.uuid()))
            .select_only()
            .column(agent::Column::AccountId)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(account.map(AccountId::from_uuid))
    }

    /// The account of a conversation.
    pub async fn account_of_conversation(&self, id: ConversationId) -> Result<Option<AccountId>> {
        let account: Option<Uuid> = Self::rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .select_only()
            .column(conversation::Column::AccountId)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(account.map(AccountId::from_uuid))
    }
}

/// The conditions of a filter but the end user.
fn matching(filter: &RunFilter) -> Condition {
    let RunFilter {
        statuses,
        agent,
        end_user: _,
        conversation,
        error_code,
        from,
        to,
    } = filter;
    let agent = agent.map(|agent| run::Column::AgentId.eq(agent.uuid()));
    let conversation = conversation.map(|id| run::Column::ConversationId.eq(id.uuid()));
    let error_code = error_code.map(|code| {
        let code = Expr::cust("runs.error ->> 'code'").eq(code.name());
        Expr::cust(ERROR_INDEX).and(code)
    });
    Condition::all()
        .add_option(statuses.as_deref().map(in_statuses))
        .add_option(agent)
        .add_option(conversation)
        .add_option(error_code)
        .add_option(from.map(|from| run::Column::CreatedAt.gte(from)))
        .add_option(to.map(|to| run::Column::CreatedAt.lt(to)))
        // ids begin with their time, so that the scan of the ids begins and ends where the period does
        .add_option(from.map(|from| run::Column::Id.gte(first_id(from - CLOCK_TOLERANCE))))
        .add_option(to.map(|to| run::Column::Id.lt(first_id(to + CLOCK_TOLERANCE))))
}

/// One of these statuses, with the condition of an index that has all of them.
fn in_statuses(statuses: &[RunStatus]) -> Condition {
    let index = |indexed: &[RunStatus], condition: &'static str| {
        let is_part = !statuses.is_empty() && statuses.iter().all(|it| indexed.contains(it));
        is_part.then(|| Expr::cust(condition))
    };
    let unfinished = [RunStatus::Queued, RunStatus::Running];
    let not_succeeded = [
        RunStatus::Failed,
        RunStatus::Cancelled,
        RunStatus::AwaitingApproval,
    ];
    let stored = statuses.iter().copied().map(run::RunStatus::from);
    Condition::all()
        .add(run::Column::Status.is_in(stored))
        .add_option(index(&unfinished, UNFINISHED_INDEX))
        .add_option(index(&not_succeeded, NOT_SUCCEEDED_INDEX))
}

/// The lowest id of this millisecond.
fn first_id(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid()
}
