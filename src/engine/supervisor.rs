//! Keeps the leases of this process alive, and finds the work that nobody is doing.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    Engine, queue_of,
    schedule::Schedule,
    stop::{Stop, Why},
};
use crate::{
    domain::{ConversationId, LatencyClass, RunId},
    error::Result,
};

/// How often lost work is looked for.
const SWEEP: Duration = Duration::from_secs(2);
/// How often workers look for events that are to be forgotten.
const FORGET: Duration = Duration::from_mins(10);
/// The events of at most this many runs are forgotten at once.
const LARGEST_LOSS: u64 = 500;
/// At most this many conversations are woken by one look.
const LARGEST_SWEEP: u64 = 64;

impl Engine {
    /// Starts what keeps runs going: slots for those whose turn it is, heartbeats for those of this process, a sweep for
    /// those that nobody answers.
    pub fn supervise(&self) {
        let tracker = &self.inner.parts.tracker;
        let dispatch = self.clone();
        tracker.spawn(async move { dispatch.dispatch().await });
        let taker = self.clone();
        tracker.spawn(async move { taker.take().await });
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
        if self.inner.parts.classes.contains(&LatencyClass::Deep) {
            let memory = self.clone();
            tracker.spawn(async move {
                memory
                    .every(FORGET, "forgetting old events", Engine::forget)
                    .await;
            });
        }
        if self.inner.parts.classes.contains(&LatencyClass::Deep) {
            let overdue = self.clone();
            tracker.spawn(async move {
                overdue
                    .every(
                        SWEEP,
                        "giving up calls that nobody decided about",
                        Engine::expire_calls,
                    )
                    .await;
            });
        }
        let sweep = self.clone();
        tracker.spawn(async move {
            sweep
                .every(SWEEP, "looking for lost work", Engine::sweep)
                .await;
        });
    }

    /// Forgets events that nobody may ask for any more.
    async fn forget(&self) -> Result<()> {
        let parts = &self.inner.parts;
        let before = parts.clock.now() - parts.config.retention();
        let platform = parts.store.platform();
        while platform.forget_events(before, LARGEST_LOSS).await? > 0 {}
        Ok(())
    }

    /// Gives slots to conversations, in turn.
    async fn dispatch(&self) {
        let inner = &self.inner;
        loop {
            let next = async {
                let place = Schedule::next(&inner.schedule).await;
                (place, Arc::clone(&inner.slots).acquire_owned().await)
            };
            let next = inner.draining.run_until_cancelled(next).await;
            let Some((place, Ok(slot))) = next else {
                return;
            };
            let engine = self.clone();
            inner.parts.tracker.spawn(async move {
                engine.work(place).await;
                drop(slot);
            });
        }
    }

    /// Takes what other processes offer.
    async fn take(&self) {
        let parts = &self.inner.parts;
        let queues: Vec<_> = parts.classes.iter().copied().map(queue_of).collect();
        let draining = &self.inner.draining;
        while let Some(offer) = draining
            .run_until_cancelled(parts.queue.take(&queues))
            .await
        {
            let conversation = ConversationId::from_uuid(offer.subject);
            self.inner.schedule.push(offer.account, conversation);
        }
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
        let mine: Vec<(RunId, Arc<Stop>)> = self
            .live()
            .iter()
            .map(|(run, live)| (*run, Arc::clone(&live.stop)))
            .collect();
        if mine.is_empty() {
            self.renewed();
            return Ok(());
        }
        let parts = &self.inner.parts;
        let runs: Vec<RunId> = mine.iter().map(|(run, _)| *run).collect();
        let platform = parts.store.platform();
        match platform
            .renew_leases(&self.inner.claimant, &runs, parts.clock.now())
            .await
        {
            Ok(owned) => {
                self.renewed();
                for (run, stop) in mine {
                    match owned.get(&run) {
                        Some(true) => stop.because(Why::Asked),
                        Some(false) => {}
                        None => stop.because(Why::Lost),
                    }
                }
                Ok(())
            }
            Err(error) => {
                // by the database's clock they have lapsed: somebody else may be answering
                if self.silent_for() >= parts.config.longest_silence() {
                    for (_, stop) in mine {
                        stop.because(Why::Lost);
                    }
                }
                Err(error)
            }
        }
    }

    async fn sweep(&self) -> Result<()> {
        if self.inner.draining.is_cancelled() || self.inner.slots.available_permits() == 0 {
            return Ok(());
        }
        let parts = &self.inner.parts;
        let due = parts
            .store
            .platform()
            .conversations_with_work(&parts.classes, parts.clock.now(), LARGEST_SWEEP)
            .await?;
        for (account, conversation, class) in due {
            self.wake(account, conversation, class);
        }
        Ok(())
    }

    fn renewed(&self) {
        *self
            .inner
            .renewed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silent_for(&self) -> Duration {
        self.inner
            .renewed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}
