//! An MCP server with data that is derived from its row once, because many runs and requests use it.

use std::{ops::Deref, sync::Arc};

use serde_json::value::RawValue;

use crate::domain::{McpServer, ToolDefinition};

/// An MCP server's row with derived data.
#[derive(Debug)]
pub struct CachedServer {
    /// The row.
    server: Arc<McpServer>,
    /// The derived data of each tool, in the order of the server's tools.
    tools: Vec<CachedTool>,
}

#[derive(Debug)]
struct CachedTool {
    unapproved: Option<String>,
    text: Arc<ToolText>,
}

/// A tool's description and schema in the form for models.
#[derive(Debug)]
pub struct ToolText {
    /// The description for the model.
    pub description: String,
    /// The JSON Schema of the arguments, an object.
    pub input_schema: Box<RawValue>,
}

impl ToolText {
    /// The text of a tool definition.
    pub fn of(tool: &ToolDefinition) -> Self {
        let schema = RawValue::from_string(tool.input_schema.to_string());
        Self {
            description: tool.description.clone(),
            // a serialized JSON value is always valid JSON
            input_schema: schema.unwrap_or_default(),
        }
    }
}

impl CachedServer {
    /// Derives the data from a server's row.
    pub fn new(server: McpServer) -> Self {
        let known = |tool: &ToolDefinition| CachedTool {
            unapproved: server.unapproved(tool),
            text: Arc::new(ToolText::of(tool)),
        };
        Self {
            tools: server.tools.iter().map(known).collect(),
            server: Arc::new(server),
        }
    }

    /// The row.
    pub fn row(&self) -> &Arc<McpServer> {
        &self.server
    }

    /// The tool with this name: its definition, its text for models, and the reason why it cannot be used, if any.
    pub fn find(&self, name: &str) -> Option<(&ToolDefinition, &Arc<ToolText>, Option<&str>)> {
        let mut both = self.server.tools.iter().zip(&self.tools);
        let (definition, known) = both.find(|(tool, _)| tool.name == name)?;
        Some((definition, &known.text, known.unapproved.as_deref()))
    }
}

impl Deref for CachedServer {
    type Target = McpServer;

    fn deref(&self) -> &McpServer {
        &self.server
    }
}
