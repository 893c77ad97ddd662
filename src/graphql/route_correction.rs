//! Corrections of the router in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::{Agent, agent_by_id},
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    route::skill_of,
    run::Run,
    template::Skill,
};
use crate::{
    domain::{self, AgentId, Position, RouteCorrectionFilter as Filter, RouteCorrectionId},
    error::Error,
    service::CorrectionInput,
};

/// A sign that the router chose the wrong agent: a person asked for another one, or rated the answer as bad. Accepted by an
/// administrator, the message becomes an example of a skill, which the account's next messages are compared with.
pub(super) struct RouteCorrection(pub(super) domain::RouteCorrection);

impl From<domain::RouteCorrection> for RouteCorrection {
    fn from(correction: domain::RouteCorrection) -> Self {
        Self(correction)
    }
}

/// A sign that the router chose the wrong agent: a person asked for another one, or rated the answer as bad. Accepted by an
/// administrator, the message becomes an example of a skill, which the account's next messages are compared with.
#[Object]
impl RouteCorrection {
    /// The id of the correction, `correction_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The run for which the agent was chosen; `userMessage` is the message that becomes an example. A correction is deleted
    /// with its conversation, and so is the example.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        let run = ctx.loaders()?.load(self.0.run).await?;
        Ok(Run(run.ok_or_else(|| Error::not_found("run"))?))
    }

    /// The agent that the router chose.
    async fn chosen(&self, ctx: &Context<'_>) -> Result<Agent> {
        let found = agent_by_id(ctx, self.0.chosen).await?;
        Ok(found.ok_or_else(|| Error::not_found("agent"))?)
    }

    /// The agent that the person asked for, or that an administrator named; null for a rating that is not accepted.
    async fn wanted(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.wanted?).await.transpose()
    }

    /// What the person did.
    async fn cause(&self) -> RouteCorrectionCause {
        self.0.cause.into()
    }

    /// What an administrator decided.
    async fn status(&self) -> RouteCorrectionStatus {
        self.0.status.into()
    }

    /// The skill of the wanted agent that the message is an example of; null unless the correction is accepted, or when the
    /// agent no longer has it.
    async fn skill(&self, ctx: &Context<'_>) -> Option<Result<Skill>> {
        let skill = skill_of(ctx, self.0.wanted?, self.0.skill.as_deref());
        skill.await.transpose()
    }

    /// The time of the sign.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the decision.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }

    /// The id of the API key that decided.
    async fn resolved_by(&self) -> Option<&str> {
        self.0.resolved_by.as_deref()
    }
}

/// What a person did to correct the router.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RouteCorrectionCause")]
pub(super) enum RouteCorrectionCause {
    /// The next message asked for another agent.
    Asked,
    /// The conversation was handed over to another agent after the answer.
    HandedOff,
    /// The answer was rated as bad.
    Rated,
}

/// What an administrator decided about a correction.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RouteCorrectionStatus")]
pub(super) enum RouteCorrectionStatus {
    /// Nothing yet.
    Pending,
    /// The message is an example of a skill.
    Accepted,
    /// The message is no example.
    Dismissed,
}

/// A filter for corrections.
#[derive(InputObject)]
pub(super) struct RouteCorrectionFilter {
    /// Matches corrections with one of these statuses.
    status: Option<Vec<RouteCorrectionStatus>>,
    /// Matches corrections in which this agent was chosen or wanted.
    agent_id: Option<ID>,
}

impl RouteCorrectionFilter {
    fn filter(self) -> Result<Filter> {
        let agent = self.agent_id;
        let agent = agent.map(|id| AgentId::parse("filter.agentId", &id));
        let statuses = self.status;
        Ok(Filter {
            statuses: statuses.map(|statuses| statuses.into_iter().map(Into::into).collect()),
            agent: agent.transpose()?,
        })
    }
}

/// The corrections of the caller's account as a connection.
pub(super) async fn route_correction_list(
    ctx: &Context<'_>,
    filter: Option<RouteCorrectionFilter>,
    args: PageArgs,
) -> Result<ItemConnection<RouteCorrection>> {
    let filter = filter.map(RouteCorrectionFilter::filter).transpose()?;
    let filter = filter.unwrap_or_default();
    let actor = ctx.actor()?;
    let scope = format!("routeCorrections/{}", actor.account());
    let corrections = &ctx.services()?.route_corrections;
    let page = corrections
        .list(actor, &filter, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::RouteCorrections(filter),
        |correction| Position::of(correction.id),
    ))
}

/// The correction to accept.
#[derive(InputObject)]
pub(super) struct AcceptRouteCorrectionInput {
    /// The id of the correction.
    id: ID,
    /// The agent that should have answered. Default: the one that the person asked for; required for a rating.
    agent_id: Option<ID>,
    /// The id of the agent's skill that the message is an example of. Default: the skill that the message is most similar to.
    skill: Option<String>,
}

impl AcceptRouteCorrectionInput {
    /// The decision that the input describes.
    pub(super) fn correction(self) -> Result<CorrectionInput> {
        let agent = self.agent_id;
        let agent = agent.map(|id| AgentId::parse("input.agentId", &id));
        Ok(CorrectionInput {
            id: RouteCorrectionId::parse("input.id", &self.id)?,
            agent: agent.transpose()?,
            skill: self.skill,
        })
    }
}

/// The result of `acceptRouteCorrection`.
#[derive(SimpleObject)]
pub(super) struct AcceptRouteCorrectionPayload {
    /// The correction.
    pub(super) route_correction: RouteCorrection,
}

/// The correction to dismiss.
#[derive(InputObject)]
pub(super) struct DismissRouteCorrectionInput {
    /// The id of the correction.
    pub(super) id: ID,
}

/// The result of `dismissRouteCorrection`.
#[derive(SimpleObject)]
pub(super) struct DismissRouteCorrectionPayload {
    /// The correction.
    pub(super) route_correction: RouteCorrection,
}
