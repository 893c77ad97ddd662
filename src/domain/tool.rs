//! Tools: functions on MCP servers, their definitions and the grants of agents.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::{AgentId, GrantPolicy, McpServerId, tool_pin::pin_of};

/// A function on an MCP server, as the server defines it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolDefinition {
    /// The tool's name on the server.
    pub name: String,
    /// The description for the model.
    #[serde(default)]
    pub description: String,
    /// The JSON Schema of the arguments, an object.
    pub input_schema: Value,
    /// The JSON Schema of the structured result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Hints of the server about the tool's behaviour: MCP specification, "Tool annotations".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Value>,
    /// The reason why the tool cannot be used, approved or not, in a sentence that names it; none for a usable tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl ToolDefinition {
    /// The definition of an unusable tool whose own definition cannot be stored.
    pub fn unusable(name: String, problem: String) -> Self {
        Self {
            name,
            description: String::new(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            annotations: None,
            problem: Some(problem),
        }
    }

    /// The hashes of the canonical definition; approval pins them, so that a changed definition is not used.
    pub fn pin(&self) -> String {
        pin_of(self)
    }

    /// Whether a call may be repeated after its response was lost: the server declares it as read-only or idempotent.
    pub fn may_repeat(&self) -> bool {
        self.hint("readOnlyHint") || self.hint("idempotentHint")
    }

    /// Whether the server declares that the tool changes nothing.
    pub fn only_reads(&self) -> bool {
        self.hint("readOnlyHint")
    }

    /// Whether the server declares the tool as destructive.
    pub fn is_destructive(&self) -> bool {
        self.hint("destructiveHint")
    }

    fn hint(&self, name: &str) -> bool {
        let hint = self.annotations.as_ref().and_then(|hints| hints.get(name));
        hint.and_then(Value::as_bool).unwrap_or_default()
    }
}

/// The approval policy of a tool's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolPolicy {
    /// Calls are made without approval.
    Auto,
    /// A person approves or denies each call.
    Approve,
    /// Calls are never made.
    Deny,
}

impl ToolPolicy {
    /// Whether a call does no harm when the message did not mean it: the tool only reads, or a person decides first.
    pub fn may_guess(self, tool: Option<&ToolDefinition>) -> bool {
        match self {
            Self::Auto => tool.is_some_and(ToolDefinition::only_reads),
            Self::Approve => true,
            Self::Deny => false,
        }
    }
}

/// The tools that an agent may call on a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolGrant {
    /// The grant's id; a token is sealed for it.
    pub id: Uuid,
    /// The agent that holds the grant.
    pub agent: AgentId,
    /// The server that offers the tools.
    pub server: McpServerId,
    /// The granted tools by name, and no others.
    pub tools: BTreeMap<String, GrantPolicy>,
    /// The agent's own token for the server, sealed.
    pub token: Option<Vec<u8>>,
    /// The time of the first grant.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}
