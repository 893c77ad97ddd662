//! The circuits of models across processes. Redis holds them; each process reads all of them every second, so that no
//! request waits for Redis unless it fails, follows a failure, or is a trial. Without Redis, each process goes on with
//! what it knows.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::{RedisResult, Script};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{PAUSE, RedisConnection, outage::Outage};
use crate::{
    adapter::memory::{CircuitRecord, LocalCircuits},
    live::Live,
    port::{CircuitLimits, CircuitState, CircuitTransitions, Circuits},
};

/// A circuit as the scripts return it: failures, milliseconds of rest and of the trial, and the last failure.
type SharedRecord = (u32, i64, i64, String);
/// A changed circuit, and whether the change was made.
type ChangedRecord = (u32, i64, i64, String, u8);

/// The circuits that all processes share. The task that reads them ends when this is dropped.
pub struct RedisCircuits {
    shared: Arc<SharedCircuits>,
    _reading: DropGuard,
}

struct SharedCircuits {
    connection: RedisConnection,
    limits: CircuitLimits,
    models: Live<Vec<String>>,
    /// What this process knows.
    local: LocalCircuits,
    change: Script,
    read: Script,
    outage: Outage,
    /// Held during a command, so that its result does not replace that of a later one.
    order: Mutex<()>,
}

impl RedisCircuits {
    /// Starts the task that reads the circuits of `models`.
    pub fn start(
        connection: RedisConnection,
        limits: CircuitLimits,
        models: Live<Vec<String>>,
        tracker: &TaskTracker,
    ) -> Self {
        let shared = Arc::new(SharedCircuits {
            connection,
            limits,
            models,
            local: LocalCircuits::new(limits),
            change: Script::new(include_str!("scripts/change_circuit.lua")),
            read: Script::new(include_str!("scripts/read_circuits.lua")),
            outage: Outage::new("each process decides alone which models it asks"),
            order: Mutex::default(),
        });
        let ended = CancellationToken::new();
        let (reading, circuits) = (ended.clone(), Arc::clone(&shared));
        tracker.spawn(async move { reading.run_until_cancelled(circuits.keep_reading()).await });
        Self {
            shared,
            _reading: ended.drop_guard(),
        }
    }
}

impl SharedCircuits {
    /// Reads the circuits until the task is cancelled.
    async fn keep_reading(&self) {
        loop {
            if !self.outage.is_on() && !self.models.get().is_empty() {
                self.read_all().await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn read_all(&self) {
        let _order = self.order.lock().await;
        let mut read = self.read.prepare_invoke();
        let models = self.models.get();
        for model in models.iter() {
            read.key(self.key(model));
        }
        let found: RedisResult<Vec<SharedRecord>> =
            read.invoke_async(&mut self.connection.commands()).await;
        let found = self.outage.record(found).unwrap_or_default();
        for (model, (failures, rest, trial, reason)) in models.iter().zip(found) {
            self.local
                .adopt(model, record(failures, rest, trial, reason));
        }
    }

    /// Changes a circuit in Redis; `None` when Redis does not answer.
    async fn change(&self, model: &str, change: &str, reason: &str) -> Option<bool> {
        if self.outage.is_on() {
            return None;
        }
        let _order = self.order.lock().await;
        let rest = u64::try_from(self.limits.rest.as_millis()).unwrap_or(u64::MAX);
        let changed: RedisResult<ChangedRecord> = self
            .change
            .key(self.key(model))
            .arg(change)
            .arg(self.limits.failures)
            .arg(rest)
            .arg(reason)
            .invoke_async(&mut self.connection.commands())
            .await;
        let (failures, rest, trial, reason, made) = self.outage.record(changed)?;
        self.local
            .adopt(model, record(failures, rest, trial, reason));
        Some(made == 1)
    }

    fn key(&self, model: &str) -> String {
        self.connection.key(format_args!("circuit:{model}"))
    }
}

/// The record with times of this process's clock.
fn record(failures: u32, rest: i64, trial: i64, reason: String) -> CircuitRecord {
    let now = Instant::now();
    let at = |left: i64| Some(now + Duration::from_millis(u64::try_from(left).ok()?));
    CircuitRecord {
        failures,
        rests_until: at(rest),
        tried_until: at(trial),
        reason,
    }
}

#[async_trait]
impl Circuits for RedisCircuits {
    fn state(&self, model: &str) -> CircuitState {
        self.shared.local.state(model)
    }

    async fn begin_trial(&self, model: &str) -> bool {
        match self.shared.change(model, "try", "").await {
            Some(is_begun) => is_begun,
            None => self.shared.local.begin_trial(model).await,
        }
    }

    async fn pass_trial(&self, model: &str) {
        if self.shared.change(model, "pass", "").await.is_none() {
            self.shared.local.pass_trial(model).await;
        }
    }

    async fn succeed(&self, model: &str) {
        if self.shared.change(model, "succeed", "").await.is_none() {
            self.shared.local.succeed(model).await;
        }
    }

    async fn fail(&self, model: &str, reason: &str) {
        if self.shared.change(model, "fail", reason).await.is_none() {
            self.shared.local.fail(model, reason).await;
        }
    }

    fn transitions(&self, model: &str) -> CircuitTransitions {
        self.shared.local.transitions(model)
    }
}
