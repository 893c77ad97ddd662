//! The tool calls that a model requests: the decision about each, the call itself, and its audit note.

mod decide;
mod make;
mod verify;

pub(super) use verify::ServerListings;

use serde_json::json;

use super::{EngineParts, tool_set::ToolSet, turn::Turn};
use crate::domain::{AgentId, AuditId, AuditNote, Lease, PricingTier, ToolCall, ToolCallStatus};

/// Decides about the tool calls of a run and makes them.
pub(super) struct ToolCalls<'e> {
    parts: &'e EngineParts,
    lease: &'e Lease,
    agent: AgentId,
    tier: &'e PricingTier,
    tools: &'e ToolSet,
}

impl<'e> ToolCalls<'e> {
    /// The tool calls of a run by the agent of this turn.
    pub(super) fn new(parts: &'e EngineParts, lease: &'e Lease, turn: &'e Turn) -> Self {
        Self {
            parts,
            lease,
            agent: turn.agent.id,
            tier: &turn.tier,
            tools: &turn.tools,
        }
    }

    /// The audit note of a call that has ended.
    fn audit_note(&self, call: &ToolCall, outcome: &str) -> AuditNote {
        let clock = self.parts.clock.as_ref();
        let server = self.tools.server(call).map(|server| server.name.as_str());
        AuditNote {
            id: AuditId::new(clock),
            at: clock.now(),
            actor: self.agent.to_string(),
            action: "toolCall".to_owned(),
            subject: Some(call.id.to_string()),
            agent: Some(self.agent),
            conversation: Some(self.lease.conversation),
            detail: json!({
                "run": call.run.to_string(),
                "server": call.server.map(|id| id.to_string()),
                "serverName": server,
                "tool": call.tool,
                "argumentsDigest": call.digest,
                "outcome": outcome,
                "approvedBy": call.resolved_by,
                "durationMs": call.duration_ms,
            }),
        }
    }
}

/// The outcome of a call in the audit log.
fn outcome(status: ToolCallStatus) -> &'static str {
    match status {
        ToolCallStatus::AwaitingApproval => "awaiting approval",
        ToolCallStatus::Running => "running",
        ToolCallStatus::Succeeded => "succeeded",
        ToolCallStatus::Failed => "failed",
        ToolCallStatus::Unknown => "unknown",
        ToolCallStatus::Denied => "denied",
        ToolCallStatus::Expired => "expired",
    }
}
