//! One reader of one run: from the logs until it has caught up, then from the tail.

use std::{sync::Arc, time::Duration};

use super::{
    logs::Logs,
    tail::{Look, Reading},
};
use crate::{
    domain::{AccountId, RunEvent, RunId},
    error::Result,
    port::Position,
};

/// What is neither in memory nor in a log is on its way between the two; how long to wait before looking again.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// Follows one run.
pub(super) struct Reader {
    logs: Arc<Logs>,
    tail: Reading,
    position: Position,
}

impl Reader {
    pub(super) fn new(
        logs: Arc<Logs>,
        tail: Reading,
        account: AccountId,
        run: RunId,
        after: i64,
    ) -> Self {
        Self {
            logs,
            tail,
            position: Position {
                account,
                run,
                after,
            },
        }
    }

    /// The next events; waits until there are some.
    pub(super) async fn next(&mut self) -> Result<Vec<Arc<RunEvent>>> {
        let mut looked = false;
        loop {
            let events = match self.tail.look(self.position.after) {
                Look::Next(events) => events,
                Look::Level => {
                    self.tail.changed().await;
                    continue;
                }
                Look::Behind => {
                    if looked {
                        let _ = tokio::time::timeout(ON_ITS_WAY, self.tail.changed()).await;
                    }
                    looked = true;
                    let events = self.logs.read(self.position).await?;
                    if events.is_empty() {
                        self.tail.begin_at(self.position.after);
                    }
                    events
                }
            };
            if let Some(last) = events.last() {
                self.position.after = last.sequence;
                return Ok(events);
            }
        }
    }
}
