//! Capabilities of agents in the API.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::{
    agent::Agent,
    context::ContextExt,
    document::KnowledgeSummary,
    error::Result,
    template::{LatencyClass, Skill, skills},
    tool::Tool,
    tool_grant::granted,
};
use crate::{domain, error::Error};

/// The current capabilities of an agent.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct Capabilities {
    /// The skills of the agent.
    skills: Vec<Skill>,
    /// The agent's models, in order of preference.
    models: Vec<String>,
    /// Whether a run starts at once or waits in the queue for a worker.
    latency_class: LatencyClass,
    /// Whether the agent can stream answers.
    streaming: bool,
    #[graphql(skip)]
    agent: domain::Agent,
    #[graphql(skip)]
    tier: domain::PricingTier,
    #[graphql(skip)]
    template: domain::TemplateSpec,
}

/// The current capabilities of an agent.
#[ComplexObject]
impl Capabilities {
    /// A summary of the agent's documents.
    async fn knowledge(&self, ctx: &Context<'_>) -> Result<KnowledgeSummary> {
        KnowledgeSummary::of(ctx, &self.agent).await
    }

    /// The tools granted to the agent, with the reason when one cannot be used now.
    async fn tools(&self, ctx: &Context<'_>) -> Result<Vec<Tool>> {
        let (servers, grants) = granted(ctx, &self.agent).await?;
        let tools =
            ctx.services()?
                .availability
                .of_tools(&self.agent, &self.tier, &servers, &grants);
        Ok(tools.into_iter().map(Tool::of_agent).collect())
    }

    /// The active agents that the agent may hand a conversation over to, oldest first; at most 50.
    async fn handoff_targets(&self, ctx: &Context<'_>) -> Result<Vec<Agent>> {
        let services = ctx.services()?;
        let targets = services
            .handoffs
            .targets(ctx.actor()?, &self.agent, &self.template)
            .await?;
        Ok(targets.into_iter().map(Agent).collect())
    }
}

impl Capabilities {
    /// The capabilities of an agent with this template; an internal error when the template lacks the agent's tier.
    pub(super) fn of(agent: domain::Agent, template: &domain::TemplateSpec) -> Result<Self> {
        let tier = template
            .tier(&agent.tier)
            .ok_or_else(|| Error::internal("finding the tier of an agent"))?
            .clone();
        Ok(Self {
            skills: skills(template),
            models: tier.models.clone(),
            latency_class: template.latency_class.into(),
            streaming: true,
            agent,
            tier,
            template: template.clone(),
        })
    }
}
