//! Access to the MCP servers that tools are called on.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AgentId, McpServer, McpServerId, McpTransport, SealedColumn, Secret,
        ToolDefinition, ToolGrant,
    },
    error::{Error, Result},
    port::{SecretLocation, Vault},
};

/// A server as an account, or one of its agents, reaches it.
#[derive(Debug, Clone)]
pub struct ToolEndpoint {
    /// The server.
    pub server: McpServerId,
    /// The server's type, e.g. `crm`.
    pub kind: String,
    /// The endpoint's URL.
    pub url: String,
    /// The protocol to speak.
    pub transport: McpTransport,
    /// Whether all agents share one session; if not, this agent has its own session, and the server gets the agent's
    /// and the account's id.
    pub stateless: bool,
    /// The maximum duration of a call, also of a silent one; none for the host's limits.
    pub call_timeout: Option<Duration>,
    /// The token for `Authorization: Bearer`.
    pub token: Option<Secret>,
    /// The account that calls.
    pub account: AccountId,
    /// The agent that calls; none for the discovery of the server's tools.
    pub agent: Option<AgentId>,
}

impl ToolEndpoint {
    /// The server as an agent with this grant reaches it; without a grant, as its registrar does. Returns the errors of
    /// opening the token.
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
            call_timeout: server
                .call_timeout
                .map(|seconds| Duration::from_secs(u64::from(seconds))),
            token,
            account,
            agent: grant.map(|grant| grant.agent),
        })
    }

    /// The location that a grant's token is sealed for.
    pub fn of_grant(account: AccountId, row: Uuid) -> SecretLocation<'static> {
        SecretLocation::of_stored(SealedColumn::GrantToken, Some(account), row)
    }

    /// The location that a server's token is sealed for; the operator's servers have no account.
    pub fn of_server(account: Option<AccountId>, server: McpServerId) -> SecretLocation<'static> {
        SecretLocation::of_stored(SealedColumn::ServerToken, account, server.uuid())
    }
}

/// A tool call to send.
#[derive(Debug, Clone)]
pub struct ToolRequest {
    /// The tool's name.
    pub tool: String,
    /// The arguments, an object that matches the tool's schema.
    pub arguments: Value,
    /// Equal for every attempt of the same call, in any process; a server that supports it executes the call once.
    pub idempotency_key: String,
    /// Whether the call may be repeated when its response was lost.
    pub may_repeat: bool,
}

/// The result of a tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolAnswer {
    /// The text for the model.
    pub text: String,
    /// The same as data: the structured content if the server sent any, else a list of its content blocks.
    pub content: Value,
    /// Whether the tool reports a failure.
    pub is_error: bool,
}

/// A call without a result.
pub struct ToolFailure {
    /// The reason, with a message for the model and the caller.
    pub error: Error,
    /// Whether the server may have executed the call.
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

    /// The call was sent, and its outcome is unknown.
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

/// A server's recent health, from the calls of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolHealth {
    /// Recent calls succeeded.
    Available,
    /// Some recent calls failed; the text is the reason.
    Degraded(String),
    /// The circuit breaker is open: calls are refused for a while; the text is the reason.
    Unavailable(String),
}

/// Whether a request carries a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestSecret {
    /// The request carries no secret.
    NoSecret,
    /// The request carries a token.
    Token,
}

impl RequestSecret {
    /// [`Self::Token`] if there is a token.
    pub fn of<T>(token: Option<&T>) -> Self {
        token.map_or(Self::NoSecret, |_| Self::Token)
    }
}

/// Lists and calls the tools of servers.
#[async_trait]
pub trait ToolHost: Send + Sync {
    /// Checks whether a URL may be called, without connecting. `BAD_USER_INPUT` for `field` if not.
    fn check(&self, field: &str, url: &str, sent: RequestSecret) -> Result<()>;

    /// The tools that a server offers now. `BAD_USER_INPUT` for `endpointUrl` when the address is not allowed;
    /// UNAVAILABLE, with the reason, when the server does not respond correctly.
    async fn list(&self, endpoint: &ToolEndpoint) -> Result<Vec<ToolDefinition>>;

    /// Calls a tool. Dropping the future abandons the call, and notifies the server where its protocol allows it.
    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure>;

    /// The health of a server, from the recent calls of this process.
    fn health(&self, server: McpServerId) -> ToolHealth;

    /// Ends all sessions with a server, after it was changed or removed.
    async fn forget(&self, server: McpServerId);
}
