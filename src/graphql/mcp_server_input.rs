//! Inputs and payloads for registering, changing, refreshing and removing MCP servers.

use async_graphql::{ID, InputObject, MaybeUndefined, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    error::Result,
    mcp_server::{McpServer, McpTransport, ToolPinning},
    tool::ToolInput,
};
use crate::{
    domain::{self, AccountId, Secret, ToolDefinition},
    service::{
        AccountsChange, CallTimeoutChange, Discovery, McpServerChange, NewMcpServer, TokenChange,
    },
};

/// A new MCP server. An operator outside any account registers it for all accounts, every other caller for its own
/// account.
#[derive(InputObject)]
pub(super) struct RegisterMcpServerInput {
    /// The display name, 1 to 120 characters; unique among the servers of the same owner.
    name: String,
    /// The type of the server, for example `crm`: a lowercase letter, followed by lowercase letters, digits and `_`.
    #[graphql(name = "type")]
    kind: String,
    /// The URL of the server: http or https, no private address. It is shown to every caller that can see the server,
    /// so it must not contain secrets.
    endpoint_url: String,
    /// The transport protocol of the server.
    #[graphql(default_with = "Some(McpTransport::StreamableHttp)")]
    transport: Option<McpTransport>,
    /// Whether all agents share the server. Otherwise, each agent has its own session, and requests name the account
    /// and agent.
    stateless: bool,
    /// The token that requests send as `Authorization: Bearer`; stored encrypted and never returned.
    token: Option<String>,
    /// The only accounts that can use the server; for servers of the operator. Default: all accounts.
    account_ids: Option<Vec<ID>>,
    /// The tools of the server; required for `ACTION_HTTP`, which has no discovery, and only allowed there.
    tools: Option<Vec<ToolInput>>,
    /// Which parts of the tools' definitions are pinned.
    #[graphql(default_with = "Some(ToolPinning::WholeDefinition)")]
    pinning: Option<ToolPinning>,
    /// The maximum duration of a call in seconds, 1 to 3600. Default: 600, and 60 without a sign of life from the
    /// server. A value replaces both limits.
    call_timeout_seconds: Option<u32>,
}

impl RegisterMcpServerInput {
    pub(super) fn server(self) -> Result<NewMcpServer> {
        let transport = self.transport.unwrap_or(McpTransport::StreamableHttp);
        Ok(NewMcpServer {
            name: self.name,
            kind: self.kind,
            endpoint: self.endpoint_url,
            transport: domain::McpTransport::from(transport),
            stateless: self.stateless,
            token: self.token.map(Secret::new),
            accounts: self.account_ids.as_deref().map(accounts).transpose()?,
            tools: self.tools.map(definitions),
            pinning: self.pinning.map(Into::into).unwrap_or_default(),
            call_timeout: self.call_timeout_seconds,
        })
    }
}

/// The result of `registerMcpServer`.
#[derive(SimpleObject)]
pub(super) struct RegisterMcpServerPayload {
    /// The server. If it did not answer, `problem` is set, and its tools cannot be used until it is refreshed.
    pub(super) mcp_server: McpServer,
}

/// Changes to an MCP server; omitted fields stay as they are.
#[derive(InputObject)]
pub(super) struct UpdateMcpServerInput {
    /// The id of the server.
    pub(super) id: ID,
    /// The display name, 1 to 120 characters; unique among the servers of the same owner.
    name: Option<String>,
    /// The URL of the server. A new URL starts a new discovery, and the discovered tools are approved. All tokens,
    /// including those of agents, are removed: set `token` again, or null for no token.
    endpoint_url: Option<String>,
    /// Whether all agents share the server.
    stateless: Option<bool>,
    /// The token that requests send as `Authorization: Bearer`; null for none.
    token: MaybeUndefined<String>,
    /// The only accounts that can use the server; for servers of the operator. Null for all accounts.
    account_ids: MaybeUndefined<Vec<ID>>,
    /// All tools of the server; only for `ACTION_HTTP`.
    tools: Option<Vec<ToolInput>>,
    /// Which parts of the tools' definitions are pinned. The approved definitions stay the same.
    pinning: Option<ToolPinning>,
    /// The maximum duration of a call in seconds, 1 to 3600; null for the usual limits.
    call_timeout_seconds: MaybeUndefined<u32>,
    /// The `updatedAt` that the change is based on; fails with CONFLICT if the server has changed since.
    expected_updated_at: Option<DateTime<Utc>>,
}

impl UpdateMcpServerInput {
    pub(super) fn change(self) -> Result<McpServerChange> {
        Ok(McpServerChange {
            name: self.name,
            endpoint: self.endpoint_url,
            stateless: self.stateless,
            token: match self.token {
                MaybeUndefined::Undefined => TokenChange::Keep,
                MaybeUndefined::Null => TokenChange::Remove,
                MaybeUndefined::Value(token) => TokenChange::Set(Secret::new(token)),
            },
            accounts: match self.account_ids {
                MaybeUndefined::Undefined => AccountsChange::Keep,
                MaybeUndefined::Null => AccountsChange::Lift,
                MaybeUndefined::Value(ids) => AccountsChange::Only(accounts(&ids)?),
            },
            tools: self.tools.map(definitions),
            pinning: self.pinning.map(Into::into),
            call_timeout: match self.call_timeout_seconds {
                MaybeUndefined::Undefined => CallTimeoutChange::Keep,
                MaybeUndefined::Null => CallTimeoutChange::Usual,
                MaybeUndefined::Value(seconds) => CallTimeoutChange::Set(seconds),
            },
            expected_updated_at: self.expected_updated_at,
        })
    }
}

/// The result of `updateMcpServer`.
#[derive(SimpleObject)]
pub(super) struct UpdateMcpServerPayload {
    /// The server after the change.
    pub(super) mcp_server: McpServer,
}

/// The server to refresh.
#[derive(InputObject)]
pub(super) struct RefreshMcpServerInput {
    /// The id of the server.
    pub(super) id: ID,
}

/// The result of `refreshMcpServer`; the discovered tools are approved.
#[derive(SimpleObject)]
pub(super) struct RefreshMcpServerPayload {
    /// The server after the change.
    mcp_server: McpServer,
    /// The names of tools that were added since the last approval.
    added: Vec<String>,
    /// The names of tools that were removed since the last approval.
    removed: Vec<String>,
    /// The names of tools whose definition changed since the last approval.
    changed: Vec<String>,
}

impl From<Discovery> for RefreshMcpServerPayload {
    fn from(discovery: Discovery) -> Self {
        let changes = discovery.changes;
        Self {
            mcp_server: McpServer::from(discovery.server),
            added: changes.added,
            removed: changes.removed,
            changed: changes.changed,
        }
    }
}

/// The server to remove.
#[derive(InputObject)]
pub(super) struct RemoveMcpServerInput {
    /// The id of the server.
    pub(super) id: ID,
}

/// The result of `removeMcpServer`: all grants of the server are deleted too.
#[derive(SimpleObject)]
pub(super) struct RemoveMcpServerPayload {
    /// The id of the removed server.
    pub(super) deleted_id: ID,
}

fn accounts(ids: &[ID]) -> Result<Vec<AccountId>> {
    let ids = ids.iter().enumerate();
    let ids = ids.map(|(index, id)| AccountId::parse(&format!("input.accountIds[{index}]"), id));
    Ok(ids.collect::<crate::error::Result<_>>()?)
}

fn definitions(tools: Vec<ToolInput>) -> Vec<ToolDefinition> {
    tools.into_iter().map(ToolDefinition::from).collect()
}
