//! Lists the tools of a server. Each tool is read by itself: an invalid one makes only itself unusable.

use std::collections::HashSet;

use rmcp::model::ListToolsResult;
use serde_json::{Map, Value, json};

use super::{
    connection::Connection, envelope::offered_tools, failure::CallFailure, limits::McpLimits,
};
use crate::domain::{ToolDefinition, excerpt, tool_shape_problem};

/// The hints of MCP's "Tool annotations" that are read, besides the title.
const HINTS: [&str; 4] = [
    "readOnlyHint",
    "destructiveHint",
    "idempotentHint",
    "openWorldHint",
];

/// All tools of a server, in the server's order.
pub(super) async fn list(
    connection: &Connection,
    limits: &McpLimits,
) -> Result<Vec<ToolDefinition>, CallFailure> {
    let mut read = ToolDefinitions::default();
    connection.pages(|page| read.add(page, limits)).await?;
    Ok(read.tools)
}

/// The definitions read so far.
#[derive(Default)]
struct ToolDefinitions {
    tools: Vec<ToolDefinition>,
    names: HashSet<String>,
    bytes: usize,
}

impl ToolDefinitions {
    /// Adds a page; false when no more can be used.
    fn add(&mut self, mut page: ListToolsResult, limits: &McpLimits) -> bool {
        let (tools, accepted) = offered_tools(&mut page);
        for tool in tools {
            if self.tools.len() >= limits.tools {
                let most = limits.tools;
                let problem = format!(
                    "the server offers over {most} tools; this one and those behind it cannot be used"
                );
                let name = name_of(&tool, self.tools.len());
                self.tools.push(ToolDefinition::unusable(name, problem));
                return false;
            }
            let mut tool = self.usable(tool, &accepted);
            let size = serde_json::to_string(&tool).map_or(0, |json| json.len());
            if tool.problem.is_none() && self.bytes + size > limits.definitions {
                let most = limits.definitions;
                let problem = format!(
                    "the definitions of the server's tools have over {most} bytes with this one"
                );
                tool = ToolDefinition::unusable(tool.name, problem);
            } else {
                self.bytes += size;
            }
            self.tools.push(tool);
        }
        true
    }

    /// The tool, or a placeholder with the problem when it cannot be used.
    fn usable(&mut self, sent: Value, accepted: &[String]) -> ToolDefinition {
        let name = name_of(&sent, self.tools.len());
        let tool = match definition(sent) {
            Ok(tool) => tool,
            Err(problem) => {
                let problem = format!("the tool \"{name}\" {problem}");
                return ToolDefinition::unusable(name, problem);
            }
        };
        if let Some(problem) = tool_shape_problem(&tool) {
            return ToolDefinition::unusable(name, problem);
        }
        if !self.names.insert(tool.name.clone()) {
            let problem =
                format!("the server offers another tool of the name \"{name}\" before this one");
            return ToolDefinition::unusable(name, problem);
        }
        if !accepted.contains(&tool.name) {
            // MCP 2026-07-28, "Transports", § Custom headers: such a definition must be rejected
            let problem =
                format!("the tool \"{name}\" has x-mcp-header annotations that are not valid");
            return ToolDefinition::unusable(name, problem);
        }
        tool
    }
}

/// The name of a tool in a list, or its number for one without a name.
fn name_of(sent: &Value, before: usize) -> String {
    match sent.get("name") {
        Some(Value::String(name)) if !name.is_empty() => excerpt(name),
        _ => format!("tool {}", before + 1),
    }
}

/// Reads a tool as a server sent it. The error is the reason why it cannot be used, in words that follow its name.
fn definition(sent: Value) -> Result<ToolDefinition, String> {
    let Value::Object(mut sent) = sent else {
        return Err("is not an object".to_owned());
    };
    let text = |sent: &Map<String, Value>, key: &str| {
        sent.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let Some(Value::String(name)) = sent.get("name").cloned() else {
        return Err("has no name".to_owned());
    };
    let execution = sent.get("execution").and_then(|how| how.get("taskSupport"));
    if execution.and_then(Value::as_str) == Some("required") {
        return Err("works only as a task in the background, which is not supported".to_owned());
    }
    let input = sent.remove("inputSchema").unwrap_or_default();
    if input.is_null() {
        return Err("has no input schema".to_owned());
    }
    if !input.is_object() {
        return Err("has an input schema that is not an object".to_owned());
    }
    let (title, description) = (text(&sent, "title"), text(&sent, "description"));
    Ok(ToolDefinition {
        name,
        // some servers describe a tool only in its title
        description: if sent.get("description").is_some_and(Value::is_string) {
            description
        } else {
            title
        },
        input_schema: with_type(input),
        output_schema: sent.remove("outputSchema").filter(Value::is_object),
        annotations: sent.get("annotations").and_then(annotations),
        problem: None,
    })
}

/// The input schema with the type that every input schema has. Some servers leave it out, or allow `null` as well.
fn with_type(mut schema: Value) -> Value {
    if let Value::Object(fields) = &mut schema {
        let is_object = match fields.get("type") {
            None | Some(Value::Null) => true,
            Some(Value::Array(several)) => several.iter().any(|one| one == "object"),
            Some(_) => false,
        };
        if is_object {
            fields.insert("type".to_owned(), json!("object"));
        }
    }
    schema
}

/// The hints that have the right type; `None` without a list of hints.
fn annotations(sent: &Value) -> Option<Value> {
    let sent = sent.as_object()?;
    let mut read = Map::new();
    for key in HINTS {
        if let Some(Value::Bool(hint)) = sent.get(key) {
            read.insert(key.to_owned(), Value::Bool(*hint));
        }
    }
    if let Some(Value::String(title)) = sent.get("title") {
        read.insert("title".to_owned(), json!(title));
    }
    Some(Value::Object(read))
}
