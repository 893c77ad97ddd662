//! The step journal of a run: the model's replies that called tools, so that a process that takes the run over repeats
//! none of the calls.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{run, run_step, tool_call};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    domain::{AgentId, AgentSwitch, AuditNote, Handoff, Lease, RunId, RunStep, ToolCall},
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        tool_call::{call_of, call_row},
    },
};

impl TenantStore {
    /// The steps that a run's earlier attempts have recorded, in order.
    pub async fn steps_of(&self, run: RunId) -> Result<Vec<RunStep>> {
        let steps = self
            .rows::<run_step::Entity>()
            .filter(run_step::Column::RunId.eq(run.uuid()))
            .order_by_asc(run_step::Column::Step)
            .all(self.database.primary())
            .await?;
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut calls: BTreeMap<i32, Vec<ToolCall>> = BTreeMap::new();
        for call in self.calls_of_runs(&[run]).await? {
            calls.entry(call.step).or_default().push(call);
        }
        let mut handoffs: BTreeMap<i32, Handoff> = BTreeMap::new();
        for handoff in self.handoffs_in(run).await? {
            handoffs.extend(handoff.step.map(|step| (step, handoff)));
        }
        let step = |row: run_step::Model| RunStep {
            number: row.step,
            text: row.text,
            reasoning: row.reasoning,
            extra: members_of(row.extra),
            model: row.model,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd: row.cost_usd,
            at: row.created_at,
            calls: calls.remove(&row.step).unwrap_or_default(),
            agent: row.agent_id.map(AgentId::from_uuid),
            private: row.private,
            handoff: handoffs.remove(&row.step),
            stage: row.stage,
            outcome: row.outcome,
        };
        Ok(steps.into_iter().map(step).collect())
    }

    /// Stores a step with its calls, all or nothing, and audit entries for those calls that are already finished. With
    /// `switch`, the handoff that the step asked for, which changes the agent of the run and its conversation. Returns
    /// false, and writes nothing, when the lease is lost; fails when an agent of the handoff was deleted.
    pub async fn record_step(
        &self,
        lease: &Lease,
        step: &RunStep,
        notes: Vec<AuditNote>,
        switch: Option<&AgentSwitch>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        // agents are locked before conversations, and those before runs, in every transaction
        let agent = self.hold_agent_of_run(lease.run, &transaction).await?;
        let agent = agent.map(|row| AgentId::from_uuid(row.id));
        if let Some(switch) = switch {
            self.hold_both_agents(&switch.handoff, &transaction).await?;
            self.switch_conversation(switch, &transaction).await?;
        }
        if !self.hold_lease(lease, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        run_step::Entity::insert(run_step::ActiveModel {
            id: Set(Uuid::now_v7()),
            account_id: Set(self.account.uuid()),
            run_id: Set(lease.run.uuid()),
            step: Set(step.number),
            agent_id: Set(step.agent.map(AgentId::uuid)),
            private: Set(step.private),
            text: Set(step.text.clone()),
            reasoning: Set(step.reasoning.clone()),
            extra: Set((!step.extra.is_empty()).then(|| step.extra.clone().into())),
            model: Set(step.model.clone()),
            input_tokens: Set(step.input_tokens),
            output_tokens: Set(step.output_tokens),
            cost_usd: Set(step.cost_usd),
            stage: Set(step.stage.clone()),
            outcome: Set(step.outcome.clone()),
            created_at: Set(step.at),
        })
        .exec_without_returning(&*transaction)
        .await?;
        let calls = step.calls.iter().map(|call| {
            Ok(tool_call::ActiveModel {
                agent_id: Set(agent.map(AgentId::uuid)),
                ..call_row(call)?
            })
        });
        let calls = calls.collect::<Result<Vec<_>>>()?;
        if !calls.is_empty() {
            tool_call::Entity::insert_many(calls)
                .exec_without_returning(&*transaction)
                .await?;
        }
        if let Some(switch) = switch {
            self.switch_run(switch, &transaction).await?;
            Box::pin(self.insert_switch(switch, &transaction)).await?;
        }
        self.note(notes, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Records that a call is sent now. Returns false, and writes nothing, when the lease is lost or the call is not
    /// RUNNING.
    pub async fn begin_call(
        &self,
        lease: &Lease,
        call: &ToolCall,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.hold_lease(lease, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        let begun = self
            .change::<tool_call::Entity>()
            .filter(tool_call::Column::Id.eq(call.id.uuid()))
            .filter(tool_call::Column::Status.eq(tool_call::ToolCallStatus::Running))
            .set(tool_call::ActiveModel {
                called_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(begun.rows_affected > 0)
    }

    /// Stores the result of a call and an audit entry. Returns false, and writes nothing, when the lease is lost.
    pub async fn finish_call(
        &self,
        lease: &Lease,
        call: &ToolCall,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.hold_lease(lease, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.change::<tool_call::Entity>()
            .filter(tool_call::Column::Id.eq(call.id.uuid()))
            .set(tool_call::ActiveModel {
                result: Set(call.result.clone()),
                answer: Set(call.answer.clone()),
                status: Set(call.status.into()),
                error: Set(call.error.clone()),
                duration_ms: Set(call.duration_ms),
                finished_at: Set(call.finished_at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Parks a run until its calls are approved or denied: no process owns it meanwhile, and the attempt does not
    /// count. A run whose cancellation was requested meanwhile is made claimable at once, because no other event would
    /// resume it. Returns false, and writes nothing, when no call waits for a decision. `CONFLICT` when the lease is
    /// lost.
    pub async fn park(&self, lease: &Lease, now: DateTime<Utc>) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.hold_lease(lease, &transaction).await? {
            transaction.roll_back().await?;
            return Err(Error::conflict("another process has taken this run over"));
        }
        if self.count_waiting_calls(lease.run, &transaction).await? == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::AwaitingApproval),
                lease_owner: Set(None),
                lease_expires_at: Set(None),
                ..Default::default()
            })
            .col_expr(
                run::Column::ExcusedAttempts,
                Expr::col(run::Column::ExcusedAttempts).add(1),
            )
            .exec(&*transaction)
            .await?;
        let is_to_stop = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::CancelRequested.eq(true))
            .count(&*transaction)
            .await?;
        if is_to_stop > 0 {
            self.take_up_in(lease.run, now, &transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Makes a parked run claimable by any process; does nothing to a run that is not parked.
    pub async fn take_up(&self, run: RunId, now: DateTime<Utc>) -> Result<()> {
        let transaction = self.database.begin().await?;
        self.take_up_in(run, now, &transaction).await?;
        transaction.commit().await
    }

    /// As [`Self::take_up`], in a transaction that holds the lock on the run.
    pub(in crate::store) async fn take_up_in(
        &self,
        run: RunId,
        now: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(run.uuid()))
            .filter(run::Column::Status.eq(run::RunStatus::AwaitingApproval))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::Running),
                ..Default::default()
            })
            // a lease that has expired: the next process that looks claims the run
            .col_expr(
                run::Column::LeaseExpiresAt,
                self.database.time(now, TimeDelta::zero()),
            )
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// The number of a run's calls that wait for a decision.
    pub(in crate::store) async fn count_waiting_calls(
        &self,
        run: RunId,
        transaction: &Transaction,
    ) -> Result<u64> {
        Ok(self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::RunId.eq(run.uuid()))
            .filter(tool_call::Column::Status.eq(tool_call::ToolCallStatus::AwaitingApproval))
            .count(&**transaction)
            .await?)
    }

    /// Locks a run for its owner until the transaction ends; returns false when the lease is lost.
    async fn hold_lease(&self, lease: &Lease, transaction: &Transaction) -> Result<bool> {
        let held: Option<Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .select_only()
            .column(run::Column::Id)
            .lock(LockType::Update)
            .into_tuple()
            .one(&**transaction)
            .await?;
        Ok(held.is_some())
    }

    /// The tool calls of these runs, in the order in which the model requested them.
    pub async fn calls_of_runs(&self, runs: &[RunId]) -> Result<Vec<ToolCall>> {
        let rows = self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::RunId.is_in(runs.iter().map(|id| id.uuid())))
            .order_by_asc(tool_call::Column::RunId)
            .order_by_asc(tool_call::Column::Step)
            .order_by_asc(tool_call::Column::Position)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(call_of).collect())
    }
}

/// The members of an object column; none for null.
fn members_of(column: Option<Value>) -> Map<String, Value> {
    match column {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
