//! The built-in MCP servers: CRM, pricing, tickets and content, over the account's own rows.
//!
//! A tool is described once, by types: [`tool`] makes it from a function whose arguments and answer are structs, and
//! [`schema`] generates the JSON Schemas of both. [`argument`], [`answer`] and [`prefixed`] have the types that several
//! tools share, [`tool_context`] the context of a call.
//!
//! To add a tool, write in the file of its noun a struct of the arguments, a struct of the answer unless there is one,
//! a function from one to the other, and a line in `tools`. The doc comment of the arguments is the description of the
//! tool, and the doc comments of their fields describe the fields: models read them. To add a server, add a folder and
//! a line in [`Toolbox::new`].
//!
//! A call that changes something takes effect once per idempotency key: the key is written in the transaction of the
//! change, and a repeated call returns the row that the first one changed.

mod answer;
mod argument;
mod content;
mod crm;
mod prefixed;
mod pricing;
mod registration;
mod schema;
mod server;
#[cfg(test)]
mod tests;
mod tickets;
mod tool;
mod tool_context;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use self::{
    server::BuiltInServer,
    tool::{Run, Tool},
    tool_context::{CallKey, ToolContext},
};
use crate::{
    domain::{McpServerId, ToolDefinition, arguments_digest, check_json},
    error::{Error, Kind, Result},
    knowledge::KnowledgeSearch,
    port::{
        Clock, RequestSecret, ToolAnswer, ToolEndpoint, ToolFailure, ToolHealth, ToolHost,
        ToolRequest,
    },
    schema_checker::SchemaChecker,
    store::Store,
};

/// The built-in servers. Cheap to clone.
#[derive(Clone)]
pub struct Toolbox {
    store: Store,
    knowledge: KnowledgeSearch,
    clock: Arc<dyn Clock>,
    schemas: SchemaChecker,
    servers: Arc<[BuiltInServerEntry]>,
}

/// A server with its tools, which are built once.
struct BuiltInServerEntry {
    server: &'static dyn BuiltInServer,
    tools: Vec<Tool>,
}

impl Toolbox {
    /// Builds the servers over the given database.
    pub fn new(
        store: Store,
        knowledge: KnowledgeSearch,
        clock: Arc<dyn Clock>,
        schemas: SchemaChecker,
    ) -> Self {
        let servers: [&'static dyn BuiltInServer; 4] = [
            &crm::Crm,
            &pricing::Pricing,
            &tickets::Tickets,
            &content::Content,
        ];
        let servers = servers.map(|server| BuiltInServerEntry {
            server,
            tools: server.tools(),
        });
        Self {
            store,
            knowledge,
            clock,
            schemas,
            servers: Arc::new(servers),
        }
    }

    /// The purpose of the server of this kind, written for a model.
    pub fn about(&self, kind: &str) -> Option<&'static str> {
        self.entry(kind).map(|entry| entry.server.about())
    }

    /// The tools of the server of this kind. `None` when there is no such server.
    pub fn definitions(&self, kind: &str) -> Option<Vec<ToolDefinition>> {
        let tools = self.entry(kind)?.tools.iter();
        Some(tools.map(|tool| tool.definition.clone()).collect())
    }

    /// The id of the server of this kind, the same in every installation.
    pub fn id(kind: &str) -> McpServerId {
        registration::id_of(kind)
    }

    /// Whether a tool only reads. `None` when there is no such tool.
    pub fn only_reads(&self, kind: &str, tool: &str) -> Option<bool> {
        let tool = self.tool(kind, tool)?;
        Some(matches!(tool.run, Run::Reads(_)))
    }

    fn entry(&self, kind: &str) -> Option<&BuiltInServerEntry> {
        self.servers
            .iter()
            .find(|entry| entry.server.kind() == kind)
    }

    fn tool(&self, kind: &str, name: &str) -> Option<&Tool> {
        let mut tools = self.entry(kind)?.tools.iter();
        tools.find(|tool| tool.definition.name == name)
    }

    async fn run(&self, endpoint: &ToolEndpoint, request: &ToolRequest) -> Result<Value> {
        let tool = self
            .tool(&endpoint.kind, &request.tool)
            .ok_or_else(|| Error::not_found("tool"))?;
        self.check(&tool.definition, &request.arguments).await?;
        let context = ToolContext {
            agent: endpoint.agent,
            store: self.store.tenant(endpoint.account),
            knowledge: self.knowledge.clone(),
            clock: Arc::clone(&self.clock),
            call: CallKey {
                tool: request.tool.clone(),
                key: request.idempotency_key.clone(),
                digest: arguments_digest(&request.arguments),
            },
        };
        let arguments = request.arguments.clone();
        match &tool.run {
            Run::Reads(read) => read(&context, arguments).await,
            Run::Writes { write, show } => {
                if let Some(subject) = context.done_before().await? {
                    return show(&context, subject).await;
                }
                match write(&context, arguments).await {
                    Ok(subject) => show(&context, subject).await,
                    // a concurrent call with the same key may have committed first
                    Err(error) => match context.done_before().await? {
                        Some(subject) if *error.kind() == Kind::Conflict => {
                            show(&context, subject).await
                        }
                        _ => Err(error),
                    },
                }
            }
        }
    }

    /// Rejects arguments that do not match the tool's schema. A call without arguments has an empty object.
    async fn check(&self, definition: &ToolDefinition, arguments: &Value) -> Result<()> {
        let mut problems = check_json("arguments", arguments);
        if problems.is_empty() {
            let schema = &definition.input_schema;
            problems = self.schemas.check(schema, arguments, "").await?;
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::problems(problems))
        }
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Toolbox").finish_non_exhaustive()
    }
}

#[async_trait]
impl ToolHost for Toolbox {
    fn check(&self, field: &str, url: &str, _: RequestSecret) -> Result<()> {
        let mut servers = self.servers.iter();
        if servers.any(|entry| registration::path_of(entry.server.kind()) == url) {
            return Ok(());
        }
        Err(Error::bad_input(
            field,
            "is not the path of a built-in server",
        ))
    }

    async fn list(&self, endpoint: &ToolEndpoint) -> Result<Vec<ToolDefinition>> {
        self.definitions(&endpoint.kind)
            .ok_or_else(|| Error::not_found("built-in server"))
    }

    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure> {
        match self.run(endpoint, &request).await {
            Ok(content) => Ok(ToolAnswer {
                text: content.to_string(),
                content,
                is_error: false,
            }),
            Err(error) if is_the_callers(&error) => Ok(refused(&error)),
            Err(error) => match self.only_reads(&endpoint.kind, &request.tool) {
                Some(false) => Err(ToolFailure::lost(error)),
                Some(true) | None => Err(ToolFailure::not_made(error)),
            },
        }
    }

    fn health(&self, _server: McpServerId) -> ToolHealth {
        ToolHealth::Available
    }

    async fn forget(&self, _server: McpServerId) {}
}

/// Whether the caller can correct the error, so that it is returned as the tool's result.
fn is_the_callers(error: &Error) -> bool {
    match error.kind() {
        Kind::NotFound | Kind::BadInput(_) | Kind::Conflict | Kind::Forbidden => true,
        Kind::Unauthenticated
        | Kind::RateLimited(_)
        | Kind::QuotaExceeded(_)
        | Kind::Unavailable
        | Kind::Internal => false,
    }
}

fn refused(error: &Error) -> ToolAnswer {
    let mut content = Map::new();
    content.insert("code".to_owned(), error.code().name().into());
    content.insert("message".to_owned(), error.message().into());
    if let Kind::BadInput(problems) = error.kind() {
        content.insert("problems".to_owned(), json!(problems));
    }
    ToolAnswer {
        text: error.message().to_owned(),
        content: Value::Object(content),
        is_error: true,
    }
}
