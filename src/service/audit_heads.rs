//! Once a day, writes the heads of the audit logs to the process log: a record that a change of the database cannot
//! undo.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{AccountId, PageRequest, Position},
    error::Result,
    port::Clock,
    store::Store,
};

/// The number of accounts that are read at a time.
const PAGE: u64 = 500;
/// The time after midnight when all entries of the past day are committed.
const SETTLED: TimeDelta = TimeDelta::minutes(5);

/// Logs the heads of the audit logs that changed, and renews their seals under the current key.
pub struct AuditHeads {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl AuditHeads {
    /// Creates the task; [`Self::run`] runs it.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Runs without end, and logs the heads once after each midnight (UTC). When no process runs at that time, or the
    /// logging fails, the heads of that day are not logged later.
    pub async fn run(self) {
        loop {
            let now = self.clock.now();
            let next = next_midnight(now) + SETTLED;
            let pause = (next - now).to_std().unwrap_or_default();
            tokio::time::sleep(pause).await;
            let day = next - SETTLED - TimeDelta::days(1);
            if let Err(error) = self.log_since(day).await {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "logging the heads of the audit logs failed; it is done again tomorrow"
                );
            }
        }
    }

    /// Logs the head of every account's log that has new entries since then.
    async fn log_since(&self, since: DateTime<Utc>) -> Result<()> {
        let mut request = PageRequest {
            limit: PAGE,
            after: None,
            before: None,
            from_end: false,
        };
        loop {
            let page = self.store.platform().accounts(&request).await?;
            for account in &page.items {
                self.log_one(account.id, since).await?;
            }
            match page.items.last().filter(|_| page.has_next) {
                Some(last) => request.after = Some(Position::of(last.id)),
                None => return Ok(()),
            }
        }
    }

    async fn log_one(&self, account: AccountId, since: DateTime<Utc>) -> Result<()> {
        let store = self.store.tenant(account);
        if store.renew_audit_seal().await? {
            tracing::info!(account.id = %account, "the audit log of {account} is sealed under the current key");
        }
        if let Some(head) = store.audit_head_since(since).await? {
            tracing::info!(account.id = %account, audit.head = %head, "the audit log of {account} has the head {head}");
        }
        Ok(())
    }
}

/// The start of the next day (UTC).
fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    day + TimeDelta::days(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_the_next_midnight() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, next) in [
            ("2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"),
            ("2026-11-28T23:59:59.999Z", "2026-11-29T00:00:00Z"),
            ("2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(next_midnight(at(now)), at(next));
        }
    }
}
