//! Runs: accepted, owned by one process at a time, finished.

mod accept;
mod admission;
mod finish;
mod journal;
mod lease;
mod line;
mod list;
mod meter;
mod waiting;

use chrono::{DateTime, Utc};
use entity::run;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, SelectStatement},
};
use uuid::Uuid;

pub use accept::{Accepted, Branch, NewExchange, Sender, TargetConversation};
pub(in crate::store) use finish::HeldAgent;
pub use finish::RunOutcome;
pub use lease::{AttemptCount, AttemptEnd, Claimant};
pub use waiting::WaitingRuns;

use crate::{
    domain::{
        AccountId, AgentId, ConversationId, MessageId, RequestId, Run, RunId, RunStatus, SessionId,
        Usage,
    },
    error::Result,
    store::{
        TenantStore,
        row::{from_json, same_variants},
    },
};

/// The statuses of runs that have not ended.
pub(in crate::store) const UNFINISHED: [run::RunStatus; 3] = [
    run::RunStatus::Queued,
    run::RunStatus::Running,
    run::RunStatus::AwaitingApproval,
];

/// The condition of the index of queued and running runs. Literal, not bound: only then does SQLite recognise that the
/// index applies.
const UNFINISHED_INDEX: &str = "runs.status IN ('QUEUED', 'RUNNING')";

impl TenantStore {
    /// The runs with these ids that exist, in no particular order.
    pub async fn runs_by_ids(&self, ids: &[RunId]) -> Result<Vec<Run>> {
        self.rows::<run::Entity>()
            .filter(run::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(run_of)
            .collect()
    }

    /// At most `most` runs of a conversation after `after`, oldest first.
    pub async fn runs_after(
        &self,
        conversation: ConversationId,
        after: Option<RunId>,
        most: u64,
    ) -> Result<Vec<Run>> {
        self.rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .filter(
                Condition::all().add_option(after.map(|after| run::Column::Id.gt(after.uuid()))),
            )
            .order_by_asc(run::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(run_of)
            .collect()
    }

    /// The newest run of a conversation.
    pub async fn newest_run(&self, conversation: ConversationId) -> Result<Option<Run>> {
        let row = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .order_by_desc(run::Column::Id)
            .one(self.database.primary())
            .await?;
        row.map(run_of).transpose()
    }

    /// The run before a conversation's first unfinished run; its last run when all have ended. `None` when there is no such
    /// run.
    pub async fn run_before_unfinished(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<RunId>> {
        let first_unfinished = self.unfinished_runs(conversation).await?.pop();
        let before = first_unfinished.map(|first| run::Column::Id.lt(first.uuid()));
        let id: Option<Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .filter(Condition::all().add_option(before))
            .order_by_desc(run::Column::Id)
            .select_only()
            .column(run::Column::Id)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(id.map(RunId::from_uuid))
    }

    /// The unfinished runs of a conversation, newest first.
    pub async fn unfinished_runs(&self, conversation: ConversationId) -> Result<Vec<RunId>> {
        let ids: Vec<Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .order_by_desc(run::Column::Id)
            .select_only()
            .column(run::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(RunId::from_uuid).collect())
    }

    /// The query for the account's queued and running runs, at most `most`.
    pub(super) fn unfinished_up_to(&self, most: u64) -> SelectStatement {
        self.rows::<run::Entity>()
            .filter(Expr::cust(UNFINISHED_INDEX))
            .select_only()
            .column(run::Column::Id)
            .limit(most)
            .into_query()
    }

    /// At most `most` unfinished runs of the account before this one, newest first: the end of one then does not start the
    /// next.
    pub async fn unfinished_runs_of_account(
        &self,
        before: Option<RunId>,
        most: u64,
    ) -> Result<Vec<RunId>> {
        let older = before.map(|before| run::Column::Id.lt(before.uuid()));
        let ids: Vec<Uuid> = self
            .rows::<run::Entity>()
            .filter(Expr::cust(UNFINISHED_INDEX))
            .filter(Condition::all().add_option(older))
            .order_by_desc(run::Column::Id)
            .limit(most)
            .select_only()
            .column(run::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(RunId::from_uuid).collect())
    }

    /// Requests the cancellation of an unfinished run; returns the run after the change.
    pub async fn request_cancel(&self, id: RunId) -> Result<Option<Run>> {
        let writer = self.database.writer().await;
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .set(run::ActiveModel {
                cancel_requested: Set(true),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        drop(writer);
        Ok(self.runs_by_ids(&[id]).await?.into_iter().next())
    }

    /// Cancels a run that is still queued; returns false when it is not.
    pub async fn cancel_queued(
        &self,
        run: RunId,
        last_sequence: i64,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let known = self.rows::<run::Entity>();
        let known = known.filter(run::Column::Id.eq(run.uuid()));
        let Some(known) = known.one(&*transaction).await? else {
            transaction.roll_back().await?;
            return Ok(false);
        };
        let conversation = ConversationId::from_uuid(known.conversation_id);
        // conversations are locked before runs
        self.lock_conversation(conversation, at, &transaction)
            .await?;
        let cancelled = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(run.uuid()))
            .filter(run::Column::Status.eq(run::RunStatus::Queued))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::Cancelled),
                cancel_requested: Set(true),
                last_sequence: Set(Some(last_sequence)),
                finished_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if cancelled.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.restore_line(conversation, run, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

pub(super) fn run_of(row: run::Model) -> Result<Run> {
    Ok(Run {
        id: RunId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        conversation: ConversationId::from_uuid(row.conversation_id),
        agent: row.agent_id.map(AgentId::from_uuid),
        question: MessageId::from_uuid(row.question_id),
        answer: row.answer_id.map(MessageId::from_uuid),
        client_message_id: row.client_message_id,
        session: row.session_id.map(SessionId::from_uuid),
        request: row.request_id.map(RequestId::from_uuid),
        status: row.status.into(),
        latency_class: row.latency_class.into(),
        attempt: row.attempt,
        epoch: row.epoch,
        cancel_requested: row.cancel_requested,
        route: from_json("runs.route", row.route)?,
        allow_tools: row
            .allow_tools
            .map(|tools| from_json("runs.allow_tools", tools))
            .transpose()?,
        failed_model: row.failed_model,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd: row.cost_usd,
            attempts: i64::from(row.attempt),
            first_token_ms: row.first_token_ms,
            duration_ms: row.duration_ms,
        },
        finish_reason: row.finish_reason.map(Into::into),
        error: row
            .error
            .map(|error| from_json("runs.error", error))
            .transpose()?,
        last_sequence: row.last_sequence,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
    })
}

same_variants!(run::RunStatus, RunStatus: Queued, Running, AwaitingApproval, Succeeded, Failed, Cancelled);
