//! Routing decisions in the API.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use super::{
    agent::{Agent, agent_by_id},
    context::ContextExt,
    error::Result,
    template::Skill,
};
use crate::{
    domain::{self, AgentId},
    error::Error,
};

/// The router's choice of an agent, and the reason.
pub(super) struct RouteDecision(pub(super) domain::Route);

/// The router's choice of an agent, and the reason.
#[Object]
impl RouteDecision {
    /// The selected agent.
    async fn agent(&self, ctx: &Context<'_>) -> Result<Agent> {
        Ok(agent_by_id(ctx, self.0.agent)
            .await?
            .ok_or_else(|| Error::not_found("agent: it was deleted"))?)
    }

    /// The skill that the message asks for; null when skills were not compared, or when the agent no longer has it.
    async fn skill(&self, ctx: &Context<'_>) -> Result<Option<Skill>> {
        skill_of(ctx, self.0.agent, self.0.skill.as_deref()).await
    }

    /// The calibrated probability that the agent is the right one, 0 to 1; 0 for FALLBACK.
    async fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// The score that the best candidate needs, 0 to 1: below it, the message is about none of the agents' skills, and
    /// FALLBACK is the reason. Null when skills were not compared.
    async fn threshold(&self) -> Option<f64> {
        self.0.threshold
    }

    /// The reason for the choice.
    async fn reason(&self) -> RouteReason {
        self.0.reason.into()
    }

    /// The reason for the choice in one sentence.
    async fn explanation(&self) -> &str {
        &self.0.explanation
    }

    /// The agents that were considered and still exist, most probable first, at most 10.
    async fn candidates(&self, ctx: &Context<'_>) -> Result<Vec<RouteCandidate>> {
        let agents = futures::future::try_join_all(
            self.0
                .candidates
                .iter()
                .map(|candidate| agent_by_id(ctx, candidate.agent)),
        )
        .await?;
        let known = self.0.candidates.iter().zip(agents);
        Ok(known
            .filter_map(|(candidate, agent)| {
                Some(RouteCandidate {
                    agent: agent?,
                    score: candidate.score,
                    available: candidate.available,
                    best_skill: candidate.skill.clone(),
                })
            })
            .collect())
    }
}

/// Why the router selected an agent.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RouteReason")]
pub(super) enum RouteReason {
    /// The message named the agent.
    Requested,
    /// The agent owns the conversation.
    Conversation,
    /// The agent fits the intent of the message.
    Intent,
    /// No agent fits the message, or no other agent was able to answer.
    Fallback,
    /// Another agent handed the conversation to this agent.
    Handoff,
}

/// An agent that the router considered.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct RouteCandidate {
    /// The agent.
    agent: Agent,
    /// The similarity of the message to the agent's nearest skill, 0 to 1. When skills were not compared: 1 for the
    /// first choice, 0 for other agents.
    score: f64,
    /// Whether the agent was able to answer.
    available: bool,
    #[graphql(skip)]
    best_skill: Option<String>,
}

/// An agent that the router considered.
#[ComplexObject]
impl RouteCandidate {
    /// The skill of the agent that fits the message best; null when skills were not compared, or when the agent no longer
    /// has it.
    async fn skill(&self, ctx: &Context<'_>) -> Result<Option<Skill>> {
        skill_of(ctx, self.agent.0.id, self.best_skill.as_deref()).await
    }
}

/// The skill of an agent with this id; none when the agent no longer has it.
pub(super) async fn skill_of(
    ctx: &Context<'_>,
    agent: AgentId,
    id: Option<&str>,
) -> Result<Option<Skill>> {
    let Some(id) = id else {
        return Ok(None);
    };
    let loaders = ctx.loaders()?;
    let Some(agent) = loaders.load(agent).await? else {
        return Ok(None);
    };
    let template = loaders.load(agent.template).await?;
    let mut skills = template.into_iter().flat_map(|found| found.spec.skills);
    Ok(skills.find(|skill| skill.id == id).map(Into::into))
}
