//! MCP servers in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};

use super::{
    availability::AvailabilityState,
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
    tool::Tool,
};
use crate::{
    domain::{self, Position},
    service::Availability,
};

/// A registered MCP server: the operator's, or the account's own.
pub(super) struct McpServer(pub(super) Arc<domain::McpServer>);

impl From<domain::McpServer> for McpServer {
    fn from(server: domain::McpServer) -> Self {
        Self(Arc::new(server))
    }
}

/// A registered MCP server: the operator's, or the account's own.
#[Object]
impl McpServer {
    /// Its id, `mcp_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for, e.g. `crm`: what pricing tiers name.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it is; for a part of this program, the path on its own address.
    async fn endpoint_url(&self) -> &str {
        &self.0.endpoint
    }

    /// How it is spoken to.
    async fn transport(&self) -> McpTransport {
        self.0.transport.into()
    }

    /// Whether all agents share it; else each has a session of its own there, and the server learns whose it is.
    async fn stateless(&self) -> bool {
        self.0.stateless
    }

    /// Whether it is the operator's, and not the account's own.
    async fn global(&self) -> bool {
        self.0.account.is_none()
    }

    /// Whether calls bear a token; the token itself is never shown.
    async fn has_token(&self) -> bool {
        self.0.token.is_some()
    }

    /// What it offers, as it said last; `available` is false for what was not approved as it is now.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn supported_tools(&self, ctx: &Context<'_>) -> Result<Vec<Tool>> {
        let silence = ctx.services()?.availability.problem_of_server(&self.0);
        let tools = self.0.tools.iter().map(|definition| {
            let unavailable = self.0.unapproved(definition).or_else(|| silence.clone());
            Tool::of_server(definition, &self.0, unavailable)
        });
        Ok(tools.collect())
    }

    /// Whether it answers, as far as the process that was asked knows.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn status(&self, ctx: &Context<'_>) -> Result<AvailabilityState> {
        let availability = ctx.services()?.availability.of_server(&self.0);
        Ok(AvailabilityState::of(&availability))
    }

    /// Why it does not answer, or not always.
    #[expect(clippy::unused_async, reason = "the framework wants it")]
    async fn problem(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(match ctx.services()?.availability.of_server(&self.0) {
            Availability::Available => None,
            Availability::Degraded(why) | Availability::Unavailable(why) => Some(why.join("; ")),
        })
    }

    /// Whether it offers something else than what was approved: a tool that is new, gone or described otherwise.
    async fn tools_changed_since_approval(&self) -> bool {
        self.0.changed_since_approval()
    }

    /// When it last said what it offers.
    async fn discovered_at(&self) -> Option<DateTime<Utc>> {
        self.0.discovered_at
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed; `expectedUpdatedAt` compares with it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The servers that the caller sees as a connection.
pub(super) async fn server_list(ctx: &Context<'_>, args: PageArgs) -> Result<List<McpServer>> {
    let actor = ctx.actor()?;
    let scope = format!("mcpServers/{}", actor.account());
    let page = ctx
        .services()?
        .mcp_servers
        .list(actor, &args.request(&scope)?)
        .await?;
    Ok(connect(page, &scope, Total::McpServers, |server| {
        Position::of(server.id)
    }))
}

/// How a server is spoken to.
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
            // from outside, that is how it is spoken to
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
