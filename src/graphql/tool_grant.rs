//! Tool grants in the API.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, MaybeUndefined, SimpleObject};

use super::{
    agent::Agent,
    context::ContextExt,
    error::Result,
    loader::{AccountServerKey, ToolGrantsKey},
    mcp_server::McpServer,
    tool::ToolPolicy,
    tool_approval::ToolApprover,
};
use crate::{
    domain::{self, AgentId, McpServerId, Secret},
    service::{NewGrant, Revocation, TokenChange},
};

/// Tools of a server that are granted to an agent under one policy.
#[derive(SimpleObject)]
pub(super) struct ToolGrant {
    /// The server.
    server: McpServer,
    /// The names of the tools.
    tools: Vec<String>,
    /// Whether calls need approval.
    policy: ToolPolicy,
    /// Who approves calls, if they need approval.
    approver: ToolApprover,
    /// Whether the agent has its own token for the server. The token is never returned.
    has_token: bool,
}

/// Loads the agent's grants, and those of the granted servers that are open to its account.
pub(super) async fn granted(
    ctx: &Context<'_>,
    agent: &domain::Agent,
) -> Result<(Vec<Arc<domain::CachedServer>>, Vec<domain::ToolGrant>)> {
    let loaders = ctx.loaders()?;
    let grants = loaders.load(ToolGrantsKey(agent.account, agent.id)).await?;
    let grants = grants.unwrap_or_default();
    let servers = grants
        .iter()
        .map(|grant| loaders.load(AccountServerKey(agent.account, grant.server)));
    let servers = futures::future::try_join_all(servers).await?;
    Ok((servers.into_iter().flatten().collect(), grants))
}

/// The grants of an agent, grouped by server, policy and approver.
pub(super) async fn tool_grants(
    ctx: &Context<'_>,
    agent: &domain::Agent,
) -> Result<Vec<ToolGrant>> {
    let (servers, grants) = granted(ctx, agent).await?;
    let mut groups = Vec::new();
    for grant in grants {
        // Grants for a server that is no longer open to the account have no effect.
        let Some(server) = servers.iter().find(|server| server.id == grant.server) else {
            continue;
        };
        let mut policies: BTreeMap<domain::GrantPolicy, Vec<String>> = BTreeMap::new();
        for (tool, policy) in grant.tools {
            policies.entry(policy).or_default().push(tool);
        }
        groups.extend(policies.into_iter().map(|(policy, tools)| ToolGrant {
            server: McpServer(Arc::clone(server.row())),
            tools,
            policy: policy.policy.into(),
            approver: policy.approver.into(),
            has_token: grant.token.is_some(),
        }));
    }
    Ok(groups)
}

/// The tools to grant to an agent.
#[derive(InputObject)]
pub(super) struct GrantToolsInput {
    /// The agent.
    agent_id: ID,
    /// The server.
    server_id: ID,
    /// The names of the tools; tools that the agent already has get the new policy.
    tools: Vec<String>,
    /// Whether calls need approval.
    #[graphql(default_with = "ToolPolicy::Auto")]
    policy: ToolPolicy,
    /// Who approves calls; `END_USER` needs the policy APPROVE. The staff approves a call in a conversation without an end
    /// user, and one whose arguments are too long to be shown whole.
    #[graphql(default_with = "ToolApprover::Staff")]
    approver: ToolApprover,
    /// The agent's own token for the server, in place of the server's token; stored encrypted and never returned. If it
    /// is omitted, the present token stays; null removes it.
    token: MaybeUndefined<String>,
}

impl GrantToolsInput {
    pub(super) fn grant(self) -> Result<NewGrant> {
        Ok(NewGrant {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            server: McpServerId::parse("input.serverId", &self.server_id)?,
            tools: self.tools,
            policy: domain::GrantPolicy {
                policy: self.policy.into(),
                approver: self.approver.into(),
            },
            token: match self.token {
                MaybeUndefined::Undefined => TokenChange::Keep,
                MaybeUndefined::Null => TokenChange::Remove,
                MaybeUndefined::Value(token) => TokenChange::Set(Secret::new(token)),
            },
        })
    }
}

/// The result of `grantTools`.
#[derive(SimpleObject)]
pub(super) struct GrantToolsPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// The tools to revoke from an agent.
#[derive(InputObject)]
pub(super) struct RevokeToolsInput {
    /// The agent.
    agent_id: ID,
    /// The server.
    server_id: ID,
    /// The names of the tools. Default: all tools of the server.
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

/// The result of `revokeTools`.
#[derive(SimpleObject)]
pub(super) struct RevokeToolsPayload {
    /// The agent.
    pub(super) agent: Agent,
}
