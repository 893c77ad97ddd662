//! A server with all that follows from its row, worked out once: many runs and requests look at it.

use std::{ops::Deref, sync::Arc};

use serde_json::value::RawValue;

use crate::domain::{McpServer, ToolDefinition};

/// A server as it was read.
#[derive(Debug)]
pub struct KnownServer {
    /// The row.
    server: Arc<McpServer>,
    /// In the order of its tools.
    tools: Vec<KnownTool>,
}

#[derive(Debug)]
struct KnownTool {
    unapproved: Option<String>,
    text: Arc<ToolText>,
}

/// What models read of a tool.
#[derive(Debug)]
pub struct ToolText {
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub input_schema: Box<RawValue>,
}

impl ToolText {
    /// Of a tool as it is defined.
    pub fn of(tool: &ToolDefinition) -> Self {
        let schema = RawValue::from_string(tool.input_schema.to_string());
        Self {
            description: tool.description.clone(),
            // what was written as JSON is JSON
            input_schema: schema.unwrap_or_default(),
        }
    }
}

impl KnownServer {
    /// Works it out.
    pub fn new(server: McpServer) -> Self {
        let known = |tool: &ToolDefinition| KnownTool {
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

    /// The tool of that name: as it is defined, as models read it, and why it cannot be used as it is, if it cannot.
    pub fn find(&self, name: &str) -> Option<(&ToolDefinition, &Arc<ToolText>, Option<&str>)> {
        let mut both = self.server.tools.iter().zip(&self.tools);
        let (definition, known) = both.find(|(tool, _)| tool.name == name)?;
        Some((definition, &known.text, known.unapproved.as_deref()))
    }
}

impl Deref for KnownServer {
    type Target = McpServer;

    fn deref(&self) -> &McpServer {
        &self.server
    }
}
