//! The end of a run: its answer, its usage and its status in one transaction.

use chrono::{DateTime, Utc};
use entity::{agent, conversation, message, run, webhook};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, JsonValue, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, LockType},
};
use uuid::Uuid;

use crate::{
    domain::{
        AccountEventKind, AgentId, ConversationId, FinishReason, KeptState, Lease, Message,
        NumberedPassage, RouteOutcome, RunError, RunId, RunStatus, TemplateId, Usage, UsageShare,
    },
    error::Result,
    store::{
        TenantStore, agent::canary_of, connection::Transaction, message::message_row, row::to_json,
        workflow_state::NewState,
    },
};

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// SUCCEEDED, FAILED or CANCELLED.
    pub status: RunStatus,
    /// The answer, if the run produced one.
    pub answer: Option<Message>,
    /// The passages that the model of the answer was given.
    pub sources: Vec<NumberedPassage>,
    /// The tokens, cost and durations of the run.
    pub usage: Usage,
    /// The tokens and the cost by the agents and models that caused them; empty for a run without model calls.
    pub shares: Vec<UsageShare>,
    /// The model that answered.
    pub model: Option<String>,
    /// Why the answer ended, if the run produced one.
    pub finish_reason: Option<FinishReason>,
    /// Why the run failed.
    pub error: Option<RunError>,
    /// The agent that was chosen for the message.
    pub route: RouteOutcome,
    /// Whether the run may have called tools: its open calls are then closed.
    pub has_calls: bool,
    /// Whether model calls of the run may have reserved something of a budget.
    pub has_holds: bool,
    /// Whether handoffs to the agent that answered are open: they are then resolved.
    pub resolves_handoffs: bool,
    /// The state that the workflow of the agent that answered keeps, if it changed.
    pub state: Option<KeptState>,
    /// The sequence of the run's last event.
    pub last_sequence: i64,
    /// When the run ended.
    pub at: DateTime<Utc>,
}

/// The agent of a run, protected from deletion until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct HeldAgent {
    pub(in crate::store) id: AgentId,
    pub(in crate::store) template: TemplateId,
}

/// The agent of a run, with what else the end of a run needs to know of the account.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct AgentOfRun {
    pub(in crate::store) held: HeldAgent,
    has_webhooks: bool,
}

/// What a transaction needs of the agent of a run.
#[derive(FromQueryResult)]
pub(in crate::store) struct AgentRow {
    pub(in crate::store) id: Uuid,
    template_id: Uuid,
    canary: Option<JsonValue>,
    has_webhooks: bool,
}

impl TenantStore {
    /// Ends a run: stores its answer, its usage and its status, all or nothing. Returns false, and writes nothing, when
    /// the lease is lost.
    pub async fn finish(&self, lease: &Lease, outcome: &RunOutcome) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let found = self.agent_of_run(lease.run, &transaction).await?;
        let held = found.map(|found| found.held);
        let agent = held.map(|held| held.id);
        self.touch_conversation(lease.conversation, outcome, &transaction)
            .await?;
        if !self.end_run(lease, outcome, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        if let Some(said) = &outcome.answer {
            let answer = message::ActiveModel {
                agent_id: Set(agent.map(AgentId::uuid)),
                ..message_row(self.account, said)
            };
            message::Entity::insert(answer)
                .exec_without_returning(&*transaction)
                .await?;
            self.insert_sources(said.id, &outcome.sources, &transaction)
                .await?;
        } else {
            // boxed: rarely needed, and a large future
            Box::pin(self.restore_line(lease.conversation, lease.run, &transaction)).await?;
        }
        if outcome.has_calls {
            self.close_calls(lease.run, outcome.at, &transaction)
                .await?;
        }
        if let Some(agent) = agent.filter(|_| outcome.resolves_handoffs) {
            self.resolve_handoffs(lease.conversation, agent, outcome.at, &transaction)
                .await?;
        }
        if let (Some(agent), Some(kept)) = (agent, &outcome.state) {
            let new = NewState {
                conversation: lease.conversation,
                agent,
                run: lease.run,
                kept,
                at: outcome.at,
            };
            self.keep_state(&new, &transaction).await?;
        }
        self.meter(lease, held, outcome, &transaction).await?;
        // of the run of a deleted agent it is not known
        if found.is_none_or(|found| found.has_webhooks) {
            let ended = AccountEventKind::RunEnded;
            self.record_events(ended, lease.run.uuid(), outcome.at, &transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The agent of a run in the version that answers it, protected from deletion until the transaction ends; none when it
    /// was deleted.
    pub(in crate::store) async fn agent_of_run(
        &self,
        id: RunId,
        transaction: &Transaction,
    ) -> Result<Option<AgentOfRun>> {
        let Some(row) = self.hold_agent_of_run(id, transaction).await? else {
            return Ok(None);
        };
        let agent = AgentId::from_uuid(row.id);
        let mut template = TemplateId::from_uuid(row.template_id);
        if let Some(canary) = canary_of(row.canary)? {
            // boxed: rarely needed
            let version = Box::pin(self.version_of_run(agent, &canary, id, transaction)).await?;
            template = version.unwrap_or(template);
        }
        let held = HeldAgent {
            id: agent,
            template,
        };
        Ok(Some(AgentOfRun {
            held,
            has_webhooks: row.has_webhooks,
        }))
    }

    /// The row of a run's agent, protected from deletion until the transaction ends; none when it was deleted.
    pub(in crate::store) async fn hold_agent_of_run(
        &self,
        id: RunId,
        transaction: &Transaction,
    ) -> Result<Option<AgentRow>> {
        let agent_of_it = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .select_only()
            .column(run::Column::AgentId)
            .into_query();
        let webhooks = self.values::<webhook::Entity>(webhook::Column::Id);
        let row = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.in_subquery(agent_of_it))
            .lock(LockType::KeyShare)
            .select_only()
            .columns([
                agent::Column::Id,
                agent::Column::TemplateId,
                agent::Column::Canary,
            ])
            .column_as(Expr::exists(webhooks), "has_webhooks")
            .into_model()
            .one(&**transaction)
            .await?;
        Ok(row)
    }

    /// Records the end of a run in its conversation, and locks it until the transaction ends. The run is on the selected
    /// line: another one is not selected while a run is unfinished.
    async fn touch_conversation(
        &self,
        id: ConversationId,
        outcome: &RunOutcome,
        transaction: &Transaction,
    ) -> Result<()> {
        let mut touched = conversation::ActiveModel {
            updated_at: Set(outcome.at),
            ..Default::default()
        };
        let answer = outcome.answer.as_ref();
        if let Some(answer) = answer {
            touched.last_message_id = Set(Some(answer.id.uuid()));
            touched.unread = Set(true);
        }
        let count = Expr::col(conversation::Column::MessageCount);
        self.change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .set(touched)
            .col_expr(
                conversation::Column::MessageCount,
                count.add(i32::from(answer.is_some())),
            )
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    async fn end_run(
        &self,
        lease: &Lease,
        outcome: &RunOutcome,
        transaction: &Transaction,
    ) -> Result<bool> {
        let error = outcome.error.as_ref();
        let ended = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .set(run::ActiveModel {
                status: Set(outcome.status.into()),
                answer_id: Set(outcome.answer.as_ref().map(|answer| answer.id.uuid())),
                lease_owner: Set(None),
                lease_expires_at: Set(None),
                model: Set(outcome.model.clone()),
                input_tokens: Set(outcome.usage.input_tokens),
                output_tokens: Set(outcome.usage.output_tokens),
                cost_usd: Set(outcome.usage.cost_usd),
                first_token_ms: Set(outcome.usage.first_token_ms),
                duration_ms: Set(outcome.usage.duration_ms),
                finish_reason: Set(outcome.finish_reason.map(Into::into)),
                error: Set(error
                    .map(|error| to_json("runs.error", error))
                    .transpose()?),
                last_sequence: Set(Some(outcome.last_sequence)),
                finished_at: Set(Some(outcome.at)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(ended.rows_affected > 0)
    }
}
