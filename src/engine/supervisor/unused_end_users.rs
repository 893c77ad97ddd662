//! Removes the anonymous people who opened a page and wrote nothing, so that visits leave no rows.

use chrono::TimeDelta;

use super::Supervisor;
use crate::error::Result;

/// The time after the expiry of a session in which a message that was accepted before may still be stored.
const GRACE: TimeDelta = TimeDelta::minutes(10);
/// The maximum number of people of one transaction.
const AT_A_TIME: u64 = 500;

impl Supervisor {
    /// Removes the anonymous people whose sessions have expired and who have no conversation.
    pub(super) async fn remove_unused_end_users(&self) -> Result<()> {
        let parts = &self.engine.inner.parts;
        let before = parts.clock.now() - GRACE;
        let platform = parts.store.platform();
        while platform.remove_unused_end_users(before, AT_A_TIME).await? > 0 {}
        Ok(())
    }
}
