//! Keeps the leases of this process alive, and finds runs that no process answers.

mod canaries;
mod overdue;
mod unused_end_users;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    Engine, queue_of,
    schedule::Schedule,
    stop::{StopReason, StopSignal},
};
use crate::{
    domain::{ConversationId, LatencyClass, RunId},
    error::{Kind, Result},
};

/// The interval between searches for runs without an owner and for expired approvals.
const SWEEP: Duration = Duration::from_secs(1);
/// The interval between comparisons of canaries with their thresholds.
const CHECK_CANARIES: Duration = Duration::from_secs(5);
/// The interval between searches for usage that versions without sums recorded.
const SUM_EARLIER: Duration = Duration::from_mins(1);
/// The maximum number of usage records that are looked for at once.
const LARGEST_SUM: u64 = 200;
/// The interval at which workers delete the events of runs that ended long ago.
const DELETE_EVENTS: Duration = Duration::from_mins(10);
/// The maximum number of runs whose events are deleted in one statement.
const LARGEST_DELETION: u64 = 500;
/// The maximum number of conversations that one sweep schedules.
const LARGEST_SWEEP: u64 = 64;

/// The background tasks of the engine.
pub(super) struct Supervisor {
    engine: Engine,
    /// The time at which this process last renewed its leases.
    renewed: Mutex<Instant>,
}

impl Supervisor {
    /// Starts the tasks; they end when the engine shuts down.
    pub(super) fn start(engine: Engine) {
        let tracker = engine.inner.parts.tracker.clone();
        let heartbeat = engine.inner.parts.config.get().heartbeat();
        let is_worker = engine.inner.parts.classes.contains(&LatencyClass::Deep);
        let this = Arc::new(Self {
            engine,
            renewed: Mutex::new(Instant::now()),
        });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move { supervisor.dispatch().await });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move { supervisor.take_offers().await });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "renewing the leases";
            supervisor
                .every(heartbeat, action, Self::renew_leases)
                .await;
        });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "looking for runs without an owner";
            supervisor.every(SWEEP, action, Self::sweep).await;
        });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "comparing canaries with their thresholds";
            supervisor
                .every(CHECK_CANARIES, action, Self::check_canaries)
                .await;
        });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "adding earlier runs to the sums";
            supervisor
                .every(SUM_EARLIER, action, Self::sum_earlier)
                .await;
        });
        if !is_worker {
            return;
        }
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "deleting old events";
            supervisor
                .every(DELETE_EVENTS, action, Self::delete_events)
                .await;
        });
        let supervisor = Arc::clone(&this);
        tracker.spawn(async move {
            let action = "reporting that this worker is alive";
            supervisor
                .every(heartbeat, action, Self::renew_worker)
                .await;
        });
        tracker.spawn(async move {
            let action = "expiring tool calls that were not approved in time";
            this.every(SWEEP, action, Self::expire_calls).await;
        });
    }

    /// Gives slots to conversations in turn.
    async fn dispatch(&self) {
        let inner = &self.engine.inner;
        loop {
            let next = async {
                let schedule_slot = Schedule::next(&inner.schedule).await;
                let run_slot = Arc::clone(&inner.slots).acquire_owned().await;
                (schedule_slot, run_slot)
            };
            let next = inner.draining.run_until_cancelled(next).await;
            let Some((schedule_slot, Ok(run_slot))) = next else {
                return;
            };
            let engine = self.engine.clone();
            inner.parts.tracker.spawn(async move {
                engine.answer_next(schedule_slot).await;
                drop(run_slot);
            });
        }
    }

    /// Schedules the conversations that other processes offer.
    async fn take_offers(&self) {
        let inner = &self.engine.inner;
        let queues: Vec<_> = inner.parts.classes.iter().copied().map(queue_of).collect();
        while let Some(offer) = inner
            .draining
            .run_until_cancelled(inner.parts.queue.take(&queues))
            .await
        {
            let conversation = ConversationId::from_uuid(offer.subject);
            inner.schedule.push(offer.account, conversation);
        }
    }

    /// Performs an action once per period, and logs its errors. Returns when the engine has stopped starting runs and
    /// none is left, or when all runs must stop.
    async fn every(
        &self,
        period: Duration,
        action_name: &'static str,
        action: impl AsyncFn(&Self) -> Result<()>,
    ) {
        let inner = &self.engine.inner;
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = inner.aborting.cancelled() => return,
                () = inner.draining.cancelled(), if self.engine.is_idle() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = action(self).await {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "{action_name} failed"
                );
            }
        }
    }

    /// Reports to the other processes that this worker is alive.
    async fn renew_worker(&self) -> Result<()> {
        let inner = &self.engine.inner;
        let (platform, now) = (inner.parts.store.platform(), inner.parts.clock.now());
        platform.renew_worker(&inner.claimant, now).await
    }

    /// Deletes events that are older than the retention, the rows of dead workers, and anonymous people without a
    /// conversation.
    async fn delete_events(&self) -> Result<()> {
        let parts = &self.engine.inner.parts;
        let now = parts.clock.now();
        let before = now - parts.config.get().retention();
        let platform = parts.store.platform();
        platform.remove_dead_workers(now).await?;
        self.remove_unused_end_users().await?;
        while platform.forget_events(before, LARGEST_DELETION).await? > 0 {}
        Ok(())
    }

    /// Adds the runs that versions without sums ended, in steps of one record each. A record that cannot be added is passed
    /// over until the next search.
    async fn sum_earlier(&self) -> Result<()> {
        let inner = &self.engine.inner;
        let mut after = None;
        loop {
            let platform = inner.parts.store.platform();
            let records = platform.unsummed_usage(after, LARGEST_SUM).await?;
            let Some((_, last)) = records.last() else {
                return Ok(());
            };
            after = Some(*last);
            for (account, record) in records {
                if inner.draining.is_cancelled() {
                    return Ok(());
                }
                let tenant = inner.parts.store.tenant(account);
                match tenant.sum_earlier(record).await {
                    Err(error) if *error.kind() != Kind::Unavailable => {
                        tracing::warn!(account = %account, %record, error = error.message(), cause = error.cause(), "adding an earlier run to the sums failed");
                    }
                    added => added?,
                }
            }
        }
    }

    /// Renews the leases of this process. Stops runs that another process owns or that a caller cancelled, and all of
    /// them when the leases could not be renewed in time.
    async fn renew_leases(&self) -> Result<()> {
        let inner = &self.engine.inner;
        let live = inner.live.stop_signals();
        if live.is_empty() {
            self.set_renewed();
            return Ok(());
        }
        let runs: Vec<RunId> = live.iter().map(|(run, _)| *run).collect();
        let platform = inner.parts.store.platform();
        let now = inner.parts.clock.now();
        match platform.renew_leases(&inner.claimant, &runs, now).await {
            Ok(owned) => {
                self.set_renewed();
                for (run, stop) in live {
                    match owned.get(&run) {
                        Some(true) => {
                            stop.set(StopReason::Cancelled);
                        }
                        Some(false) => {}
                        None => self.lose_lease(&stop),
                    }
                }
                Ok(())
            }
            Err(error) => {
                // by the database's clock the leases have expired: another process may be answering
                if self.since_renewal() >= inner.parts.config.get().longest_silence() {
                    for (_, stop) in live {
                        self.lose_lease(&stop);
                    }
                }
                Err(error)
            }
        }
    }

    /// Stops an attempt that does not own its run any more.
    fn lose_lease(&self, stop: &StopSignal) {
        if stop.set(StopReason::LeaseLost) {
            self.engine.inner.parts.metrics.lease_lost();
        }
    }

    /// Schedules conversations whose next run has no owner.
    async fn sweep(&self) -> Result<()> {
        let inner = &self.engine.inner;
        if inner.draining.is_cancelled() || inner.slots.available_permits() == 0 {
            return Ok(());
        }
        let parts = &inner.parts;
        let due = parts
            .store
            .platform()
            .conversations_with_work(&parts.classes, parts.clock.now(), LARGEST_SWEEP)
            .await?;
        for (account, conversation, class) in due {
            self.engine.wake(account, conversation, class);
        }
        Ok(())
    }

    fn set_renewed(&self) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn since_renewal(&self) -> Duration {
        let renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.elapsed()
    }
}
