//! Mutations of public agents.

use async_graphql::{Context, Object};

use crate::{
    domain::AgentId,
    error::Error,
    graphql::{
        agent::{Agent, agent_by_id},
        context::ContextExt,
        error::Result,
        public_agent::{
            RevokePublicAccessInput, RevokePublicAccessPayload, SetPublicAccessInput,
            SetPublicAccessPayload, StartPublicSessionInput, StartPublicSessionPayload,
        },
    },
};

/// The mutations of public agents.
#[derive(Default)]
pub(super) struct PublicAgentMutations;

#[Object]
impl PublicAgentMutations {
    /// Makes an agent public, or changes the terms on which it is: the pages of its origins begin sessions of anonymous end
    /// users with it, without any credential. Sessions that have begun keep their terms. Requires the role ADMIN.
    async fn set_public_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The terms.")] input: SetPublicAccessInput,
    ) -> Result<SetPublicAccessPayload> {
        let agents = &ctx.services()?.public_agents;
        let access = agents.set(ctx.actor()?, input.access()?).await?;
        let agent = found(ctx, access.agent).await?;
        Ok(SetPublicAccessPayload { agent })
    }

    /// Ends the public access of an agent: no session begins any more, and pages of origins that no other public agent lists
    /// are refused. Open sockets stay until their sessions expire; `suspendAgent` ends the agent's answers at once. Requires
    /// the role ADMIN.
    async fn revoke_public_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent.")] input: RevokePublicAccessInput,
    ) -> Result<RevokePublicAccessPayload> {
        let agents = &ctx.services()?.public_agents;
        let id = AgentId::parse("input.agentId", &input.agent_id)?;
        agents.remove(ctx.actor()?, id).await?;
        let agent = found(ctx, id).await?;
        Ok(RevokePublicAccessPayload { agent })
    }

    /// Begins a session with a public agent, for a page without any credential: of a new anonymous end user, or, with the
    /// token of an earlier session, of the same one. An agent that does not exist, is not public or is not active is
    /// `NOT_FOUND`; a page of another origin than the agent's is refused with `FORBIDDEN`. For callers without credentials
    /// only.
    async fn start_public_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The public agent.")] input: StartPublicSessionInput,
    ) -> Result<StartPublicSessionPayload> {
        let sessions = &ctx.services()?.public_sessions;
        let caller = ctx.anonymous_caller()?;
        let agent = AgentId::parse("input.agentId", &input.agent_id)?;
        let earlier = input.earlier();
        let begun = sessions.start(caller, agent, earlier.as_ref()).await?;
        Ok(begun.into())
    }
}

async fn found(ctx: &Context<'_>, id: AgentId) -> Result<Agent> {
    let agent = agent_by_id(ctx, id).await?;
    Ok(agent.ok_or_else(|| Error::not_found("agent"))?)
}
