//! The tool calls that a model requests: the decision about each, the call itself, and its audit note.

mod decide;
mod make;
mod verify;

pub(super) use verify::ServerListings;

use serde_json::json;

use super::{EngineParts, handoff::HandOffTool, tool_set::ToolSet, trace::TraceScope, turn::Turn};
use crate::domain::{
    AgentId, AuditId, AuditNote, Lease, PricingTier, ToolCall, ToolCallStatus, Workflow,
    sales_discount,
};

/// Decides about the tool calls of a run and makes them.
pub(super) struct ToolCalls<'e> {
    parts: &'e EngineParts,
    lease: &'e Lease,
    agent: AgentId,
    tier: &'e PricingTier,
    tools: &'e ToolSet,
    hand_off: Option<&'e HandOffTool>,
    private_tools: &'e [String],
    /// The greatest discount in percent, for an agent that sells.
    most_discount: Option<f64>,
    trace: Option<&'e TraceScope>,
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
            hand_off: turn.hand_off.as_ref(),
            private_tools: &turn.handoff.private_tools,
            most_discount: (turn.workflow == Some(Workflow::Sales))
                .then(|| sales_discount(&turn.settings)),
            trace: turn.trace.as_ref(),
        }
    }

    /// Whether one of these calls asks for the result of a tool that the agent's settings mark as private, by its name at
    /// its server or in the prompt.
    pub(super) fn ask_for_private(&self, calls: &[ToolCall]) -> bool {
        calls.iter().any(|call| {
            let names = [call.tool.as_str(), self.tools.name_of(call)];
            let is_named = |private: &String| names.contains(&private.as_str());
            self.private_tools.iter().any(is_named)
        })
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
