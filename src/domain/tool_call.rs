//! Tool calls: requested by a model, decided and executed, and never unknowingly executed twice.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::{
    AccountId, Actor, AgentId, CallExtra, ConversationId, McpServerId, RunId, ToolApprover,
    ToolCallId, canonical_json,
};

/// A filter for calls that wait for approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// Only calls of this agent.
    pub agent: Option<AgentId>,
    /// Only calls in this conversation.
    pub conversation: Option<ConversationId>,
    /// Only calls that this person approves.
    pub approver: Option<ToolApprover>,
}

/// A tool call that a model requested, and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The call's id.
    pub id: ToolCallId,
    /// The account that owns the call.
    pub account: AccountId,
    /// The run that requested the call.
    pub run: RunId,
    /// The agent that requested the call; none after it was deleted.
    pub agent: Option<AgentId>,
    /// The server; none after it was removed, or for a tool that the model was not offered.
    pub server: Option<McpServerId>,
    /// The tool's name on the server; for an unknown tool, the name that the model used.
    pub tool: String,
    /// The arguments, an object; if the model wrote no object, its text as a string.
    pub arguments: Value,
    /// SHA-256 of the canonical arguments, in hexadecimal: only the approved arguments are sent.
    pub digest: String,
    /// The number of the model's answer that requested the call, from 1.
    pub step: i32,
    /// The index among the calls of that answer, from 0.
    pub position: i32,
    /// The model's id for the call.
    pub reference: String,
    /// Members of the provider's call that are unknown here, and go back to it with the call.
    pub extra: CallExtra,
    /// The tool's result as data.
    pub result: Option<Value>,
    /// The tool's result as text for the model.
    pub answer: Option<String>,
    /// The state of the call.
    pub status: ToolCallStatus,
    /// The reason why the call failed or was not made.
    pub error: Option<String>,
    /// The duration of the call in milliseconds.
    pub duration_ms: Option<i64>,
    /// The time of the model's request.
    pub requested_at: DateTime<Utc>,
    /// Who decides about the call; none when no approval is needed.
    pub approver: Option<ToolApprover>,
    /// The time limit of a person's decision.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time at which the call was sent to the server; from then on it may have taken effect.
    pub called_at: Option<DateTime<Utc>>,
    /// The time of a person's decision.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The id of the API key or of the end user that decided.
    pub resolved_by: Option<String>,
    /// The time at which the call reached its end state.
    pub finished_at: Option<DateTime<Utc>>,
}

impl ToolCall {
    /// The key that all attempts of the same call share.
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}/{}", self.run, self.step, self.position)
    }

    /// Who decides about the call, as this caller may know: an end user knows of the approvals that are asked of it. None
    /// when no approval is needed.
    pub fn approver_for(&self, actor: &Actor) -> Option<ToolApprover> {
        self.approver
            .filter(|approver| actor.end_user().is_none() || *approver == ToolApprover::EndUser)
    }
}

/// The state of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolCallStatus {
    /// The call waits for a person's decision.
    AwaitingApproval,
    /// The call may be sent, or was sent.
    Running,
    /// The tool returned a result.
    Succeeded,
    /// The tool failed, or the call did not reach it.
    Failed,
    /// The call was sent and no answer is known: it may have had its effect. The API shows it as FAILED.
    Unknown,
    /// The call was not made: it was not permitted, or a person denied it.
    Denied,
    /// The call was not made: there was no decision in time, or the run ended before.
    Expired,
}

impl ToolCallStatus {
    /// Whether this is an end state.
    pub fn is_final(self) -> bool {
        match self {
            Self::AwaitingApproval | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Unknown | Self::Denied | Self::Expired => true,
        }
    }
}

/// SHA-256 of the canonical arguments, in hexadecimal.
pub fn arguments_digest(arguments: &Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical_json(arguments)))
}
