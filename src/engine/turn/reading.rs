//! Documents that are being read while their agent is asked.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Turn;
use crate::{engine::EngineParts, error::Result, store::TenantStore};

/// The interval at which the documents are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// The time without progress after which no answer waits for a document: no worker reads it now.
const STALLED: TimeDelta = TimeDelta::seconds(60);

impl Turn {
    /// Whether the agent's first model is one for demonstrations, whose answers quote documents.
    pub(in crate::engine) fn is_quoted(&self) -> bool {
        let first = self.models.first();
        first.is_some_and(|model| model.entry.model.demo_quality())
    }

    /// Waits until the agent's documents are read, within the limit of the configuration, or until the attempt must
    /// stop: a quoted answer has nothing else to rest on.
    pub(super) async fn await_documents(
        &mut self,
        parts: &EngineParts,
        store: &TenantStore,
        stop: &CancellationToken,
    ) -> Result<()> {
        let deadline = Instant::now() + parts.config.get().document_wait();
        while self.is_being_read(parts) {
            let pause = stop.run_until_cancelled(sleep(LOOK));
            if !matches!(timeout_at(deadline, pause).await, Ok(Some(()))) {
                break;
            }
            self.knowledge = store.knowledge_size(self.agent.id).await?;
        }
        Ok(())
    }

    fn is_being_read(&self, parts: &EngineParts) -> bool {
        let is_recent = |read_at| parts.clock.now() - read_at < STALLED;
        self.knowledge.being_read > 0 && self.knowledge.read_at.is_some_and(is_recent)
    }

    /// The sentence that documents are being read; `None` when all are searchable.
    pub(in crate::engine) fn reading_notice(&self) -> Option<String> {
        match self.knowledge.being_read {
            ..=0 => None,
            1 => Some("1 document is being read".to_owned()),
            many => Some(format!("{many} documents are being read")),
        }
    }
}
