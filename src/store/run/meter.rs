//! What a run used and how it ended, recorded in the transaction that ends it.

use entity::{run_record, usage_record};
use uuid::Uuid;

use super::finish::{HeldAgent, RunOutcome};
use crate::{
    domain::{AgentId, Lease, Usage, UsageShare},
    error::Result,
    store::{TenantStore, connection::Transaction, run_sum::RunSumChanges, tool_call::CallCounts},
};

impl TenantStore {
    /// Records what the run used and how it ended, and adds both to the sums.
    pub(super) async fn meter(
        &self,
        lease: &Lease,
        held: Option<HeldAgent>,
        outcome: &RunOutcome,
        transaction: &Transaction,
    ) -> Result<()> {
        let calls = if outcome.has_calls {
            self.count_calls(lease.run, transaction).await?
        } else {
            CallCounts::default()
        };
        let mut records = self.usage_records(lease, held.map(|held| held.id), outcome);
        if let Some(first) = records.first_mut() {
            first.tool_calls = calls.all;
        }
        if outcome.has_holds {
            records.extend(self.remove_holds(lease, outcome.at, transaction).await?);
        }
        let mut sums = RunSumChanges::of(held);
        self.insert_usage(records, &mut sums, transaction).await?;
        let record = self.run_record(lease, held, outcome, calls);
        sums.add_record(&record);
        self.insert_run_record(record, transaction).await?;
        self.add_sums(outcome.at, &sums, transaction).await
    }

    /// The usage by agents and models; the attempts are in the first record. A run without model calls has one record, by
    /// which it is counted.
    fn usage_records(
        &self,
        lease: &Lease,
        agent: Option<AgentId>,
        outcome: &RunOutcome,
    ) -> Vec<usage_record::Model> {
        let none = [UsageShare {
            agent,
            model: outcome.model.clone(),
            usage: Usage::default(),
        }];
        let shares = if outcome.shares.is_empty() {
            &none
        } else {
            outcome.shares.as_slice()
        };
        let record = |(place, share): (usize, &UsageShare)| usage_record::Model {
            id: Uuid::now_v7(),
            account_id: self.account.uuid(),
            run_id: Some(lease.run.uuid()),
            conversation_id: Some(lease.conversation.uuid()),
            agent_id: share.agent.map(AgentId::uuid),
            model: share.model.clone(),
            input_tokens: share.usage.input_tokens,
            output_tokens: share.usage.output_tokens,
            cost_usd: share.usage.cost_usd,
            attempts: if place == 0 { lease.attempt } else { 0 },
            tool_calls: 0,
            summed: true,
            at: outcome.at,
        };
        shares.iter().enumerate().map(record).collect()
    }

    /// The figures of the run that outlive it.
    fn run_record(
        &self,
        lease: &Lease,
        held: Option<HeldAgent>,
        outcome: &RunOutcome,
        calls: CallCounts,
    ) -> run_record::Model {
        let error = outcome.error.as_ref();
        run_record::Model {
            id: Uuid::now_v7(),
            account_id: self.account.uuid(),
            run_id: Some(lease.run.uuid()),
            conversation_id: Some(lease.conversation.uuid()),
            agent_id: held.map(|held| held.id.uuid()),
            template_id: held.map(|held| held.template.uuid()),
            status: outcome.status.into(),
            error_code: error.map(|error| error.code.name().to_owned()),
            first_token_ms: outcome.usage.first_token_ms,
            duration_ms: outcome.usage.duration_ms,
            tool_calls: calls.all,
            tool_failures: calls.failed,
            routed_agent_id: Some(outcome.route.agent.uuid()),
            route_reason: outcome.route.reason.name().to_owned(),
            route_refused: outcome.route.refused,
            score: None,
            at: outcome.at,
        }
    }
}
