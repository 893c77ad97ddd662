//! Mutations of MCP servers, tool grants and the keys of providers.

use async_graphql::{Context, Object};

use crate::{
    domain::{McpServerId, ProviderKeyId, Secret},
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
        provider_key::{
            ProviderKey, RemoveProviderKeyInput, RemoveProviderKeyPayload, SetProviderKeyInput,
            SetProviderKeyPayload,
        },
        tool_grant::{GrantToolsInput, GrantToolsPayload, RevokeToolsInput, RevokeToolsPayload},
    },
};

/// The mutations of MCP servers, tool grants and the keys of providers.
#[derive(Default)]
pub(super) struct ToolMutations;

#[Object]
impl ToolMutations {
    /// Registers an MCP server, discovers its tools and approves them. An operator outside any account registers it for
    /// all or some accounts, every other caller for its own account. Requires the role ADMIN.
    async fn register_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new server.")] input: RegisterMcpServerInput,
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

    /// Changes an MCP server that the account owns. Requires the role ADMIN.
    async fn update_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateMcpServerInput,
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

    /// Removes an MCP server that the account owns, with all its grants. Requires the role ADMIN.
    async fn remove_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The server to remove.")] input: RemoveMcpServerInput,
    ) -> Result<RemoveMcpServerPayload> {
        ctx.services()?
            .mcp_servers
            .remove(ctx.actor()?, McpServerId::parse("input.id", &input.id)?)
            .await?;
        Ok(RemoveMcpServerPayload {
            deleted_id: input.id,
        })
    }

    /// Discovers the tools of an MCP server that the account owns again and approves them. Fails with UNAVAILABLE when
    /// the server does not answer. Requires the role ADMIN.
    async fn refresh_mcp_server(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The server to refresh.")] input: RefreshMcpServerInput,
    ) -> Result<RefreshMcpServerPayload> {
        let found = ctx
            .services()?
            .mcp_servers
            .refresh(ctx.actor()?, McpServerId::parse("input.id", &input.id)?)
            .await?;
        Ok(found.into())
    }

    /// Sets the account's own key for a provider of models, in place of an earlier one. Runs of the account use it instead
    /// of the operator's key, and cost nothing here. Requires the role ADMIN.
    async fn set_provider_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: SetProviderKeyInput,
    ) -> Result<SetProviderKeyPayload> {
        let key = ctx
            .services()?
            .provider_keys
            .set(ctx.actor()?, &input.provider, Secret::new(input.secret))
            .await?;
        Ok(SetProviderKeyPayload {
            provider_key: ProviderKey(key),
        })
    }

    /// Removes the account's own key for a provider of models: runs use the operator's key again. Requires the role ADMIN.
    async fn remove_provider_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to remove.")] input: RemoveProviderKeyInput,
    ) -> Result<RemoveProviderKeyPayload> {
        ctx.services()?
            .provider_keys
            .remove(ctx.actor()?, ProviderKeyId::parse("input.id", &input.id)?)
            .await?;
        Ok(RemoveProviderKeyPayload {
            deleted_id: input.id,
        })
    }

    /// Grants tools of a server to an agent, from the agent's next message on. Requires the role ADMIN.
    async fn grant_tools(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tools to grant, and their policy.")] input: GrantToolsInput,
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

    /// Revokes an agent's tools of a server at once: each call is checked again before it is made. Requires the role
    /// ADMIN.
    async fn revoke_tools(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tools to revoke.")] input: RevokeToolsInput,
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
