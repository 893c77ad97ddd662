//! Lists the tools of a server. An invalid definition makes only that tool unusable.

use std::collections::HashSet;

use rmcp::model::Tool;
use serde_json::Value;

use super::{connection::Connection, failure::CallFailure, limits::McpLimits};
use crate::domain::{ToolDefinition, excerpt, tool_shape_problem};

/// All tools of a server, in the server's order.
pub(super) async fn list(
    connection: &Connection,
    limits: &McpLimits,
) -> Result<Vec<ToolDefinition>, CallFailure> {
    let mut taken = ToolDefinitions::default();
    connection.pages(|page| taken.take(page, limits)).await?;
    Ok(taken.tools)
}

/// The definitions collected so far.
#[derive(Default)]
struct ToolDefinitions {
    tools: Vec<ToolDefinition>,
    names: HashSet<String>,
    bytes: usize,
}

impl ToolDefinitions {
    fn take(&mut self, page: Vec<Tool>, limits: &McpLimits) -> Result<(), CallFailure> {
        for tool in page {
            let tool = self.usable(definition(tool));
            self.bytes += serde_json::to_string(&tool).map_or(0, |json| json.len());
            self.tools.push(tool);
            if self.tools.len() > limits.tools {
                let most = limits.tools;
                return Err(CallFailure::unusable(format!(
                    "the server offers over {most} tools, which is more than can be used"
                )));
            }
            if self.bytes > limits.definitions {
                let most = limits.definitions;
                return Err(CallFailure::unusable(format!(
                    "the definitions of the server's tools have over {most} bytes, which is more than can be used"
                )));
            }
        }
        Ok(())
    }

    /// The tool, or a placeholder with the problem when it cannot be used.
    fn usable(&mut self, tool: ToolDefinition) -> ToolDefinition {
        let name = excerpt(&tool.name);
        if let Some(problem) = tool_shape_problem(&tool) {
            return ToolDefinition::unusable(name, problem);
        }
        if !self.names.insert(tool.name.clone()) {
            let problem =
                format!("the server offers another tool of the name \"{name}\" before this one");
            return ToolDefinition::unusable(name, problem);
        }
        tool
    }
}

fn definition(tool: Tool) -> ToolDefinition {
    let object = |schema: &serde_json::Map<String, Value>| Value::Object(schema.clone());
    let annotations = tool.annotations.as_ref();
    let title = tool.title.unwrap_or_default();
    ToolDefinition {
        name: tool.name.into_owned(),
        // some servers describe a tool only in its title
        description: tool.description.map_or(title, std::borrow::Cow::into_owned),
        input_schema: object(&tool.input_schema),
        output_schema: tool.output_schema.as_deref().map(object),
        annotations: annotations.and_then(|hints| serde_json::to_value(hints).ok()),
        problem: None,
    }
}
