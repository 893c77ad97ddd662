//! Tools: functions on MCP servers, their definitions and the grants of agents.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{AgentId, McpServerId, canonical_json};

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

    /// SHA-256 of the canonical definition, in hexadecimal; approval pins it, so that a changed definition is not used.
    pub fn pin(&self) -> String {
        let definition = json!({
            "name": self.name,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": self.annotations,
        });
        data_encoding::HEXLOWER.encode(&Sha256::digest(canonical_json(&definition)))
    }

    /// Whether a call may be repeated after its response was lost: the server declares it as read-only or idempotent.
    pub fn may_repeat(&self) -> bool {
        self.hint("readOnlyHint") || self.hint("idempotentHint")
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
    pub tools: BTreeMap<String, ToolPolicy>,
    /// The agent's own token for the server, sealed.
    pub token: Option<Vec<u8>>,
    /// The time of the first grant.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ToolDefinition;

    #[test]
    fn the_hash_covers_every_part_of_a_definition_but_not_key_order() {
        let definition = |value| serde_json::from_value::<ToolDefinition>(value).unwrap();
        let base =
            json!({"name": "a", "description": "b", "inputSchema": {"type": "object", "x": 1}});
        let pin = definition(base.clone()).pin();
        assert_eq!(
            pin,
            definition(
                json!({"inputSchema": {"x": 1, "type": "object"}, "description": "b", "name": "a"})
            )
            .pin()
        );
        for (key, value) in [
            ("name", json!("A")),
            ("description", json!("b ")),
            ("inputSchema", json!({"type": "object", "x": 2})),
            ("outputSchema", json!({"type": "object"})),
            ("annotations", json!({"readOnlyHint": true})),
        ] {
            let mut changed = base.clone();
            changed[key] = value;
            assert_ne!(pin, definition(changed).pin(), "{key}");
        }
    }
}
