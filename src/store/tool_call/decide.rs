//! Decisions on tool calls: each is made once, and a parked run resumes when none of its calls waits for one.

use chrono::{DateTime, Utc};
use entity::{run, tool_call};
use sea_orm::{ActiveValue::Set, ColumnTrait, QueryFilter, QuerySelect, sea_query::LockType};
use uuid::Uuid;

use super::call_of;
use crate::{
    domain::{
        AccountId, AuditNote, ConversationId, LatencyClass, ToolCall, ToolCallId, ToolCallStatus,
    },
    error::{Error, Result},
    store::{TenantStore, connection::Transaction},
};

/// A person's decision on a tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The call that is decided.
    pub call: ToolCallId,
    /// Whether the call may be made.
    pub approve: bool,
    /// The digest of the arguments that the person saw.
    pub digest: String,
    /// The person or key that decides.
    pub by: String,
    /// The reason of a denial, for the model.
    pub error: Option<String>,
    /// When the decision was made.
    pub at: DateTime<Utc>,
}

/// The result of [`TenantStore::decide`].
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, looked at and gone"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum DecisionOutcome {
    /// The decision is stored. The run resumes, if this was the last call that it waited for.
    Yes(ToolCall, RunAddress),
    /// The call does not exist.
    NoCall,
    /// The digest is not that of the call's arguments.
    OtherArguments,
    /// The call was decided before or expired; its status.
    NotWaiting(ToolCallStatus),
    /// The time for a decision ended at this time.
    TooLate(DateTime<Utc>),
}

/// The conversation of a run, with what is needed to announce that it may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunAddress {
    /// The account that the run belongs to.
    pub account: AccountId,
    /// The conversation that the run belongs to.
    pub conversation: ConversationId,
    /// The latency class, which determines the processes that may claim the run.
    pub class: LatencyClass,
}

impl TenantStore {
    /// Stores a decision on a call, once: a concurrent decision waits, and then finds the call decided.
    pub async fn decide(&self, decision: &Decision, note: AuditNote) -> Result<DecisionOutcome> {
        let transaction = self.database.begin().await?;
        let Some(row) = self.hold_call(decision.call, &transaction).await? else {
            return Ok(DecisionOutcome::NoCall);
        };
        if row.status != tool_call::ToolCallStatus::AwaitingApproval {
            return Ok(DecisionOutcome::NotWaiting(row.status.into()));
        }
        let mut call = call_of(row);
        if call.digest != decision.digest {
            return Ok(DecisionOutcome::OtherArguments);
        }
        if let Some(until) = call.expires_at.filter(|until| *until <= decision.at) {
            return Ok(DecisionOutcome::TooLate(until));
        }
        call.resolved_at = Some(decision.at);
        call.resolved_by = Some(decision.by.clone());
        if decision.approve {
            call.status = ToolCallStatus::Running;
        } else {
            call.status = ToolCallStatus::Denied;
            call.error.clone_from(&decision.error);
            call.finished_at = Some(decision.at);
        }
        let place = self.settle(&call, decision.at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(DecisionOutcome::Yes(call, place))
    }

    /// Expires a call that was not decided in time; none when it was decided meanwhile.
    pub async fn expire_call(
        &self,
        id: ToolCallId,
        error: &str,
        note: AuditNote,
    ) -> Result<Option<RunAddress>> {
        let at = note.at;
        let transaction = self.database.begin().await?;
        let row = self.hold_call(id, &transaction).await?;
        let waits = |row: &tool_call::Model| {
            row.status == tool_call::ToolCallStatus::AwaitingApproval
                && row.expires_at.is_some_and(|until| until <= at)
        };
        let Some(row) = row.filter(waits) else {
            return Ok(None);
        };
        let mut call = call_of(row);
        call.status = ToolCallStatus::Expired;
        call.error = Some(error.to_owned());
        call.finished_at = Some(at);
        let place = self.settle(&call, at, &transaction).await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(Some(place))
    }

    /// The call, with its run locked until the transaction ends: a run and its calls change together.
    async fn hold_call(
        &self,
        id: ToolCallId,
        transaction: &Transaction,
    ) -> Result<Option<tool_call::Model>> {
        let find = || {
            self.rows::<tool_call::Entity>()
                .filter(tool_call::Column::Id.eq(id.uuid()))
        };
        let Some(call) = find().one(&**transaction).await? else {
            return Ok(None);
        };
        self.rows::<run::Entity>()
            .filter(run::Column::Id.eq(call.run_id))
            .lock(LockType::Update)
            .one(&**transaction)
            .await?;
        // read again, now that no other transaction can change it
        Ok(find().one(&**transaction).await?)
    }

    /// Writes the decision, and resumes the run when none of its calls waits for one.
    async fn settle(
        &self,
        call: &ToolCall,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<RunAddress> {
        self.change::<tool_call::Entity>()
            .filter(tool_call::Column::Id.eq(call.id.uuid()))
            .set(tool_call::ActiveModel {
                status: Set(call.status.into()),
                error: Set(call.error.clone()),
                resolved_at: Set(call.resolved_at),
                resolved_by: Set(call.resolved_by.clone()),
                finished_at: Set(call.finished_at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        if self.count_waiting_calls(call.run, transaction).await? == 0 {
            self.take_up_in(call.run, at, transaction).await?;
        }
        let run: Option<(Uuid, entity::template::LatencyClass)> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(call.run.uuid()))
            .select_only()
            .column(run::Column::ConversationId)
            .column(run::Column::LatencyClass)
            .into_tuple()
            .one(&**transaction)
            .await?;
        let (conversation, class) = run.ok_or_else(|| Error::not_found("run"))?;
        Ok(RunAddress {
            account: self.account,
            conversation: ConversationId::from_uuid(conversation),
            class: class.into(),
        })
    }
}
