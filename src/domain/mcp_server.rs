//! MCP servers: where tools are, who may use them, and what of them was approved.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, McpServerId, ToolDefinition};

/// A registered MCP server: the platform's own, or an account's.
#[derive(Debug, Clone, PartialEq)]
pub struct McpServer {
    /// Its id.
    pub id: McpServerId,
    /// The account that registered it; none for the operator's.
    pub account: Option<AccountId>,
    /// Its name, for people; tools are offered to models under it.
    pub name: String,
    /// What it is for, e.g. `crm`: what pricing tiers name.
    pub kind: String,
    /// Where it is; for a built-in one, its path on this program's own address.
    pub endpoint: String,
    /// How it is spoken to.
    pub transport: McpTransport,
    /// Whether all agents share it; else each has a session of its own, and the server learns whose it is.
    pub stateless: bool,
    /// What it offers, as it said last.
    pub tools: Vec<ToolDefinition>,
    /// The hash of each approved definition, by the tool's name.
    pub pins: BTreeMap<String, String>,
    /// The only accounts that may use one of the operator's; empty for all.
    pub accounts: Vec<AccountId>,
    /// The token that calls bear, sealed.
    pub token: Option<Vec<u8>>,
    /// Why it could not be asked for its tools the last time; none when it could.
    pub problem: Option<String>,
    /// When it last said what it offers.
    pub discovered_at: Option<DateTime<Utc>>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl McpServer {
    /// Whether agents of the account may be granted its tools.
    pub fn is_open_to(&self, account: AccountId) -> bool {
        match self.account {
            Some(owner) => owner == account,
            None => self.accounts.is_empty() || self.accounts.contains(&account),
        }
    }

    /// The tool of that name, as the server described it last.
    pub fn tool(&self, name: &str) -> Option<&ToolDefinition> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Whether the tool is still what was approved.
    pub fn is_approved(&self, tool: &ToolDefinition) -> bool {
        self.pins
            .get(&tool.name)
            .is_some_and(|pin| *pin == tool.pin())
    }

    /// Why a tool of it cannot be used as it is described, and what to do; none when it is what was approved.
    pub fn unapproved(&self, tool: &ToolDefinition) -> Option<String> {
        if let Some(problem) = &tool.problem {
            return Some(problem.clone());
        }
        let pin = self.pins.get(&tool.name);
        let problem = match pin {
            Some(pin) if *pin == tool.pin() => return None,
            Some(_) => "its definition has changed since it was approved",
            None => "it was not approved",
        };
        Some(format!(
            "{problem}; look at it, then refreshMcpServer approves it as it is now"
        ))
    }

    /// Whether it offers something else than what was approved: a tool that is new, gone, or described otherwise.
    pub fn changed_since_approval(&self) -> bool {
        let usable = || self.tools.iter().filter(|tool| tool.problem.is_none());
        usable().count() != self.pins.len() || !usable().all(|tool| self.is_approved(tool))
    }

    /// Approves everything that it offers now and that can be used, and nothing else.
    pub fn approve(&mut self) {
        let usable = self.tools.iter().filter(|tool| tool.problem.is_none());
        let pins = usable.map(|tool| (tool.name.clone(), tool.pin()));
        self.pins = pins.collect();
    }
}

/// Which of the operator's servers somebody sees, besides an account's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerScope {
    /// Those that are open to the account.
    Open,
    /// All of them: whoever registered them looks.
    All,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum McpTransport {
    /// MCP over streamable HTTP.
    StreamableHttp,
    /// `POST {endpoint}/{tool}` with the arguments as JSON.
    ActionHttp,
    /// A part of this program; from outside it is reached over streamable HTTP.
    BuiltIn,
}
