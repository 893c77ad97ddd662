//! Redis is cut off, black-holed, killed and started again empty: delivered events stay valid.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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
/// The duration of an outage.
const AWAY: Duration = Duration::from_secs(3);
/// The pause between two faults, long enough for a full recovery.
const CALM: Duration = Duration::from_secs(6);

/// A fault of the proxy to Redis, or of the server.
#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Hole,
    Gone,
    Empty,
}

/// Each kind of fault, under live chats and requests.
pub(crate) async fn faults(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() || plan.redis.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL and TROUPE_TEST_REDIS_URL",
        );
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
    for _ in 0..plan.trials(1, 10) {
        for fault in [Fault::Cut, Fault::Hole, Fault::Gone, Fault::Empty] {
            for number in 0..CROWD {
                let opening = if number % 2 == 0 {
                    Opening::Chat
                } else {
                    Opening::SendElsewhere
                };
                crowd.joins(number % cluster.webs, opening, PIECES);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            let from = Instant::now();
            let what = happen(&cluster, fault).await;
            outages.was_away(what, from);
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

/// Applies a fault from its start to its end; returns its name.
async fn happen(cluster: &Arc<Cluster>, fault: Fault) -> &'static str {
    let ways = || cluster.nodes.iter().filter_map(|node| node.redis.as_ref());
    let cut = || ways().for_each(Proxy::cut);
    match fault {
        Fault::Cut => {
            cluster.redis_becomes(Way::Open);
            cut();
            "every connection to Redis reset"
        }
        Fault::Hole => {
            cluster.redis_becomes(Way::Hole);
            tokio::time::sleep(AWAY).await;
            cut();
            cluster.redis_becomes(Way::Open);
            "packets to Redis lost"
        }
        Fault::Gone => {
            cluster.redis_becomes(Way::Shut);
            cut();
            tokio::time::sleep(AWAY).await;
            cluster.redis_becomes(Way::Open);
            "Redis unreachable"
        }
        Fault::Empty => {
            cluster.redis_becomes(Way::Open);
            if let Some(redis) = cluster.redis.as_ref().filter(|redis| redis.is_ours()) {
                redis.kill().await;
                tokio::time::sleep(AWAY / 4).await;
                redis.start_again().await;
            }
            "Redis restarted, empty"
        }
    }
}
