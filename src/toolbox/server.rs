//! What a built-in server and a tool of it are.

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::Desk;
use crate::{
    domain::ToolDefinition,
    error::{Error, Result},
};

/// A built-in server.
pub(super) trait BuiltInServer: Send + Sync {
    /// What it is for, as pricing tiers name it; its path ends with it.
    fn kind(&self) -> &'static str;

    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// What it is for, in words for a model.
    fn about(&self) -> &'static str;

    /// What it offers.
    fn tools(&self) -> Vec<Tool>;
}

/// A tool of a built-in server.
pub(super) struct Tool {
    /// What others see of it.
    pub(super) definition: ToolDefinition,
    /// What it does.
    pub(super) run: Run,
}

/// Answers a call, which has arguments that fit the schema.
pub(super) type Read = for<'d> fn(&'d Desk, Value) -> BoxFuture<'d, Result<Value>>;
/// Has the effect of a call; the id of what it made or changed.
pub(super) type Write = for<'d> fn(&'d Desk, Value) -> BoxFuture<'d, Result<Uuid>>;
/// Answers with what a call made or changed, then or earlier.
pub(super) type Show = for<'d> fn(&'d Desk, Uuid) -> BoxFuture<'d, Result<Value>>;

/// What a tool does.
pub(super) enum Run {
    /// Looks, and changes nothing.
    Reads(Read),
    /// Changes something, once per idempotency key.
    Writes {
        /// Changes it.
        write: Write,
        /// Shows what is there then.
        show: Show,
    },
}

/// What a tool is called, and what it does, in words for a model and for people.
#[derive(Clone, Copy)]
pub(super) struct Says {
    /// Its name.
    pub(super) name: &'static str,
    /// Its name, for people.
    pub(super) title: &'static str,
    /// What it does, when to use it, what comes back.
    pub(super) about: &'static str,
}

/// What a call changes.
#[derive(Clone, Copy)]
pub(super) enum Changes {
    /// Something is there that was not there before.
    Adds,
    /// Something is otherwise, and the same call again leaves it so.
    Sets,
    /// Something is gone.
    Removes,
}

impl Tool {
    /// One that looks, and changes nothing.
    pub(super) fn reads(says: Says, input: Value, output: Value, read: Read) -> Self {
        let hints = json!({
            "title": says.title,
            "readOnlyHint": true,
            "openWorldHint": false,
        });
        Self {
            definition: definition(says, input, output, hints),
            run: Run::Reads(read),
        }
    }

    /// One that changes something.
    pub(super) fn writes(
        says: Says,
        changes: Changes,
        (input, output): (Value, Value),
        write: Write,
        show: Show,
    ) -> Self {
        let (destructive, idempotent) = match changes {
            Changes::Adds => (false, false),
            Changes::Sets => (false, true),
            Changes::Removes => (true, true),
        };
        let hints = json!({
            "title": says.title,
            "readOnlyHint": false,
            "destructiveHint": destructive,
            "idempotentHint": idempotent,
            "openWorldHint": false,
        });
        Self {
            definition: definition(says, input, output, hints),
            run: Run::Writes { write, show },
        }
    }
}

fn definition(says: Says, input: Value, output: Value, hints: Value) -> ToolDefinition {
    ToolDefinition {
        name: says.name.to_owned(),
        description: says.about.to_owned(),
        input_schema: input,
        output_schema: Some(output),
        annotations: Some(hints),
        problem: None,
    }
}

/// Arguments that fit the schema as the tool works with them.
pub(super) fn read<T: DeserializeOwned>(arguments: Value) -> Result<T> {
    serde_json::from_value(arguments).map_err(|cause| {
        Error::internal("read arguments that fit a built-in tool's schema").because(cause)
    })
}
