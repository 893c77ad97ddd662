//! A process that runs: what it does until it is asked to stop, and the order in which its parts end.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::{Mode, ShutdownConfig},
    domain::LatencyClass,
    engine::Engine,
    error::Result,
    http::{self, HttpState, Probes},
    jobs::Jobs,
    store::Store,
};

/// The parts of a process that have to end in order.
pub(super) struct Running {
    pub(super) jobs: Jobs,
    pub(super) engine: Engine,
    /// Tracks every task of the process.
    pub(super) tracker: TaskTracker,
    pub(super) store: Store,
    pub(super) config: ShutdownConfig,
    /// Cancelled when the work has ended: the port of the probes closes.
    pub(super) ended: CancellationToken,
}

impl Running {
    /// Serves requests until `shutdown` is cancelled. Then ends, in this order: requests, jobs, runs, connections, the
    /// tasks, the database.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        state: HttpState,
        shutdown: CancellationToken,
    ) -> Result<()> {
        let Self {
            jobs,
            engine,
            store,
            config,
            ended,
            ..
        } = self;
        let grace = Duration::from_secs(config.drain_seconds);
        let served = http::serve(
            listener,
            state,
            http::Shutdown {
                asked: shutdown,
                drained: async move {
                    drain(jobs, engine, grace).await;
                    ended.cancel();
                },
                deadline: Duration::from_secs(config.deadline_seconds),
            },
        )
        .await;
        store.close().await?;
        served
    }

    /// Works until `shutdown` is cancelled. Then is not ready any more, and ends, in this order: jobs, runs, the probes, the
    /// tasks, the database.
    pub(super) async fn work(self, shutdown: CancellationToken, probes: Probes) -> Result<()> {
        shutdown.cancelled().await;
        probes.draining().cancel();
        // their sources hold the engine, whose last handle ends the tasks that write the event log
        drop(probes);
        let Self {
            jobs,
            engine,
            tracker,
            store,
            config,
            ended: probes_end,
        } = self;
        let deadline = Duration::from_secs(config.deadline_seconds);
        let grace = Duration::from_secs(config.drain_seconds);
        let ended = tokio::time::timeout(deadline, async {
            drain(jobs, engine, grace).await;
            probes_end.cancel();
            tracker.close();
            tracker.wait().await;
        });
        if ended.await.is_err() {
            tracing::warn!("some tasks did not end within the deadline");
        }
        store.close().await
    }
}

/// Ends the jobs, which other processes take over at once, then the runs, which have `grace` to end. Drops both,
/// because the tasks that write the event log end with the last handle of the engine.
async fn drain(jobs: Jobs, engine: Engine, grace: Duration) {
    jobs.shut_down().await;
    drop(jobs);
    engine.shut_down(grace).await;
}

/// The latency classes that this role answers: deep runs are for workers, which also take over lost runs of web
/// processes.
pub(super) fn classes(mode: Mode) -> Vec<LatencyClass> {
    match mode {
        Mode::Serve => vec![LatencyClass::Interactive],
        Mode::Dev | Mode::Worker | Mode::Migrate | Mode::Check | Mode::Fetch => {
            vec![LatencyClass::Interactive, LatencyClass::Deep]
        }
    }
}
