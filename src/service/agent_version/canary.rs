//! Canaries: started and ended by people, and rolled back by the supervisor at their thresholds.

use chrono::TimeDelta;
use serde_json::json;

use super::{AgentVersionService, VersionProblem, checks::VersionChange, refuse_while_tried};
use crate::{
    domain::{
        Actor, Agent, AgentId, Canary, CanaryState, CanaryThresholds, DateRange, Operation,
        RunSums, TemplateId,
    },
    error::{Error, Problem, Result},
    service::{agent::existing, agent_settings::template_of, refuse},
};

/// The largest time to the first token that can be asked for, in milliseconds.
const LONGEST_FIRST_TOKEN_MS: i64 = 600_000;

/// The input of a canary.
#[derive(Debug, Clone)]
pub struct NewCanary {
    /// The agent.
    pub agent: AgentId,
    /// The version of the agent's template to try.
    pub version: String,
    /// The share of the conversations that it answers.
    pub share: f64,
    /// When it is rolled back.
    pub thresholds: CanaryThresholds,
}

impl NewCanary {
    fn problems(&self) -> Vec<Problem> {
        let thresholds = &self.thresholds;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let mut problems = Vec::new();
        if !is_share(self.share) || self.share <= 0.0 {
            problems.push(Problem::new(
                "input.share",
                "must be more than 0 and at most 1, e.g. 0.1 for a tenth of the conversations",
            ));
        }
        for (path, share) in [
            ("input.maxErrorRate", thresholds.max_error_rate),
            ("input.minSatisfaction", thresholds.min_satisfaction),
        ] {
            if share.is_some_and(|share| !is_share(share)) {
                problems.push(Problem::new(path, "must be between 0 and 1"));
            }
        }
        let longest = 1..=LONGEST_FIRST_TOKEN_MS;
        if thresholds
            .max_first_token_ms
            .is_some_and(|most| !longest.contains(&most))
        {
            problems.push(Problem::new(
                "input.maxFirstTokenMs",
                format!("must be between 1 and {LONGEST_FIRST_TOKEN_MS}"),
            ));
        }
        problems
    }
}

impl AgentVersionService {
    /// Lets another version of the agent's template answer a share of its conversations. Returns the agent and what does
    /// not work there as before. CONFLICT while another canary of the agent runs.
    pub async fn start_canary(
        &self,
        actor: &Actor,
        new: NewCanary,
    ) -> Result<(Agent, Vec<VersionProblem>)> {
        let permission = actor.authorize(Operation::StartCanary)?;
        refuse(new.problems())?;
        let store = self.agents.tables.tenant(&permission);
        let agent = existing(&store, new.agent).await?;
        refuse_while_tried(&agent)?;
        let (current, wanted) = self.versions(&permission, &agent, &new.version).await?;
        if current.id == wanted.id {
            return Err(Error::bad_input(
                "input.version",
                "is the agent's version already; try another one",
            ));
        }
        let change = VersionChange {
            agent: &agent,
            current: &current.spec,
            wanted: &wanted.spec,
        };
        let problems = self.accepted_problems(&permission, change).await?;
        let detail = json!({
            "template": current.spec.name,
            "stable": current.spec.version,
            "candidate": wanted.spec.version,
            "share": new.share,
            "maxErrorRate": new.thresholds.max_error_rate,
            "minSatisfaction": new.thresholds.min_satisfaction,
            "maxFirstTokenMs": new.thresholds.max_first_token_ms,
        });
        let canary = Canary {
            stable: current.id,
            candidate: wanted.id,
            share: new.share,
            thresholds: new.thresholds,
            state: CanaryState::Running,
            reason: None,
            since: self.agents.clock.now(),
            ended_at: None,
        };
        let tried = Agent {
            canary: Some(canary),
            ..agent
        };
        let agent = self.agents.save_with(&permission, tried, detail).await?;
        Ok((agent, problems))
    }

    /// Ends the canary of an agent: the candidate becomes its version, or it keeps the version that it has. CONFLICT when
    /// none is running.
    pub async fn end_canary(&self, actor: &Actor, id: AgentId, promote: bool) -> Result<Agent> {
        let permission = actor.authorize(Operation::EndCanary)?;
        let store = self.agents.tables.tenant(&permission);
        let agent = existing(&store, id).await?;
        let running = agent.canary.clone().filter(Canary::is_running);
        let Some(canary) = running else {
            return Err(Error::conflict("no canary of this agent is running"));
        };
        let current = template_of(&self.agents.tables, &permission, canary.stable).await?;
        let wanted = template_of(&self.agents.tables, &permission, canary.candidate).await?;
        if promote {
            let change = VersionChange {
                agent: &agent,
                current: &current.spec,
                wanted: &wanted.spec,
            };
            // settings and grants may have changed meanwhile
            self.accepted_problems(&permission, change).await?;
        }
        let detail = json!({
            "template": current.spec.name,
            "stable": current.spec.version,
            "candidate": wanted.spec.version,
            "promote": promote,
        });
        let (state, template, reason) = if promote {
            let reason = "promoted by endCanary";
            (CanaryState::Promoted, canary.candidate, reason)
        } else {
            let reason = "rolled back by endCanary";
            (CanaryState::RolledBack, canary.stable, reason)
        };
        let ended = Canary {
            state,
            reason: Some(reason.to_owned()),
            ended_at: Some(self.agents.clock.now()),
            ..canary
        };
        let ended = Agent {
            template,
            canary: Some(ended),
            ..agent
        };
        self.agents.save_with(&permission, ended, detail).await
    }

    /// The last canary of an agent of an account that the actor administrates.
    pub fn canary(actor: &Actor, agent: &Agent) -> Result<Option<Canary>> {
        let actor = actor.acting_in(agent.account)?;
        actor.authorize(Operation::Canary)?;
        Ok(agent.canary.clone())
    }

    /// The sums over the runs of an agent that one of the two versions of its canary answered while the canary was running.
    pub async fn canary_sums(
        &self,
        actor: &Actor,
        agent: &Agent,
        canary: &Canary,
        version: TemplateId,
    ) -> Result<RunSums> {
        let actor = actor.acting_in(agent.account)?;
        let permission = actor.authorize(Operation::Canary)?;
        let store = self.agents.tables.tenant(&permission);
        let range = DateRange {
            from: canary.since,
            // a run that ends now counts
            to: canary.ended_at.unwrap_or_else(|| self.agents.clock.now()) + TimeDelta::seconds(1),
        };
        store.run_sums_of_version(range, agent.id, version).await
    }
}
