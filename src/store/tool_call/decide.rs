//! Decisions about calls: each counts once, and a run goes on when it waits for no more of them.

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

/// What a person decides about a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Which call.
    pub call: ToolCallId,
    /// Whether it may be made.
    pub approve: bool,
    /// The digest of the arguments that the person saw.
    pub digest: String,
    /// Who decides.
    pub by: String,
    /// Why not, for the model.
    pub error: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a decision.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, looked at and gone"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// It counts. The run goes on, if this was the last call that it waited for.
    Yes(ToolCall, RunPlace),
    /// There is no such call.
    NoCall,
    /// The person saw other arguments.
    OtherArguments,
    /// It was decided before, or nobody may decide any more; how it stands.
    NotWaiting(ToolCallStatus),
    /// It came too late.
    TooLate(DateTime<Utc>),
}

/// Where a run is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPlace {
    /// The account.
    pub account: AccountId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who may answer.
    pub class: LatencyClass,
}

impl TenantStore {
    /// Decides about a call, once: two who decide at the same time follow each other.
    pub async fn decide(&self, decision: &Decision, note: AuditNote) -> Result<Decided> {
        let transaction = self.database.begin().await?;
        let Some(row) = self.hold_call(decision.call, &transaction).await? else {
            return Ok(Decided::NoCall);
        };
        if row.status != tool_call::ToolCallStatus::AwaitingApproval {
            return Ok(Decided::NotWaiting(row.status.into()));
        }
        let mut call = call_of(row);
        if call.digest != decision.digest {
            return Ok(Decided::OtherArguments);
        }
        if let Some(until) = call.expires_at.filter(|until| *until <= decision.at) {
            return Ok(Decided::TooLate(until));
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
        Ok(Decided::Yes(call, place))
    }

    /// Gives up a call about which nobody has decided in time; none when somebody has, meanwhile.
    pub async fn expire_call(
        &self,
        id: ToolCallId,
        error: &str,
        note: AuditNote,
    ) -> Result<Option<RunPlace>> {
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

    /// The call, with its run held until the transaction ends: a run and its calls change together.
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
        // as it is now that nobody else changes it
        Ok(find().one(&**transaction).await?)
    }

    /// Writes what was decided, and lets the run go on when it waits for nothing more.
    async fn settle(
        &self,
        call: &ToolCall,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<RunPlace> {
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
        Ok(RunPlace {
            account: self.account,
            conversation: ConversationId::from_uuid(conversation),
            class: class.into(),
        })
    }
}
