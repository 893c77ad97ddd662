//! Tools in the API.

use std::sync::Arc;

use async_graphql::{Enum, InputObject, Object};
use serde_json::{Map, Value, json};

use super::mcp_server::McpServer;
use crate::domain::{self, AgentTool, ToolDefinition};

/// A tool of an MCP server.
pub(super) struct Tool {
    definition: ToolDefinition,
    server: Arc<domain::McpServer>,
    policy: domain::ToolPolicy,
    unavailable: Option<String>,
}

impl Tool {
    /// A tool granted to an agent. If the server no longer offers the tool, only its name is available.
    pub(super) fn of_agent(tool: AgentTool<'_>) -> Self {
        let definition = tool.definition.cloned().unwrap_or_else(|| ToolDefinition {
            name: tool.name.to_owned(),
            description: String::new(),
            input_schema: json!({}),
            output_schema: None,
            annotations: None,
            problem: None,
        });
        Self {
            definition,
            server: Arc::clone(tool.server.row()),
            policy: tool.policy,
            unavailable: tool.unavailable,
        }
    }

    /// A tool as its server offers it, independent of grants.
    pub(super) fn of_server(
        definition: &ToolDefinition,
        server: &Arc<domain::McpServer>,
        unavailable: Option<String>,
    ) -> Self {
        Self {
            definition: definition.clone(),
            server: Arc::clone(server),
            policy: domain::ToolPolicy::Auto,
            unavailable,
        }
    }
}

/// A tool of an MCP server.
#[Object]
impl Tool {
    /// The name of the tool on the server.
    async fn name(&self) -> &str {
        &self.definition.name
    }

    /// The description of the tool, from its server.
    async fn description(&self) -> &str {
        &self.definition.description
    }

    /// JSON Schema of the arguments, a JSON object.
    async fn input_schema(&self) -> &Value {
        &self.definition.input_schema
    }

    /// JSON Schema of the structured result.
    async fn output_schema(&self) -> Option<&Value> {
        self.definition.output_schema.as_ref()
    }

    /// The server's hints about the tool, a JSON object with `readOnlyHint`, `destructiveHint` and others.
    async fn annotations(&self) -> Option<&Value> {
        self.definition.annotations.as_ref()
    }

    /// The server of the tool.
    async fn server(&self) -> Option<McpServer> {
        Some(McpServer(Arc::clone(&self.server)))
    }

    /// Whether calls need approval; always AUTO in a server's own list, which has no grants.
    async fn policy(&self) -> ToolPolicy {
        self.policy.into()
    }

    /// Whether the tool can be used now: by the agent, or, in a server's own list, in general.
    async fn available(&self) -> bool {
        self.unavailable.is_none()
    }

    /// Why the tool cannot be used now, and how to fix it.
    async fn unavailable_reason(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }
}

/// Whether a tool call needs approval.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ToolPolicy")]
pub(super) enum ToolPolicy {
    /// The call is made when the model requests it.
    Auto,
    /// Each call needs the approval of a person: the grant's approver.
    Approve,
    /// The call is never made.
    Deny,
}

/// A tool of a server without discovery.
#[derive(InputObject)]
pub(super) struct ToolInput {
    /// The name of the tool: the last part of the path of its calls.
    name: String,
    /// The description of the tool, for the model.
    description: String,
    /// JSON Schema of the arguments, of type `object`.
    input_schema: Value,
    /// Whether the tool has no side effects: a call without a response is then repeated.
    #[graphql(default)]
    read_only: bool,
    /// Whether a repeated call has no further effect: a call without a response is then repeated.
    #[graphql(default)]
    idempotent: bool,
}

impl From<ToolInput> for ToolDefinition {
    fn from(tool: ToolInput) -> Self {
        let hints = [
            ("readOnlyHint", tool.read_only),
            ("idempotentHint", tool.idempotent),
        ];
        let hints: Map<String, Value> = hints
            .into_iter()
            .filter(|(_, set)| *set)
            .map(|(name, set)| (name.to_owned(), set.into()))
            .collect();
        Self {
            name: tool.name,
            description: tool.description,
            input_schema: tool.input_schema,
            output_schema: None,
            annotations: (!hints.is_empty()).then_some(Value::Object(hints)),
            problem: None,
        }
    }
}
