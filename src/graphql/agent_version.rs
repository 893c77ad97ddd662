//! The template versions of agents in the API: upgrades and canaries.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::{agent::Agent, analytics::AgentAnalytics, context::ContextExt, error::Result};
use crate::{
    domain::{self, AgentId, CanaryThresholds, TemplateId},
    error::Error,
    service::{AgentVersionService, NewCanary, VersionProblem},
};

/// The agent and the version that it gets.
#[derive(InputObject)]
pub(super) struct UpgradeAgentInput {
    /// The id of the agent.
    pub(super) id: ID,
    /// A published version of the agent's template, newer or older.
    pub(super) version: String,
    /// Whether the agent is only checked.
    #[graphql(default_with = "Some(false)")]
    pub(super) dry_run: Option<bool>,
}

/// The result of `upgradeAgent`.
#[derive(SimpleObject)]
pub(super) struct UpgradeAgentPayload {
    /// The agent; unchanged after a dry run.
    pub(super) agent: Agent,
    /// Everything that does not work as before with the version.
    pub(super) problems: Vec<FieldProblem>,
}

/// Something that does not work as before with another version of an agent's template.
#[derive(SimpleObject)]
pub(super) struct FieldProblem {
    /// The path of what is affected: a setting such as `configuration.voice.tone`, `tier`, `tools.NAME`, `skills.ID`,
    /// `context.FIELD`, `workflow`, or `dependents.SLUG` for another agent.
    path: String,
    /// What is different, and what to do about it.
    message: String,
    /// Whether the version is refused because of it.
    blocking: bool,
}

impl From<VersionProblem> for FieldProblem {
    fn from(problem: VersionProblem) -> Self {
        Self {
            path: problem.path,
            message: problem.message,
            blocking: problem.blocking,
        }
    }
}

/// A version of an agent's template to try.
#[derive(InputObject)]
pub(super) struct StartCanaryInput {
    /// The agent.
    agent_id: ID,
    /// A published version of the agent's template.
    version: String,
    /// The share of the conversations that the version answers, more than 0 and at most 1. All conversations of an end user
    /// get the same version.
    share: f64,
    /// Rolled back when more than this share of its runs fail, 0 to 1.
    max_error_rate: Option<f64>,
    /// Rolled back when less than this share of its ratings are UP, 0 to 1.
    min_satisfaction: Option<f64>,
    /// Rolled back when more than 5% of its first tokens take longer, in milliseconds.
    max_first_token_ms: Option<i32>,
}

impl StartCanaryInput {
    pub(super) fn canary(self) -> Result<NewCanary> {
        Ok(NewCanary {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            version: self.version,
            share: self.share,
            thresholds: CanaryThresholds {
                max_error_rate: self.max_error_rate,
                min_satisfaction: self.min_satisfaction,
                max_first_token_ms: self.max_first_token_ms.map(i64::from),
            },
        })
    }
}

/// The result of `startCanary`.
#[derive(SimpleObject)]
pub(super) struct StartCanaryPayload {
    /// The agent.
    pub(super) agent: Agent,
    /// Everything that does not work as before with the version.
    pub(super) problems: Vec<FieldProblem>,
}

/// The canary to end.
#[derive(InputObject)]
pub(super) struct EndCanaryInput {
    /// The agent.
    pub(super) agent_id: ID,
    /// Whether the tried version becomes the agent's version; otherwise the agent keeps its version.
    pub(super) promote: bool,
}

/// The result of `endCanary`.
#[derive(SimpleObject)]
pub(super) struct EndCanaryPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// The trial of another version of an agent's template on a share of its conversations.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct Canary {
    /// The version that is tried, the candidate.
    version: String,
    /// The share of the conversations that the candidate answers.
    share: f64,
    /// When the canary began.
    since: DateTime<Utc>,
    /// When it ended; null while it is running.
    ended_at: Option<DateTime<Utc>>,
    /// Whether the candidate is still tried.
    state: CanaryState,
    /// Why it ended.
    reason: Option<String>,
    /// The maximum share of failed runs.
    max_error_rate: Option<f64>,
    /// The minimum share of UP among the ratings.
    min_satisfaction: Option<f64>,
    /// The time within which 95% of the first tokens must come, in milliseconds.
    max_first_token_ms: Option<i32>,
    #[graphql(skip)]
    of: domain::Canary,
    #[graphql(skip)]
    agent: domain::Agent,
}

impl Canary {
    /// The last canary of an agent.
    pub(super) async fn of(ctx: &Context<'_>, agent: &domain::Agent) -> Result<Option<Self>> {
        let Some(canary) = AgentVersionService::canary(ctx.actor()?, agent)? else {
            return Ok(None);
        };
        let template = ctx.loaders()?.load(canary.candidate).await?;
        let template = template.ok_or_else(|| Error::internal("finding a canary's version"))?;
        let thresholds = canary.thresholds;
        let first_token = thresholds.max_first_token_ms;
        Ok(Some(Self {
            version: template.spec.version,
            share: canary.share,
            since: canary.since,
            ended_at: canary.ended_at,
            state: canary.state.into(),
            reason: canary.reason.clone(),
            max_error_rate: thresholds.max_error_rate,
            min_satisfaction: thresholds.min_satisfaction,
            max_first_token_ms: first_token.map(|most| i32::try_from(most).unwrap_or(i32::MAX)),
            of: canary,
            agent: agent.clone(),
        }))
    }

    /// What the runs of one of the two versions were like.
    async fn analytics(&self, ctx: &Context<'_>, version: TemplateId) -> Result<AgentAnalytics> {
        let versions = ctx.services()?.agents.versions();
        let sums = versions
            .canary_sums(ctx.actor()?, &self.agent, &self.of, version)
            .await?;
        let agent = self.agent.clone();
        Ok(domain::AgentAnalytics { agent, sums }.into())
    }
}

/// The trial of another version of an agent's template on a share of its conversations.
#[ComplexObject]
impl Canary {
    /// What the runs of the agent's version were like since the canary began.
    async fn stable(&self, ctx: &Context<'_>) -> Result<AgentAnalytics> {
        self.analytics(ctx, self.of.stable).await
    }

    /// What the runs of the candidate were like since the canary began.
    async fn candidate(&self, ctx: &Context<'_>) -> Result<AgentAnalytics> {
        self.analytics(ctx, self.of.candidate).await
    }
}

/// Whether a candidate is still tried.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::CanaryState")]
pub(super) enum CanaryState {
    /// The candidate answers its share of the conversations.
    Running,
    /// The candidate became the agent's version.
    Promoted,
    /// The agent kept its version.
    RolledBack,
}
