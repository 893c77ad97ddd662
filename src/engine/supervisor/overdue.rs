//! Expires tool calls that were not approved in time, so that their runs continue without them.

use serde_json::json;

use super::Supervisor;
use crate::{
    domain::{AuditId, AuditNote, ToolCall},
    error::Result,
    port::Announcement,
};

/// The maximum number of calls that one sweep expires.
const LARGEST_LOOK: u64 = 100;
/// The error that the model and the run's readers receive.
const EXPIRED: &str = "it was not made: nobody approved it in time";

impl Supervisor {
    /// Expires the calls that were not approved in time.
    pub(super) async fn expire_calls(&self) -> Result<()> {
        let parts = &self.engine.inner.parts;
        let platform = parts.store.platform();
        let overdue = platform
            .overdue_calls(parts.clock.now(), LARGEST_LOOK)
            .await?;
        for call in overdue {
            let store = parts.store.tenant(call.account);
            let note = self.expiry_note(&call);
            let Some(place) = store.expire_call(call.id, EXPIRED, note).await? else {
                continue;
            };
            parts
                .announcements
                .publish(call.account, Announcement::ToolCallChanged(call.id));
            self.engine
                .wake(place.account, place.conversation, place.class);
        }
        Ok(())
    }

    fn expiry_note(&self, call: &ToolCall) -> AuditNote {
        let clock = self.engine.inner.parts.clock.as_ref();
        AuditNote {
            id: AuditId::new(clock),
            at: clock.now(),
            actor: call
                .agent
                .map_or_else(|| "platform".to_owned(), |agent| agent.to_string()),
            action: "toolCall".to_owned(),
            subject: Some(call.id.to_string()),
            agent: call.agent,
            conversation: None,
            detail: json!({
                "run": call.run.to_string(),
                "server": call.server.map(|id| id.to_string()),
                "tool": call.tool,
                "argumentsDigest": call.digest,
                "outcome": "expired",
            }),
        }
    }
}
