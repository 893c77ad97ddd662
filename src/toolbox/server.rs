//! The trait of a built-in server, and the tools that it offers.

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::ToolContext;
use crate::{
    domain::ToolDefinition,
    error::{Error, Result},
};

/// An MCP server that is part of this program.
pub(super) trait BuiltInServer: Send + Sync {
    /// The kind of tool set, as pricing tiers name it. The server's path ends with it.
    fn kind(&self) -> &'static str;

    /// The display name.
    fn name(&self) -> &'static str;

    /// The purpose of the server, written for a model.
    fn about(&self) -> &'static str;

    fn tools(&self) -> Vec<Tool>;
}

/// A tool of a built-in server.
pub(super) struct Tool {
    /// The definition that clients and models see.
    pub(super) definition: ToolDefinition,
    pub(super) run: Run,
}

/// Answers a call whose arguments match the schema.
pub(super) type Read = for<'d> fn(&'d ToolContext, Value) -> BoxFuture<'d, Result<Value>>;
/// Executes a call and returns the id of the row that it created or changed.
pub(super) type Write = for<'d> fn(&'d ToolContext, Value) -> BoxFuture<'d, Result<Uuid>>;
/// Returns the row that this call, or an earlier one with the same key, created or changed.
pub(super) type Show = for<'d> fn(&'d ToolContext, Uuid) -> BoxFuture<'d, Result<Value>>;

/// The implementation of a tool.
pub(super) enum Run {
    /// The tool only reads.
    Reads(Read),
    /// The tool changes something, once per idempotency key.
    Writes {
        /// Makes the change.
        write: Write,
        /// Returns the row after the change.
        show: Show,
    },
}

/// The name and the description of a tool.
#[derive(Clone, Copy)]
pub(super) struct ToolDoc {
    /// The name by which it is called.
    pub(super) name: &'static str,
    /// The display name.
    pub(super) title: &'static str,
    /// What the tool does, when to use it, and what it returns, written for a model.
    pub(super) about: &'static str,
}

/// How a call changes the data. The MCP hints of the tool follow from it.
#[derive(Clone, Copy)]
pub(super) enum WriteEffect {
    /// The call adds something; a repetition adds it again.
    Adds,
    /// The call updates something; a repetition changes nothing more.
    Sets,
    /// The call removes something.
    Removes,
}

impl Tool {
    /// A tool that only reads.
    pub(super) fn reads(doc: ToolDoc, input: Value, output: Value, read: Read) -> Self {
        let hints = json!({
            "title": doc.title,
            "readOnlyHint": true,
            "openWorldHint": false,
        });
        Self {
            definition: definition(doc, ToolSchemas { input, output }, hints),
            run: Run::Reads(read),
        }
    }

    /// A tool that changes something.
    pub(super) fn writes(
        doc: ToolDoc,
        changes: WriteEffect,
        schemas: ToolSchemas,
        write: Write,
        show: Show,
    ) -> Self {
        let (destructive, idempotent) = match changes {
            WriteEffect::Adds => (false, false),
            WriteEffect::Sets => (false, true),
            WriteEffect::Removes => (true, true),
        };
        let hints = json!({
            "title": doc.title,
            "readOnlyHint": false,
            "destructiveHint": destructive,
            "idempotentHint": idempotent,
            "openWorldHint": false,
        });
        Self {
            definition: definition(doc, schemas, hints),
            run: Run::Writes { write, show },
        }
    }
}

/// The JSON Schemas of a tool.
pub(super) struct ToolSchemas {
    /// The schema of its arguments.
    pub(super) input: Value,
    /// The schema of its result.
    pub(super) output: Value,
}

impl ToolSchemas {
    /// The schemas of a tool's arguments and result.
    pub(super) fn new(input: Value, output: Value) -> Self {
        Self { input, output }
    }
}

fn definition(doc: ToolDoc, schemas: ToolSchemas, hints: Value) -> ToolDefinition {
    ToolDefinition {
        name: doc.name.to_owned(),
        description: doc.about.to_owned(),
        input_schema: schemas.input,
        output_schema: Some(schemas.output),
        annotations: Some(hints),
        problem: None,
    }
}

/// Converts arguments that match the schema into the tool's own type.
pub(super) fn read<T: DeserializeOwned>(arguments: Value) -> Result<T> {
    serde_json::from_value(arguments).map_err(|cause| {
        Error::internal("read arguments that fit a built-in tool's schema").with_source(cause)
    })
}
