//! What records add to the sums.

use std::collections::BTreeMap;

use entity::{run, run_record};
use uuid::Uuid;

use crate::{
    domain::{AgentId, RunSumKey, RunSums, TemplateId, Usage},
    store::run::HeldAgent,
};

/// What records add to the sums, by agent and template version.
#[derive(Default)]
pub(in crate::store) struct RunSumChanges {
    /// The agent whose template version is known.
    agent: Option<HeldAgent>,
    /// What each key's sums grow by.
    pub(super) sums: BTreeMap<RunSumKey, RunSums>,
}

impl RunSumChanges {
    /// No changes yet; model calls of `agent` belong to its template version.
    pub(in crate::store) fn of(agent: Option<HeldAgent>) -> Self {
        Self {
            agent,
            sums: BTreeMap::new(),
        }
    }

    /// Adds what model calls of an agent took.
    pub(in crate::store) fn add_usage(&mut self, agent: Option<Uuid>, usage: Usage) {
        let known = self.agent.filter(|known| Some(known.id.uuid()) == agent);
        let sums = self.sums_of(agent, known.map(|known| known.template.uuid()));
        sums.usage += usage;
    }

    /// Adds a run that ended.
    pub(in crate::store) fn add_record(&mut self, record: &run_record::Model) {
        let sums = self.sums_of(record.agent_id, record.template_id);
        sums.runs += 1;
        sums.tool_calls += i64::from(record.tool_calls);
        sums.tool_failures += i64::from(record.tool_failures);
        if record.status == run::RunStatus::Failed {
            sums.failed += 1;
            let code = record.error_code.clone().unwrap_or_default();
            *sums.failures.entry(code).or_default() += 1;
        }
        if let Some(score) = record.score {
            sums.rate(score);
        }
        if let Some(time) = record.first_token_ms {
            sums.first_token.add(time);
        }
        if let Some(time) = record.duration_ms {
            sums.duration.add(time);
        }
        let is_same = record.routed_agent_id == record.agent_id;
        let template = record.template_id.filter(|_| is_same);
        let chosen = self.sums_of(record.routed_agent_id, template);
        *chosen
            .routes
            .entry(record.route_reason.clone())
            .or_default() += 1;
        chosen.route_refused += i64::from(record.route_refused);
    }

    /// Replaces the rating of a run.
    pub(in crate::store) fn replace_rating(&mut self, record: &run_record::Model, score: i32) {
        let sums = self.sums_of(record.agent_id, record.template_id);
        if let Some(before) = record.score {
            sums.unrate(before);
        }
        sums.rate(score);
    }

    fn sums_of(&mut self, agent: Option<Uuid>, template: Option<Uuid>) -> &mut RunSums {
        let key = RunSumKey {
            agent: agent.map(AgentId::from_uuid),
            template: template.map(TemplateId::from_uuid),
        };
        self.sums.entry(key).or_default()
    }
}
