//! MCP servers, and what agents are granted of them.

use async_graphql::{Context, Object};

use crate::{
    domain::McpServerId,
    graphql::{
        agent::Agent,
        context::ContextExt,
        error::Result,
        mcp_server::McpServer,
        mcp_server_input::{
            RefreshMcpServerInput, RefreshMcpServerPayload, RegisterMcpServerInput,
            RegisterMcpServerPayload, RemoveMcpServerInput, RemoveMcpServerPayload,
            UpdateMcpServerInput, UpdateMcpServerPayload,
        },
        tool_grant::{GrantToolsInput, GrantToolsPayload, RevokeToolsInput, RevokeToolsPayload},
    },
};

/// What can be changed of servers and grants.
#[derive(Default)]
pub(super) struct ToolMutations;

#[Object]
impl ToolMutations {
    /// Registers an MCP server, asks it for its tools and approves them: for everybody or some accounts by an operator outside
    /// any account, else for the account. Needs the role ADMIN.
    async fn register_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The server.")] input: RegisterMcpServerInput,
    ) -> Result<RegisterMcpServerPayload> {
        let found = ctx
            .services()?
            .mcp_servers
            .register(ctx.actor()?, input.server()?)
            .await?;
        Ok(RegisterMcpServerPayload {
            mcp_server: McpServer::from(found.server),
        })
    }

    /// Changes an MCP server. Needs the role ADMIN, and the server to be the account's own.
    async fn update_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: UpdateMcpServerInput,
    ) -> Result<UpdateMcpServerPayload> {
        let id = McpServerId::parse("input.id", &input.id)?;
        let found = ctx
            .services()?
            .mcp_servers
            .update(ctx.actor()?, id, input.change()?)
            .await?;
        Ok(UpdateMcpServerPayload {
            mcp_server: McpServer::from(found.server),
        })
    }

    /// Removes an MCP server with everything that was granted of it. Needs the role ADMIN, and the server to be the account's
    /// own.
    async fn remove_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which server.")] input: RemoveMcpServerInput,
    ) -> Result<RemoveMcpServerPayload> {
        ctx.services()?
            .mcp_servers
            .remove(ctx.actor()?, McpServerId::parse("input.id", &input.id)?)
            .await?;
        Ok(RemoveMcpServerPayload {
            deleted_id: input.id,
        })
    }

    /// Asks an MCP server anew for its tools, and approves them as they are now. UNAVAILABLE when it does not answer. Needs the
    /// role ADMIN, and the server to be the account's own.
    async fn refresh_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which server.")] input: RefreshMcpServerInput,
    ) -> Result<RefreshMcpServerPayload> {
        let found = ctx
            .services()?
            .mcp_servers
            .refresh(ctx.actor()?, McpServerId::parse("input.id", &input.id)?)
            .await?;
        Ok(found.into())
    }

    /// Grants an agent tools of a server, from its next message on. Needs the role ADMIN.
    async fn grant_tools(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tools, and who decides about their calls.")] input: GrantToolsInput,
    ) -> Result<GrantToolsPayload> {
        let agent = ctx
            .services()?
            .tool_grants
            .grant(ctx.actor()?, input.grant()?)
            .await?;
        Ok(GrantToolsPayload {
            agent: Agent(agent),
        })
    }

    /// Takes tools of a server from an agent, at once: calls are checked again when they are made. Needs the role ADMIN.
    async fn revoke_tools(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tools.")] input: RevokeToolsInput,
    ) -> Result<RevokeToolsPayload> {
        let agent = ctx
            .services()?
            .tool_grants
            .revoke(ctx.actor()?, input.revocation()?)
            .await?;
        Ok(RevokeToolsPayload {
            agent: Agent(agent),
        })
    }
}
