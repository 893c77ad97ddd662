//! MCP servers in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};

use super::{
    availability::AvailabilityState,
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    tool::Tool,
};
use crate::{
    domain::{self, Position},
    service::Availability,
};

/// A registered MCP server of the operator or of the account.
pub(super) struct McpServer(pub(super) Arc<domain::McpServer>);

impl From<domain::McpServer> for McpServer {
    fn from(server: domain::McpServer) -> Self {
        Self(Arc::new(server))
    }
}

/// A registered MCP server of the operator or of the account.
#[Object]
impl McpServer {
    /// The id of the server, `mcp_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The display name of the server.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The type of the server, for example `crm`; pricing tiers refer to it.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The URL of the server; for a built-in server, the path on this installation's address.
    async fn endpoint_url(&self) -> &str {
        &self.0.endpoint
    }

    /// The transport protocol of the server.
    async fn transport(&self) -> McpTransport {
        self.0.transport.into()
    }

    /// Whether all agents share the server. Otherwise, each agent has its own session, and requests name the account
    /// and agent.
    async fn stateless(&self) -> bool {
        self.0.stateless
    }

    /// Whether the server belongs to the operator and not to the account.
    async fn global(&self) -> bool {
        self.0.account.is_none()
    }

    /// Whether requests carry a token. The token is never returned.
    async fn has_token(&self) -> bool {
        self.0.token.is_some()
    }

    /// The tools from the last discovery; `available` is false for definitions that are not approved.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn supported_tools(&self, ctx: &Context<'_>) -> Result<Vec<Tool>> {
        let silence = ctx.services()?.availability.problem_of_server(&self.0);
        let tools = self.0.tools.iter().map(|definition| {
            let unavailable = self.0.unapproved(definition).or_else(|| silence.clone());
            Tool::of_server(definition, &self.0, unavailable)
        });
        Ok(tools.collect())
    }

    /// The availability of the server, as seen by the process that answers this query.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn status(&self, ctx: &Context<'_>) -> Result<AvailabilityState> {
        let availability = ctx.services()?.availability.of_server(&self.0);
        Ok(AvailabilityState::of(&availability))
    }

    /// Why the server is degraded or unavailable.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn problem(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(match ctx.services()?.availability.of_server(&self.0) {
            Availability::Available => None,
            Availability::Degraded(reasons) | Availability::Unavailable(reasons) => {
                let texts: Vec<String> = reasons.into_iter().map(|reason| reason.text).collect();
                Some(texts.join("; "))
            }
        })
    }

    /// Whether the tools differ from the approved ones: a tool was added, removed or redefined.
    async fn tools_changed_since_approval(&self) -> bool {
        self.0.changed_since_approval()
    }

    /// Which parts of the tools' definitions are pinned.
    async fn pinning(&self) -> ToolPinning {
        self.0.pinning.into()
    }

    /// The maximum duration of a call in seconds; null for the usual limits.
    async fn call_timeout_seconds(&self) -> Option<u32> {
        self.0.call_timeout
    }

    /// The time of the last discovery of the server's tools.
    async fn discovered_at(&self) -> Option<DateTime<Utc>> {
        self.0.discovered_at
    }

    /// The time of registration.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last change; mutations compare `expectedUpdatedAt` with it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The servers that the caller can see as a connection.
pub(super) async fn server_list(
    ctx: &Context<'_>,
    args: PageArgs,
) -> Result<ItemConnection<McpServer>> {
    let actor = ctx.actor()?;
    let scope = format!("mcpServers/{}", actor.account());
    let page = ctx
        .services()?
        .mcp_servers
        .list(actor, &args.request(&scope)?)
        .await?;
    Ok(connect(page, &scope, TotalCount::McpServers, |server| {
        Position::of(server.id)
    }))
}

/// Which parts of a tool's definition must stay as they were approved. A tool that differs in them is not called until
/// the server is refreshed.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ToolPinning")]
pub(super) enum ToolPinning {
    /// The whole definition: name, description, schemas and annotations.
    WholeDefinition,
    /// The name and the input schema, for servers whose descriptions differ at each listing. Models may then be sent
    /// descriptions that no one has approved.
    NameAndInputSchema,
}

/// The transport protocol of an MCP server.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum McpTransport {
    /// MCP over streamable HTTP.
    StreamableHttp,
    /// `POST {endpointUrl}/{tool}` with the arguments as JSON.
    ActionHttp,
}

impl From<domain::McpTransport> for McpTransport {
    fn from(transport: domain::McpTransport) -> Self {
        match transport {
            // External MCP clients reach the built-in servers over streamable HTTP.
            domain::McpTransport::StreamableHttp | domain::McpTransport::BuiltIn => {
                Self::StreamableHttp
            }
            domain::McpTransport::ActionHttp => Self::ActionHttp,
        }
    }
}

impl From<McpTransport> for domain::McpTransport {
    fn from(transport: McpTransport) -> Self {
        match transport {
            McpTransport::StreamableHttp => Self::StreamableHttp,
            McpTransport::ActionHttp => Self::ActionHttp,
        }
    }
}
