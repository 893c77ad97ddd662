//! Tool calls as people see them: listed, decided, expired.

mod decide;

use chrono::{DateTime, Utc};
use entity::{run, tool_call};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AgentId, ApprovalFilter, CallExtra, ConversationId, McpServerId, Page,
        PageRequest, RunId, ToolApprover, ToolCall, ToolCallId, ToolCallStatus,
    },
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        page::Listing,
        row::{same_variants, to_json},
    },
};

pub use decide::{Decision, DecisionOutcome, RunAddress};

/// The tool calls of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CallCounts {
    pub(super) all: i32,
    /// Those that failed, or whose outcome is unknown.
    pub(super) failed: i32,
}

impl TenantStore {
    /// The calls with these ids that exist, in no particular order.
    pub async fn calls_by_ids(&self, ids: &[ToolCallId]) -> Result<Vec<ToolCall>> {
        let rows = self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(call_of).collect())
    }

    /// The call with this id, if it exists and matches the filter.
    pub async fn matching_call(
        &self,
        id: ToolCallId,
        filter: ApprovalFilter,
    ) -> Result<Option<ToolCall>> {
        let row = self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::Id.eq(id.uuid()))
            .filter(self.matching(filter))
            .one(self.database.primary())
            .await?;
        Ok(row.map(call_of))
    }

    /// The calls that wait for a decision and have not expired, oldest first.
    pub async fn pending_calls(
        &self,
        filter: ApprovalFilter,
        now: DateTime<Utc>,
        request: &PageRequest,
    ) -> Result<Page<ToolCall>> {
        Listing::oldest_first(tool_call::Column::Id)
            .page(
                self.pending(filter, now),
                request,
                self.database.primary(),
                |row| Ok(call_of(row)),
            )
            .await
    }

    /// The total number of calls that [`Self::pending_calls`] lists.
    pub async fn count_pending_calls(
        &self,
        filter: ApprovalFilter,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let pending = self.pending(filter, now);
        Ok(pending.count(self.database.primary()).await?)
    }

    fn pending(&self, filter: ApprovalFilter, now: DateTime<Utc>) -> Select<tool_call::Entity> {
        self.rows::<tool_call::Entity>()
            .filter(tool_call::Column::Status.eq(tool_call::ToolCallStatus::AwaitingApproval))
            .filter(tool_call::Column::ExpiresAt.gt(now))
            .filter(self.matching(filter))
    }

    fn matching(&self, filter: ApprovalFilter) -> Condition {
        let agent = filter
            .agent
            .map(|agent| tool_call::Column::AgentId.eq(agent.uuid()));
        let conversation = filter.conversation.map(|conversation| {
            let runs = self
                .rows::<run::Entity>()
                .filter(run::Column::ConversationId.eq(conversation.uuid()))
                .select_only()
                .column(run::Column::Id)
                .into_query();
            tool_call::Column::RunId.in_subquery(runs)
        });
        let approver = filter.approver.map(|approver| {
            tool_call::Column::Approver.eq(tool_call::ToolApprover::from(approver))
        });
        Condition::all()
            .add_option(agent)
            .add_option(conversation)
            .add_option(approver)
    }

    /// The number of tool calls of a run, and of those that failed or whose outcome is unknown.
    pub(super) async fn count_calls(
        &self,
        run: RunId,
        transaction: &Transaction,
    ) -> Result<CallCounts> {
        let statuses: Vec<tool_call::ToolCallStatus> = self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::RunId.eq(run.uuid()))
            .select_only()
            .column(tool_call::Column::Status)
            .into_tuple()
            .all(&**transaction)
            .await?;
        let mut counts = CallCounts::default();
        for status in statuses {
            counts.all += 1;
            let failed = [
                tool_call::ToolCallStatus::Failed,
                tool_call::ToolCallStatus::Unknown,
            ];
            counts.failed += i32::from(failed.contains(&status));
        }
        Ok(counts)
    }

    /// Closes the open calls of an ended run: waiting ones are never made, and the result of those that were sent stays
    /// unknown.
    pub(super) async fn close_calls(
        &self,
        run: RunId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        let open = |status| {
            self.change::<tool_call::Entity>()
                .filter(tool_call::Column::RunId.eq(run.uuid()))
                .filter(tool_call::Column::Status.eq(status))
        };
        let ended = |status, error: &str| tool_call::ActiveModel {
            status: Set(status),
            error: Set(Some(error.to_owned())),
            finished_at: Set(Some(at)),
            ..Default::default()
        };
        let expired = || {
            ended(
                tool_call::ToolCallStatus::Expired,
                "it was not made: the run ended before",
            )
        };
        open(tool_call::ToolCallStatus::AwaitingApproval)
            .set(expired())
            .exec(&**transaction)
            .await?;
        open(tool_call::ToolCallStatus::Running)
            .filter(tool_call::Column::CalledAt.is_null())
            .set(expired())
            .exec(&**transaction)
            .await?;
        open(tool_call::ToolCallStatus::Running)
            .set(ended(
                tool_call::ToolCallStatus::Unknown,
                "unknown whether it had its effect: the run ended while it was being made",
            ))
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// The conversations of these runs.
    pub async fn conversations_of_runs(
        &self,
        runs: &[RunId],
    ) -> Result<Vec<(RunId, ConversationId)>> {
        let pairs: Vec<(Uuid, Uuid)> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.is_in(runs.iter().map(|id| id.uuid())))
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::ConversationId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(pairs
            .into_iter()
            .map(|(run, conversation)| {
                (
                    RunId::from_uuid(run),
                    ConversationId::from_uuid(conversation),
                )
            })
            .collect())
    }
}

impl PlatformStore {
    /// At most `most` calls of any account that were not decided in time.
    pub async fn overdue_calls(&self, now: DateTime<Utc>, most: u64) -> Result<Vec<ToolCall>> {
        let rows = Self::rows::<tool_call::Entity>()
            // literal, not bound: only then does SQLite recognise that the index applies
            .filter(Expr::cust("tool_calls.status = 'AWAITING_APPROVAL'"))
            .filter(tool_call::Column::ExpiresAt.lte(now))
            .order_by_asc(tool_call::Column::ExpiresAt)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(call_of).collect())
    }
}

pub(super) fn call_row(call: &ToolCall) -> Result<tool_call::ActiveModel> {
    Ok(tool_call::ActiveModel {
        id: Set(call.id.uuid()),
        account_id: Set(call.account.uuid()),
        run_id: Set(call.run.uuid()),
        agent_id: Set(call.agent.map(AgentId::uuid)),
        server_id: Set(call.server.map(McpServerId::uuid)),
        tool: Set(call.tool.clone()),
        arguments: Set(call.arguments.clone()),
        arguments_digest: Set(digest_bytes(&call.digest)?),
        idempotency_key: Set(call.idempotency_key()),
        step: Set(call.step),
        position: Set(call.position),
        reference: Set(call.reference.clone()),
        extra: Set(extra_row(&call.extra)?),
        result: Set(call.result.clone()),
        answer: Set(call.answer.clone()),
        status: Set(call.status.into()),
        error: Set(call.error.clone()),
        duration_ms: Set(call.duration_ms),
        requested_at: Set(call.requested_at),
        approver: Set(call.approver.map(Into::into)),
        expires_at: Set(call.expires_at),
        called_at: Set(call.called_at),
        resolved_at: Set(call.resolved_at),
        resolved_by: Set(call.resolved_by.clone()),
        finished_at: Set(call.finished_at),
    })
}

fn digest_bytes(digest: &str) -> Result<Vec<u8>> {
    data_encoding::HEXLOWER
        .decode(digest.as_bytes())
        .map_err(|cause| Error::internal("write the digest of a tool call").with_source(cause))
}

fn extra_row(extra: &CallExtra) -> Result<Option<Value>> {
    let is_given = !extra.is_empty();
    let row = is_given.then(|| to_json("tool_calls.extra", extra));
    row.transpose()
}

/// The members that go back to the provider. A call without them is refused by some providers and still taken by others,
/// so an unreadable value is treated as none.
fn extra_of(row: Option<Value>) -> CallExtra {
    row.and_then(|extra| serde_json::from_value(extra).ok())
        .unwrap_or_default()
}

pub(super) fn call_of(row: tool_call::Model) -> ToolCall {
    ToolCall {
        id: ToolCallId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        run: RunId::from_uuid(row.run_id),
        agent: row.agent_id.map(AgentId::from_uuid),
        server: row.server_id.map(McpServerId::from_uuid),
        tool: row.tool,
        arguments: row.arguments,
        digest: data_encoding::HEXLOWER.encode(&row.arguments_digest),
        step: row.step,
        position: row.position,
        reference: row.reference,
        extra: extra_of(row.extra),
        result: row.result,
        answer: row.answer,
        status: row.status.into(),
        error: row.error,
        duration_ms: row.duration_ms,
        requested_at: row.requested_at,
        // a process without this column asks the staff
        approver: match row.approver {
            Some(approver) => Some(approver.into()),
            None => row.expires_at.map(|_| ToolApprover::Staff),
        },
        expires_at: row.expires_at,
        called_at: row.called_at,
        resolved_at: row.resolved_at,
        resolved_by: row.resolved_by,
        finished_at: row.finished_at,
    }
}

same_variants!(tool_call::ToolCallStatus, ToolCallStatus: AwaitingApproval, Running, Succeeded, Failed, Unknown, Denied, Expired);
same_variants!(tool_call::ToolApprover, ToolApprover: Staff, EndUser);
