//! Grants of tools in the API.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, MaybeUndefined, SimpleObject};

use super::{
    agent::Agent,
    context::ContextExt,
    error::Result,
    loader::{GrantsOf, ServerOf},
    mcp_server::McpServer,
    tool::ToolPolicy,
};
use crate::{
    domain::{self, AgentId, McpServerId, Secret},
    service::{NewGrant, Revocation, TokenChange},
};

/// Tools of a server that an agent was granted under one policy.
#[derive(SimpleObject)]
pub(super) struct ToolGrant {
    /// The server.
    server: McpServer,
    /// The tools by name.
    tools: Vec<String>,
    /// Who decides about their calls.
    policy: ToolPolicy,
    /// Whether the agent has a token of its own for the server; it is never shown.
    has_token: bool,
}

/// What an agent was granted of servers that it may reach, and these servers.
pub(super) async fn granted(
    ctx: &Context<'_>,
    agent: &domain::Agent,
) -> Result<(Vec<Arc<domain::KnownServer>>, Vec<domain::ToolGrant>)> {
    let loaders = ctx.loaders()?;
    let grants = loaders.load(GrantsOf(agent.account, agent.id)).await?;
    let grants = grants.unwrap_or_default();
    let servers = grants
        .iter()
        .map(|grant| loaders.load(ServerOf(agent.account, grant.server)));
    let servers = futures::future::try_join_all(servers).await?;
    Ok((servers.into_iter().flatten().collect(), grants))
}

/// What an agent was granted, by server and policy.
pub(super) async fn tool_grants(
    ctx: &Context<'_>,
    agent: &domain::Agent,
) -> Result<Vec<ToolGrant>> {
    let (servers, grants) = granted(ctx, agent).await?;
    let mut groups = Vec::new();
    for grant in grants {
        // one that is not open to the account any more is as good as none
        let Some(server) = servers.iter().find(|server| server.id == grant.server) else {
            continue;
        };
        let mut policies: BTreeMap<domain::ToolPolicy, Vec<String>> = BTreeMap::new();
        for (tool, policy) in grant.tools {
            policies.entry(policy).or_default().push(tool);
        }
        groups.extend(policies.into_iter().map(|(policy, tools)| ToolGrant {
            server: McpServer(Arc::clone(server.row())),
            tools,
            policy: policy.into(),
            has_token: grant.token.is_some(),
        }));
    }
    Ok(groups)
}

/// Tools that an agent is to be granted.
#[derive(InputObject)]
pub(super) struct GrantToolsInput {
    /// The agent.
    agent_id: ID,
    /// The server.
    server_id: ID,
    /// The tools by name; those that it has already get the new policy.
    tools: Vec<String>,
    /// Who decides about their calls.
    #[graphql(default_with = "ToolPolicy::Auto")]
    policy: ToolPolicy,
    /// The agent's own token for the server, in place of the server's; kept sealed and never shown. What is there stays when
    /// it is left out; null for none.
    token: MaybeUndefined<String>,
}

impl GrantToolsInput {
    pub(super) fn grant(self) -> Result<NewGrant> {
        Ok(NewGrant {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            server: McpServerId::parse("input.serverId", &self.server_id)?,
            tools: self.tools,
            policy: self.policy.into(),
            token: match self.token {
                MaybeUndefined::Undefined => TokenChange::Keep,
                MaybeUndefined::Null => TokenChange::Remove,
                MaybeUndefined::Value(token) => TokenChange::Set(Secret::new(token)),
            },
        })
    }
}

/// The tools were granted.
#[derive(SimpleObject)]
pub(super) struct GrantToolsPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// Tools that are to be taken from an agent.
#[derive(InputObject)]
pub(super) struct RevokeToolsInput {
    /// The agent.
    agent_id: ID,
    /// The server.
    server_id: ID,
    /// The tools by name; all of the server's when left out.
    tools: Option<Vec<String>>,
}

impl RevokeToolsInput {
    pub(super) fn revocation(self) -> Result<Revocation> {
        Ok(Revocation {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            server: McpServerId::parse("input.serverId", &self.server_id)?,
            tools: self.tools,
        })
    }
}

/// The tools were taken.
#[derive(SimpleObject)]
pub(super) struct RevokeToolsPayload {
    /// The agent.
    pub(super) agent: Agent,
}
