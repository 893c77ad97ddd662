//! Keeps the leases of this process alive, and finds the work that nobody is doing.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Engine;
use crate::error::Result;

/// How often lost work is looked for.
const SWEEP: Duration = Duration::from_secs(2);
/// At most this many conversations are woken by one look.
const LARGEST_SWEEP: u64 = 64;

impl Engine {
    /// Starts what keeps runs alive: heartbeats for those of this process, a sweep for those that nobody answers.
    pub fn supervise(&self) {
        let tracker = &self.inner.parts.tracker;
        let heartbeat = self.clone();
        tracker.spawn(async move {
            heartbeat
                .every(
                    heartbeat.inner.parts.config.heartbeat(),
                    "renewing the leases",
                    Engine::beat,
                )
                .await;
        });
        let sweep = self.clone();
        tracker.spawn(async move {
            sweep
                .every(SWEEP, "looking for lost work", Engine::sweep)
                .await;
        });
    }

    async fn every(
        &self,
        period: Duration,
        doing: &'static str,
        action: impl AsyncFn(&Self) -> Result<()>,
    ) {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.inner.aborting.cancelled() => return,
                () = self.inner.draining.cancelled(), if self.idle() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = action(self).await {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "{doing} failed"
                );
            }
        }
    }

    /// Nothing is being answered here.
    pub(super) fn idle(&self) -> bool {
        self.inner.slots.available_permits() == self.inner.parts.config.concurrent
    }

    async fn beat(&self) -> Result<()> {
        let live: Vec<_> = self.live().keys().copied().collect();
        if live.is_empty() {
            return Ok(());
        }
        let parts = &self.inner.parts;
        let now = parts.clock.now();
        for (_, run) in parts
            .store
            .platform()
            .renew_leases(self.inner.owner, &live, now, now + parts.config.lease())
            .await?
        {
            self.request_stop(run);
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<()> {
        if self.inner.draining.is_cancelled() || self.inner.slots.available_permits() == 0 {
            return Ok(());
        }
        let parts = &self.inner.parts;
        for (account, conversation) in parts
            .store
            .platform()
            .conversations_with_work(parts.clock.now(), LARGEST_SWEEP)
            .await?
        {
            self.wake(account, conversation);
        }
        Ok(())
    }
}
