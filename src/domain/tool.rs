//! Tools: functions on MCP servers, as their servers describe them and as agents are granted them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{AgentId, McpServerId, canonical_json};

/// A function on an MCP server, as the server describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolDefinition {
    /// Its name on the server.
    pub name: String,
    /// What it does, for the model.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub input_schema: Value,
    /// JSON Schema of its structured result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// What the server says of its behaviour: hints of the MCP specification, "Tool annotations".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Value>,
    /// Why the tool cannot be used, approved or not, in a sentence that names it; none when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl ToolDefinition {
    /// What is kept of a tool that cannot be used and whose definition cannot be kept either.
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

    /// SHA-256 of the canonical definition, in hexadecimal: what was approved is what is used.
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

    /// Whether a call whose answer was lost may be made again: the server says that it only reads, or that the same call
    /// twice is as good as once.
    pub fn may_repeat(&self) -> bool {
        self.hint("readOnlyHint") || self.hint("idempotentHint")
    }

    /// Whether the server says that a call may destroy something.
    pub fn is_destructive(&self) -> bool {
        self.hint("destructiveHint")
    }

    fn hint(&self, name: &str) -> bool {
        let hint = self.annotations.as_ref().and_then(|hints| hints.get(name));
        hint.and_then(Value::as_bool).unwrap_or_default()
    }
}

/// Who decides about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolPolicy {
    /// It is made when the model asks for it.
    Auto,
    /// A person decides about each call.
    Approve,
    /// It is never made.
    Deny,
}

/// What an agent may call on a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolGrant {
    /// Its id; a token is sealed for it.
    pub id: Uuid,
    /// The agent.
    pub agent: AgentId,
    /// The server.
    pub server: McpServerId,
    /// The granted tools by name; no others.
    pub tools: BTreeMap<String, ToolPolicy>,
    /// The agent's own token for the server, sealed.
    pub token: Option<Vec<u8>>,
    /// When it was first granted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ToolDefinition;

    #[test]
    fn every_part_of_a_definition_is_pinned_and_the_order_of_keys_is_not() {
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
