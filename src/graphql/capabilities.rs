//! What an agent can do, in the API.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::{
    context::ContextExt,
    document::KnowledgeSummary,
    error::Result,
    template::{LatencyClass, Skill, skills},
    tool::Tool,
    tool_grant::granted,
};
use crate::{domain, error::Error};

/// What an agent can do now.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct Capabilities {
    /// What it can do.
    skills: Vec<Skill>,
    /// Its models in order of preference.
    models: Vec<String>,
    /// Whether an answer comes at once or from the queue.
    latency_class: LatencyClass,
    /// Whether its answers can be streamed.
    streaming: bool,
    #[graphql(skip)]
    agent: domain::Agent,
    #[graphql(skip)]
    tier: domain::PricingTier,
}

/// What an agent can do now.
#[ComplexObject]
impl Capabilities {
    /// What it knows.
    async fn knowledge(&self, ctx: &Context<'_>) -> Result<KnowledgeSummary> {
        KnowledgeSummary::of(ctx, &self.agent).await
    }

    /// The tools that it was granted, with what keeps it from using them now.
    async fn tools(&self, ctx: &Context<'_>) -> Result<Vec<Tool>> {
        let (servers, grants) = granted(ctx, &self.agent).await?;
        let tools =
            ctx.services()?
                .availability
                .of_tools(&self.agent, &self.tier, &servers, &grants);
        Ok(tools.into_iter().map(Tool::of_agent).collect())
    }
}

impl Capabilities {
    /// Those of an agent of this template.
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
        })
    }
}
