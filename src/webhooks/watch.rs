//! Looks for webhooks whose events wait, and removes old events.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;

use crate::{
    error::Result,
    jobs,
    port::{Clock, JobQueue},
    store::Store,
};

/// The interval at which waiting events are looked for: the longest time that an event waits for a free worker. An event
/// queues no job itself: the ends of an account's runs would wait for each other at the job's row.
const LOOK: Duration = Duration::from_secs(1);
/// The maximum number of webhooks that one look finds.
const MOST_WEBHOOKS: u64 = 100;
/// The time for which events are kept.
const KEPT: TimeDelta = TimeDelta::days(14);
/// The number of looks between two removals of old events.
const LOOKS_PER_REMOVAL: u32 = 600;

/// Queues the deliveries of webhooks that have events to send.
pub struct DeliveryWatch {
    /// The database.
    pub store: Store,
    /// Wakes up the processes that run jobs.
    pub queue: Arc<dyn JobQueue>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

impl DeliveryWatch {
    /// Looks until the task is dropped.
    pub async fn run(self) {
        let mut looks = 0_u32;
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.look().await {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "looking for events to deliver failed"
                );
            }
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS_PER_REMOVAL) {
                let old = self.clock.now() - KEPT;
                if let Err(error) = self.store.platform().remove_events_before(old).await {
                    tracing::warn!(cause = error.cause(), "removing old events failed");
                }
            }
        }
    }

    async fn look(&self) -> Result<()> {
        let behind = self.store.platform().webhooks_behind(MOST_WEBHOOKS).await?;
        for (account, webhook) in behind {
            let tenant = self.store.tenant(account);
            tenant.want_delivery(webhook, self.clock.now()).await?;
            jobs::offer(self.queue.as_ref(), account, webhook.uuid());
        }
        Ok(())
    }
}
