//! PostgreSQL is cut off, black-holed and restarted: requests fail fast, and everything continues afterwards.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::process::Command;
use tokio_util::task::TaskTracker;

use super::{MANY_ATTEMPTS, PACE, SHORT_LEASE, outage::Outages};
use crate::{
    cluster::{Cluster, Setup},
    crowd::Crowd,
    plan::Plan,
    probe::Probes,
    proxy::{Proxy, Way},
    reader::Opening,
    report::Report,
};

/// The number of chats that are live during the fault.
const CROWD: usize = 16;
/// Tokens of an answer: about five seconds of a model's time.
const PIECES: usize = 200;
/// The interval of the requests to each process.
const PROBE: Duration = Duration::from_millis(200);
/// The first number of the probes' questions.
const PROBES: u64 = 1_000_000;
/// The pause between two faults, long enough for a full recovery.
const CALM: Duration = Duration::from_secs(6);

/// A fault of the proxy to PostgreSQL, or of the server.
#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Hole(Duration),
    /// A black hole that loses all bytes sent into it.
    LostHole(Duration),
    Gone(Duration),
    Restart,
}

/// Each kind of fault, under live chats and requests.
pub(crate) async fn faults(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(name, "needs TROUPE_TEST_DATABASE_URL");
    }
    let mut report = Report::of(name);
    let mut settings = SHORT_LEASE.to_vec();
    settings.push(MANY_ATTEMPTS);
    let setup = Setup {
        plan,
        pace: PACE,
        settings,
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let mut crowd = Crowd::new(&cluster, 0);
    crowd.may_be_unavailable = true;
    let probes = Probes::start(&cluster, PROBE, PROBES, tasks);
    let mut outages = Outages::default();
    let faults = [
        Fault::Cut,
        Fault::Hole(Duration::from_secs(6)),
        Fault::LostHole(Duration::from_secs(6)),
        Fault::Gone(Duration::from_secs(4)),
        Fault::Restart,
    ];
    for _ in 0..plan.trials(1, 10) {
        for fault in faults {
            for number in 0..CROWD {
                crowd.joins(number % cluster.webs, Opening::Chat, PIECES);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            let from = Instant::now();
            if let Some(what) = happen(&cluster, fault).await {
                outages.was_away(what, from);
            } else {
                report.figure("PostgreSQL was not restarted: scripts/services.sh did not start it");
            }
            tokio::time::sleep(CALM).await;
        }
    }
    for outcome in crowd.all_over().await {
        report.trial(outcome.verdict);
    }
    outages.judge(&probes.stop().await, &mut report);
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// Applies a fault from its start to its end; returns its name, if it could be applied.
async fn happen(cluster: &Arc<Cluster>, fault: Fault) -> Option<&'static str> {
    let ways = || {
        cluster
            .nodes
            .iter()
            .filter_map(|node| node.postgres.as_ref())
    };
    let cut = || ways().for_each(Proxy::cut);
    match fault {
        Fault::Cut => {
            cluster.postgres_becomes(Way::Open);
            cut();
            Some("every connection to PostgreSQL reset")
        }
        Fault::Hole(time) => {
            cluster.postgres_becomes(Way::Hole);
            tokio::time::sleep(time).await;
            cluster.postgres_becomes(Way::Open);
            Some("PostgreSQL frozen")
        }
        Fault::LostHole(time) => {
            cluster.postgres_becomes(Way::Hole);
            tokio::time::sleep(time).await;
            cut();
            cluster.postgres_becomes(Way::Open);
            Some("packets to PostgreSQL lost")
        }
        Fault::Gone(time) => {
            cluster.postgres_becomes(Way::Shut);
            cut();
            tokio::time::sleep(time).await;
            cluster.postgres_becomes(Way::Open);
            Some("PostgreSQL unreachable")
        }
        Fault::Restart => {
            cluster.postgres_becomes(Way::Open);
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/services.sh");
            let restarted = Command::new(script)
                .args(["restart", "postgres"])
                .output()
                .await;
            restarted
                .is_ok_and(|output| output.status.success())
                .then_some("PostgreSQL restarted")
        }
    }
}
