//! An MCP server with data that is derived from its row once, because many runs and requests use it.

use std::{ops::Deref, sync::Arc};

use serde_json::value::RawValue;

use crate::domain::{McpServer, RenamedProperties, ToolDefinition, offered_schema};

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
    /// The text for models; the error is the reason why there is none.
    text: Result<Arc<ToolText>, String>,
}

/// A tool of a cached server.
pub struct FoundTool<'a> {
    /// The tool as of the last discovery.
    pub definition: &'a ToolDefinition,
    /// The text for models; the error is the reason why there is none.
    pub text: Result<&'a Arc<ToolText>, &'a str>,
    /// The reason why the tool cannot be used, if any.
    pub unapproved: Option<&'a str>,
}

/// A tool's description and schema in the form for models.
#[derive(Debug)]
pub struct ToolText {
    /// The description for the model.
    pub description: String,
    /// The JSON Schema of the arguments, in the form that every provider takes.
    pub input_schema: Box<RawValue>,
    /// The properties that have another name in this schema.
    pub renamed: RenamedProperties,
}

impl ToolText {
    /// The text of a tool definition. The error is the reason why models cannot be sent its input schema, in words that
    /// continue "an input schema that".
    pub fn of(tool: &ToolDefinition) -> Result<Self, String> {
        let offered = offered_schema(&tool.input_schema)?;
        let schema = RawValue::from_string(offered.schema.to_string());
        let parts = [Some(tool.description.clone()), offered.note];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        Ok(Self {
            description: parts.join("\n"),
            // a serialized JSON value is always valid JSON
            input_schema: schema.unwrap_or_default(),
            renamed: offered.renamed,
        })
    }
}

impl CachedServer {
    /// Derives the data from a server's row.
    pub fn new(server: McpServer) -> Self {
        let derived = |tool: &ToolDefinition| {
            let unapproved = server.unapproved(tool);
            let text = match &unapproved {
                // a definition that was not checked is not read
                Some(why) => Err(why.clone()),
                None => ToolText::of(tool).map(Arc::new),
            };
            CachedTool { unapproved, text }
        };
        Self {
            tools: server.tools.iter().map(derived).collect(),
            server: Arc::new(server),
        }
    }

    /// The row.
    pub fn row(&self) -> &Arc<McpServer> {
        &self.server
    }

    /// The tool with this name.
    pub fn find(&self, name: &str) -> Option<FoundTool<'_>> {
        let definition = self.server.tool(name)?;
        let mut both = self.server.tools.iter().zip(&self.tools);
        let (_, cached) = both.find(|(tool, _)| std::ptr::eq(*tool, definition))?;
        Some(FoundTool {
            definition,
            text: cached.text.as_ref().map_err(String::as_str),
            unapproved: cached.unapproved.as_deref(),
        })
    }
}

impl Deref for CachedServer {
    type Target = McpServer;

    fn deref(&self) -> &McpServer {
        &self.server
    }
}
