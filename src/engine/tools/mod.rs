//! Tools in a run: what may be offered, what becomes of each call that the model asks for, and what people must decide.

mod belt;
mod decide;
mod overdue;
mod perform;
mod verify;

pub(super) use belt::{Belt, Tool};
pub(super) use perform::Settled;

use serde_json::json;

use crate::{
    domain::{AuditId, AuditNote, EventBody, ToolCall, ToolCallStatus},
    engine::{Engine, turn::Turn},
};

impl Engine {
    /// What the audit log keeps of a call that has come to its end.
    fn note_of(&self, turn: &Turn, call: &ToolCall, outcome: &str) -> AuditNote {
        let clock = self.inner.parts.clock.as_ref();
        let server = turn.belt.server(call).map(|server| server.name.as_str());
        AuditNote {
            id: AuditId::new(clock),
            at: clock.now(),
            actor: turn.agent.id.to_string(),
            action: "toolCall".to_owned(),
            subject: Some(call.id.to_string()),
            agent: Some(turn.agent.id),
            conversation: Some(turn.lease.conversation),
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

/// What the run's readers learn of a call.
fn update(call: &ToolCall) -> EventBody {
    EventBody::ToolCallUpdated {
        call: call.id,
        status: call.status,
        error: call.error.clone(),
        duration_ms: call.duration_ms,
    }
}

/// How the audit log says what became of a call.
fn outcome(status: ToolCallStatus) -> &'static str {
    match status {
        ToolCallStatus::AwaitingApproval => "awaiting approval",
        ToolCallStatus::Running => "running",
        ToolCallStatus::Succeeded => "succeeded",
        ToolCallStatus::Failed => "failed",
        ToolCallStatus::Denied => "denied",
        ToolCallStatus::Expired => "expired",
    }
}
