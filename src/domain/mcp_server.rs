//! MCP servers: their endpoints, the accounts that may use them, and the approved definitions of their tools.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, McpServerId, ToolDefinition, ToolPin, ToolPinning};

/// A registered MCP server, of the operator or of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct McpServer {
    /// The server's id.
    pub id: McpServerId,
    /// The account that registered the server; none for the operator's.
    pub account: Option<AccountId>,
    /// The display name; tools are offered to models under it.
    pub name: String,
    /// The type that pricing tiers refer to, e.g. `crm`.
    pub kind: String,
    /// The endpoint's URL; for a built-in server, its path on this program's own address.
    pub endpoint: String,
    /// The protocol to speak.
    pub transport: McpTransport,
    /// Whether all agents share one session; if not, each agent has its own session, and the server gets the agent's
    /// and the account's id.
    pub stateless: bool,
    /// The tools that the server offered at the last discovery.
    pub tools: Vec<ToolDefinition>,
    /// The hashes of each approved definition, by the tool's name; [`ToolPin`] reads them.
    pub pins: BTreeMap<String, String>,
    /// Which parts of the definitions are pinned.
    pub pinning: ToolPinning,
    /// The maximum duration of a call in seconds; none for the usual limits.
    pub call_timeout: Option<u32>,
    /// The only accounts that may use this server of the operator; empty for all.
    pub accounts: Vec<AccountId>,
    /// The token for `Authorization: Bearer`, sealed.
    pub token: Option<Vec<u8>>,
    /// The reason why the last discovery failed; none after a success.
    pub problem: Option<String>,
    /// The time of the last successful discovery.
    pub discovered_at: Option<DateTime<Utc>>,
    /// The time of the registration.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

impl McpServer {
    /// Whether agents of the account may be granted tools of this server.
    pub fn is_open_to(&self, account: AccountId) -> bool {
        match self.account {
            Some(owner) => owner == account,
            None => self.accounts.is_empty() || self.accounts.contains(&account),
        }
    }

    /// The tool with this name, as of the last discovery; the usable one, if the server offers several.
    pub fn tool(&self, name: &str) -> Option<&ToolDefinition> {
        usable_tool(&self.tools, name)
    }

    /// Whether the tool's definition is the approved one, as far as the server's setting pins it.
    pub fn is_approved(&self, tool: &ToolDefinition) -> bool {
        let pin = self.pins.get(&tool.name);
        tool.problem.is_none()
            && pin.is_some_and(|pin| ToolPin::read(pin).allows(tool, self.pinning))
    }

    /// The reason why a tool of this server cannot be used, with what to do; none for a tool with its approved
    /// definition.
    pub fn unapproved(&self, tool: &ToolDefinition) -> Option<String> {
        if let Some(problem) = &tool.problem {
            return Some(problem.clone());
        }
        let Some(pin) = self.pins.get(&tool.name).map(|pin| ToolPin::read(pin)) else {
            return Some(
                "it was not approved; look at it, then refreshMcpServer approves it as it is now"
                    .to_owned(),
            );
        };
        if pin.allows(tool, self.pinning) {
            return None;
        }
        let difference = pin.difference(tool);
        let setting = if pin.is_same_input(tool) {
            "; where it differs at every listing, updateMcpServer with pinning NAME_AND_INPUT_SCHEMA pins nothing else"
        } else {
            ""
        };
        Some(format!(
            "its definition has changed since it was approved{difference}; look at it, then refreshMcpServer approves it as it is now{setting}"
        ))
    }

    /// Whether the server offers something other than what was approved: a tool was added, removed or defined
    /// differently.
    pub fn changed_since_approval(&self) -> bool {
        let usable = || self.tools.iter().filter(|tool| tool.problem.is_none());
        usable().count() != self.pins.len() || !usable().all(|tool| self.is_approved(tool))
    }

    /// Approves exactly the usable tools that the server offers now.
    pub fn approve(&mut self) {
        let usable = self.tools.iter().filter(|tool| tool.problem.is_none());
        let pins = usable.map(|tool| (tool.name.clone(), tool.pin()));
        self.pins = pins.collect();
    }
}

/// The tool with this name among those that a server offers; the usable one, if it offers several.
pub fn usable_tool<'t>(tools: &'t [ToolDefinition], name: &str) -> Option<&'t ToolDefinition> {
    let mut named = tools.iter().filter(|tool| tool.name == name);
    let first = named.clone().next();
    named.find(|tool| tool.problem.is_none()).or(first)
}

/// Which of the operator's servers a caller sees, besides its account's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerScope {
    /// The servers that are open to the account.
    Open,
    /// All servers, for the operator.
    All,
}

/// The protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum McpTransport {
    /// MCP over streamable HTTP.
    StreamableHttp,
    /// `POST {endpoint}/{tool}` with the arguments as JSON.
    ActionHttp,
    /// Part of this program; external clients reach it over streamable HTTP.
    BuiltIn,
}
