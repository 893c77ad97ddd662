//! What is asked of MCP servers: registered, changed, refreshed and removed how.

use async_graphql::{ID, InputObject, MaybeUndefined, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    error::Result,
    mcp_server::{McpServer, McpTransport},
    tool::ToolInput,
};
use crate::{
    domain::{self, AccountId, Secret, ToolDefinition},
    service::{AccountsChange, Discovery, McpServerChange, NewMcpServer, TokenChange},
};

/// A server that is to be registered: by an operator outside any account for everybody, else for the account.
#[derive(InputObject)]
pub(super) struct RegisterMcpServerInput {
    /// Its name, for people; 1 to 120 characters, unlike that of any other server of its owner.
    name: String,
    /// What it is for, e.g. `crm`: a lowercase letter, then lowercase letters, digits and `_`.
    #[graphql(name = "type")]
    kind: String,
    /// Where it is: http or https, no private address. Everybody who sees the server sees it, so it is no place for secrets.
    endpoint_url: String,
    /// How it is spoken to.
    #[graphql(default_with = "Some(McpTransport::StreamableHttp)")]
    transport: Option<McpTransport>,
    /// Whether all agents share it; else each has a session of its own there, and the server learns whose it is.
    stateless: bool,
    /// What calls bear as `Authorization: Bearer`; kept sealed and never shown.
    token: Option<String>,
    /// The only accounts that may use it; for the operator's servers. Everybody when left out.
    account_ids: Option<Vec<ID>>,
    /// What it offers; required for `ACTION_HTTP`, which cannot be asked, and only there.
    tools: Option<Vec<ToolInput>>,
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
        })
    }
}

/// The server that was registered.
#[derive(SimpleObject)]
pub(super) struct RegisterMcpServerPayload {
    /// The server; one that did not answer has a `problem`, and nothing of it can be used until it is refreshed.
    pub(super) mcp_server: McpServer,
}

/// What is to change of a server; what is left out stays.
#[derive(InputObject)]
pub(super) struct UpdateMcpServerInput {
    /// Its id.
    pub(super) id: ID,
    /// Its name, for people; 1 to 120 characters, unlike that of any other server of its owner.
    name: Option<String>,
    /// Where it is. It is asked anew there, and what it offers is approved. Tokens, agents' own too, stay behind: give the
    /// server's again, or null for none.
    endpoint_url: Option<String>,
    /// Whether all agents share it.
    stateless: Option<bool>,
    /// What calls bear as `Authorization: Bearer`; null for nothing.
    token: MaybeUndefined<String>,
    /// The only accounts that may use it; for the operator's servers. Null for everybody.
    account_ids: MaybeUndefined<Vec<ID>>,
    /// What it offers, all of it; for `ACTION_HTTP`.
    tools: Option<Vec<ToolInput>>,
    /// The `updatedAt` that the change was made for; CONFLICT when the server has changed since.
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
            expected_updated_at: self.expected_updated_at,
        })
    }
}

/// The server that was changed.
#[derive(SimpleObject)]
pub(super) struct UpdateMcpServerPayload {
    /// The server as it is now.
    pub(super) mcp_server: McpServer,
}

/// The server that is to be asked anew.
#[derive(InputObject)]
pub(super) struct RefreshMcpServerInput {
    /// Its id.
    pub(super) id: ID,
}

/// What a server offers now; it is approved.
#[derive(SimpleObject)]
pub(super) struct RefreshMcpServerPayload {
    /// The server as it is now.
    mcp_server: McpServer,
    /// The names of tools that were not there when it was approved last.
    added: Vec<String>,
    /// The names of tools that are not there any more.
    removed: Vec<String>,
    /// The names of tools that are described otherwise.
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

/// The server that is to be removed.
#[derive(InputObject)]
pub(super) struct RemoveMcpServerInput {
    /// Its id.
    pub(super) id: ID,
}

/// The server is gone, with everything that was granted of it.
#[derive(SimpleObject)]
pub(super) struct RemoveMcpServerPayload {
    /// Its id.
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
