//! Rolls canaries back whose candidates exceed a threshold.

use chrono::TimeDelta;
use serde_json::json;

use super::Supervisor;
use crate::{
    domain::{Agent, AuditId, AuditNote, Canary, CanaryState, DateRange},
    error::Result,
    port::Announcement,
};

/// The maximum number of canaries that are read at once.
const LARGEST_LOOK: u64 = 100;

impl Supervisor {
    /// Compares each running canary with its thresholds. Any process may do so: of several, one writes the end.
    pub(super) async fn check_canaries(&self) -> Result<()> {
        let parts = &self.engine.inner.parts;
        let mut after = None;
        loop {
            let platform = parts.store.platform();
            let agents = platform.agents_with_canary(after, LARGEST_LOOK).await?;
            let Some(last) = agents.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for agent in agents {
                let id = agent.id;
                if let Err(error) = self.check_canary(agent).await {
                    tracing::warn!(agent = %id, error = error.message(), cause = error.cause(), "comparing a canary with its thresholds failed");
                }
            }
        }
    }

    async fn check_canary(&self, agent: Agent) -> Result<()> {
        let parts = &self.engine.inner.parts;
        let Some(canary) = agent.canary.clone().filter(Canary::is_running) else {
            return Ok(());
        };
        let store = parts.store.tenant(agent.account);
        let now = parts.clock.now();
        let range = DateRange {
            from: canary.since,
            // what has just ended counts
            to: now + TimeDelta::seconds(1),
        };
        let sums = store
            .run_sums_of_version(range, agent.id, canary.candidate)
            .await?;
        let Some(reason) = canary.violation(&sums) else {
            return Ok(());
        };
        let expected = agent.updated_at;
        let rolled_back = Agent {
            template: canary.stable,
            updated_at: now.max(expected + TimeDelta::microseconds(1)),
            canary: Some(Canary {
                state: CanaryState::RolledBack,
                reason: Some(reason.clone()),
                ended_at: Some(now),
                ..canary
            }),
            ..agent
        };
        let note = self.rollback_note(&rolled_back, &reason);
        // false when a person or another process has changed the agent; the next check sees what it is then
        if store.update_agent(&rolled_back, expected, note).await? {
            tracing::warn!(account = %rolled_back.account, agent = %rolled_back.id, reason, "a canary was rolled back");
            let changed = Announcement::AgentChanged(rolled_back.id);
            parts.announcements.publish(rolled_back.account, changed);
        }
        Ok(())
    }

    fn rollback_note(&self, agent: &Agent, reason: &str) -> AuditNote {
        let clock = self.engine.inner.parts.clock.as_ref();
        AuditNote {
            id: AuditId::new(clock),
            at: clock.now(),
            actor: "platform".to_owned(),
            action: "endCanary".to_owned(),
            subject: Some(agent.id.to_string()),
            agent: Some(agent.id),
            conversation: None,
            detail: json!({"promote": false, "reason": reason}),
        }
    }
}
