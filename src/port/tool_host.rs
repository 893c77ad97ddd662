//! Where tools are called.

use std::fmt;

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AgentId, McpServer, McpServerId, McpTransport, Secret, ToolDefinition, ToolGrant,
    },
    error::{Error, Result},
    port::{Sealed, Vault},
};

/// A server as one account, or one agent of it, reaches it.
#[derive(Debug, Clone)]
pub struct ToolEndpoint {
    /// The server.
    pub server: McpServerId,
    /// What it is for, e.g. `crm`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// How it is spoken to.
    pub transport: McpTransport,
    /// Whether all agents share it; else this agent has a session of its own there, and the server learns whose it is.
    pub stateless: bool,
    /// What calls bear as `Authorization: Bearer`.
    pub token: Option<Secret>,
    /// On whose behalf.
    pub account: AccountId,
    /// The agent that calls; none while somebody looks at what the server offers.
    pub agent: Option<AgentId>,
}

impl ToolEndpoint {
    /// The server as an agent with this grant reaches it, or, without one, as whoever registered it does. Errors are those
    /// of opening its token.
    pub fn open(
        server: &McpServer,
        account: AccountId,
        grant: Option<&ToolGrant>,
        vault: &dyn Vault,
    ) -> Result<Self> {
        let own = grant.and_then(|grant| Some((grant.token.as_deref()?, grant.id)));
        let token = match (own, server.token.as_deref()) {
            (Some((sealed, row)), _) => Some(vault.open(Self::of_grant(account, row), sealed)?),
            (None, Some(sealed)) => {
                Some(vault.open(Self::of_server(server.account, server.id), sealed)?)
            }
            (None, None) => None,
        };
        Ok(Self {
            server: server.id,
            kind: server.kind.clone(),
            url: server.endpoint.clone(),
            transport: server.transport,
            stateless: server.stateless,
            token,
            account,
            agent: grant.map(|grant| grant.agent),
        })
    }

    /// Where a grant's token is sealed for.
    pub fn of_grant(account: AccountId, row: Uuid) -> Sealed<'static> {
        Sealed {
            table: "tool_grants",
            column: "token",
            account,
            row,
        }
    }

    /// Where a server's token is sealed for; the operator's servers belong to no account.
    pub fn of_server(account: Option<AccountId>, server: McpServerId) -> Sealed<'static> {
        Sealed {
            table: "mcp_servers",
            column: "token",
            account: account.unwrap_or_else(|| AccountId::from_uuid(Uuid::nil())),
            row: server.uuid(),
        }
    }
}

/// A call as it goes out.
#[derive(Debug, Clone)]
pub struct ToolRequest {
    /// The tool's name.
    pub tool: String,
    /// Its arguments, an object that fits its schema.
    pub arguments: Value,
    /// The same for the same call, whoever makes it again; a server that knows it makes the call once.
    pub idempotency_key: String,
    /// Whether the call may be made again when its answer was lost.
    pub may_repeat: bool,
}

/// What a tool said.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolAnswer {
    /// What the model reads.
    pub text: String,
    /// The same as data: the structured content where the server gave it, else a list of its content blocks.
    pub content: Value,
    /// Whether the tool itself says that it failed.
    pub is_error: bool,
}

/// A call that brought no answer.
pub struct ToolFailure {
    /// Why, in words for the model and the caller.
    pub error: Error,
    /// Whether the server may have done what it was asked for.
    pub may_have_happened: bool,
}

impl ToolFailure {
    /// The call did not reach the server, or the server refused it.
    pub fn not_made(error: Error) -> Self {
        Self {
            error,
            may_have_happened: false,
        }
    }

    /// The call went out, and nobody knows what became of it.
    pub fn lost(error: Error) -> Self {
        Self {
            error,
            may_have_happened: true,
        }
    }
}

impl fmt::Debug for ToolFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolFailure")
            .field("error", &self.error)
            .field("may_have_happened", &self.may_have_happened)
            .finish()
    }
}

/// How well a server has answered lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolHealth {
    /// Well.
    Available,
    /// Not always; why.
    Degraded(String),
    /// Not at all: it is not asked for a while; why.
    Unavailable(String),
}

/// What goes to a server besides the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing that is secret.
    NoSecret,
    /// A token.
    Token,
}

impl Sent {
    /// A token, if there is one.
    pub fn of<T>(token: Option<&T>) -> Self {
        token.map_or(Self::NoSecret, |_| Self::Token)
    }
}

/// Calls tools.
#[async_trait]
pub trait ToolHost: Send + Sync {
    /// Whether an address may be called at all, as far as that can be told without calling: `BAD_USER_INPUT` for `field`
    /// otherwise.
    fn check(&self, field: &str, url: &str, sent: Sent) -> Result<()>;

    /// What a server offers now. `BAD_USER_INPUT` for `endpointUrl` when it may not be reached, UNAVAILABLE with the reason
    /// when it does not answer as it should.
    async fn list(&self, endpoint: &ToolEndpoint) -> Result<Vec<ToolDefinition>>;

    /// Calls a tool. Dropping the future gives the call up, and tells the server where its protocol can.
    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure>;

    /// How well a server has answered this process lately.
    fn health(&self, server: McpServerId) -> ToolHealth;

    /// Ends every session with a server: it was changed or removed.
    async fn forget(&self, server: McpServerId);
}
