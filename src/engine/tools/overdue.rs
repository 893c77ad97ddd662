//! Gives up calls about which nobody has decided in time, so that their runs go on without them.

use serde_json::json;

use crate::{
    domain::{AuditId, AuditNote, ToolCall},
    engine::Engine,
    error::Result,
    port::Announcement,
};

/// At most this many calls are given up by one look.
const LARGEST_LOOK: u64 = 100;
/// What the model and the run's readers learn of it.
const EXPIRED: &str = "it was not made: nobody approved it in time";

impl Engine {
    /// Looks for calls about which nobody has decided in time.
    pub(in crate::engine) async fn expire_calls(&self) -> Result<()> {
        let parts = &self.inner.parts;
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
            self.wake(place.account, place.conversation, place.class);
        }
        Ok(())
    }

    fn expiry_note(&self, call: &ToolCall) -> AuditNote {
        let clock = self.inner.parts.clock.as_ref();
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
