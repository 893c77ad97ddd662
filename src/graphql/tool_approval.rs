//! Approvals of tool calls in the API.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};

use crate::domain::{self, Actor, ToolCall, readable_arguments};

/// Who approves a tool call.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ToolApprover")]
pub(super) enum ToolApprover {
    /// The account's staff: an API key with the role ADMIN.
    Staff,
    /// The end user of the conversation, in a session, or through an API key with the role MEMBER that names the end user.
    EndUser,
}

/// An argument of a tool call, for reading.
#[derive(SimpleObject)]
pub(super) struct ToolArgument {
    /// The name of the argument.
    name: String,
    /// The value: a text as it is, every other value as JSON. Characters that would hide or reorder text are escaped.
    text: String,
}

/// The approval that a tool call needs.
#[derive(SimpleObject)]
pub(super) struct ToolApproval {
    /// Who approves the call.
    approver: ToolApprover,
    /// All arguments for reading, at most 8,000 characters; null when they are longer, and the staff approves them.
    arguments: Option<Vec<ToolArgument>>,
    /// SHA-256 of the canonical arguments, for `resolveToolCall`.
    arguments_digest: String,
    /// The deadline for the decision.
    expires_at: Option<DateTime<Utc>>,
}

impl ToolApproval {
    /// The approval that a call needs, if the caller may know of it.
    pub(super) fn of(call: &ToolCall, actor: &Actor) -> Option<Self> {
        let arguments = readable_arguments(&call.arguments);
        Some(Self {
            approver: call.approver_for(actor)?.into(),
            arguments: arguments.map(|all| all.into_iter().map(Into::into).collect()),
            arguments_digest: call.digest.clone(),
            expires_at: call.expires_at,
        })
    }
}

impl From<domain::ReadableArgument> for ToolArgument {
    fn from(argument: domain::ReadableArgument) -> Self {
        Self {
            name: argument.name,
            text: argument.text,
        }
    }
}
