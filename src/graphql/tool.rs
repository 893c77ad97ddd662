//! Tools in the API.

use std::sync::Arc;

use async_graphql::{Enum, InputObject, Object};
use serde_json::{Map, Value, json};

use super::mcp_server::McpServer;
use crate::domain::{self, AgentTool, ToolDefinition};

/// A function on an MCP server.
pub(super) struct Tool {
    definition: ToolDefinition,
    server: Arc<domain::McpServer>,
    policy: domain::ToolPolicy,
    unavailable: Option<String>,
}

impl Tool {
    /// A tool that an agent was granted. One that its server does not offer any more has only its name left.
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

    /// A tool as its server offers it, whoever may be granted it.
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

/// A function on an MCP server.
#[Object]
impl Tool {
    /// Its name on the server.
    async fn name(&self) -> &str {
        &self.definition.name
    }

    /// What it does, as its server says.
    async fn description(&self) -> &str {
        &self.definition.description
    }

    /// JSON Schema of its arguments, an object.
    async fn input_schema(&self) -> &Value {
        &self.definition.input_schema
    }

    /// JSON Schema of its structured result.
    async fn output_schema(&self) -> Option<&Value> {
        self.definition.output_schema.as_ref()
    }

    /// What its server says of its behaviour, an object: `readOnlyHint`, `destructiveHint` and the like.
    async fn annotations(&self) -> Option<&Value> {
        self.definition.annotations.as_ref()
    }

    /// The server it is on.
    async fn server(&self) -> Option<McpServer> {
        Some(McpServer(Arc::clone(&self.server)))
    }

    /// Who decides about its calls; in a server's own list, where nobody was granted it, always AUTO.
    async fn policy(&self) -> ToolPolicy {
        self.policy.into()
    }

    /// Whether it can be used now: by the agent, or, in a server's own list, at all.
    async fn available(&self) -> bool {
        self.unavailable.is_none()
    }

    /// Why it cannot be used now, and what to do.
    async fn unavailable_reason(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }
}

/// Who decides about a call.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ToolPolicy")]
pub(super) enum ToolPolicy {
    /// It is made when the model asks for it.
    Auto,
    /// A person decides about each call.
    Approve,
    /// It is never made.
    Deny,
}

/// A tool of a server that cannot be asked for its tools.
#[derive(InputObject)]
pub(super) struct ToolInput {
    /// Its name: the last part of the path that calls go to.
    name: String,
    /// What it does, for the model.
    description: String,
    /// JSON Schema of its arguments, of type `object`.
    input_schema: Value,
    /// Whether it changes nothing: such a call is made again when its answer is lost.
    #[graphql(default)]
    read_only: bool,
    /// Whether the same call twice is as good as once: such a call is made again when its answer is lost.
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
