//! Calls of tools: asked for by a model, decided, made, and never made twice unawares.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::{AccountId, AgentId, McpServerId, RunId, ToolCallId, canonical_json};

/// A model's wish to call a tool, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Its id.
    pub id: ToolCallId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The run it was asked for in.
    pub run: RunId,
    /// The agent that asked; none once it is deleted.
    pub agent: Option<AgentId>,
    /// The server; none once it is removed, or when the model asked for a tool that it was never offered.
    pub server: Option<McpServerId>,
    /// The tool's name on the server; what the model asked for when there is no such tool.
    pub tool: String,
    /// The arguments, an object; what the model wrote, as a string, when that is no object.
    pub arguments: Value,
    /// SHA-256 of the canonical arguments, in hexadecimal: what was approved is what is called.
    pub digest: String,
    /// Which answer of the model asked for it, from 1.
    pub round: i32,
    /// Its place among the calls of that answer, from 0.
    pub position: i32,
    /// What the model calls it.
    pub reference: String,
    /// What the tool said.
    pub result: Option<Value>,
    /// The same as the model reads it.
    pub answer: Option<String>,
    /// How far it is.
    pub status: ToolCallStatus,
    /// Why it failed or was not made.
    pub error: Option<String>,
    /// How long the tool took.
    pub duration_ms: Option<i64>,
    /// When the model asked.
    pub requested_at: DateTime<Utc>,
    /// Until when a person can decide.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it went out to the server; from then on it may have had its effect.
    pub called_at: Option<DateTime<Utc>>,
    /// When a person decided.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who decided: the id of an API key.
    pub resolved_by: Option<String>,
    /// When it came to its end.
    pub finished_at: Option<DateTime<Utc>>,
}

impl ToolCall {
    /// The same for the same call, whoever makes it again.
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}/{}", self.run, self.round, self.position)
    }
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolCallStatus {
    /// A person has to decide.
    AwaitingApproval,
    /// It may be made, or is being made.
    Running,
    /// The tool answered.
    Succeeded,
    /// The tool failed, or nobody knows what became of the call.
    Failed,
    /// It was not made: it was not permitted, or a person said no.
    Denied,
    /// It was not made: nobody decided in time, or the run ended before.
    Expired,
}

impl ToolCallStatus {
    /// Whether nothing will come after it.
    pub fn is_final(self) -> bool {
        match self {
            Self::AwaitingApproval | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Denied | Self::Expired => true,
        }
    }
}

/// SHA-256 of the canonical arguments, in hexadecimal.
pub fn arguments_digest(arguments: &Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical_json(arguments)))
}
