//! Deploys: one process after the other is asked to end and started again, under live streams and requests.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::task::TaskTracker;

use super::{PACE, SHORT_LEASE};
use crate::{
    cluster::{Cluster, Setup},
    crowd::Crowd,
    plan::Plan,
    probe::Probes,
    reader::Opening,
    report::Report,
    text::Random,
};

/// Answers are cut off by a deploy only when they are longer than the time that it leaves them.
const DRAIN: (&str, &str) = ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "2");
/// Pieces of an answer: about five seconds of a model's time.
const PIECES: usize = 200;
/// A request per process and this time.
const PROBE: Duration = Duration::from_millis(50);
/// Numbers of the probes' questions begin here.
const PROBES: u64 = 1_000_000;

/// Every process in turn, again and again.
pub(crate) async fn restarts(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL: a second process takes over",
        );
    }
    let mut report = Report::of(name);
    let mut settings = SHORT_LEASE.to_vec();
    settings.push(DRAIN);
    let setup = Setup {
        plan,
        pace: PACE,
        settings,
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let (restarts, streams) = (plan.trials(3, 20), if plan.long { 100 } else { 20 });
    let mut crowd = Crowd::new(&cluster, 0);
    let mut random = Random::new(plan.seed);
    let probes = Probes::start(&cluster, PROBE, PROBES, tasks);
    let mut took = Vec::new();
    for number in 0..restarts {
        let node = &cluster.nodes[number % cluster.nodes.len()];
        let pause = Duration::from_millis(500 + random.below(1_500) as u64);
        busy(
            &cluster,
            &mut crowd,
            streams,
            &mut report,
            tokio::time::sleep(pause),
        )
        .await;
        let (status, time) =
            busy(&cluster, &mut crowd, streams, &mut report, node.terminate()).await;
        let code = status.and_then(|status| status.code());
        report.holds(code == Some(0), || {
            format!("{} ended with {code:?} after {time:.1?}", node.name)
        });
        took.push(time);
        busy(&cluster, &mut crowd, streams, &mut report, node.start()).await;
    }
    for outcome in crowd.all_over().await {
        report.trial(outcome.verdict);
    }
    let probes = probes.stop().await;
    let count = probes.len();
    for probe in probes {
        let (node, at) = (probe.node, probe.took);
        let told = probe.answer.data().map(drop);
        report.trial(told.map_err(|why| {
            format!("a request to {node}, which takes requests, after {at:.1?}: {why}")
        }));
    }
    report.figure(format!(
        "{restarts} restarts under {streams} streams and {count} requests"
    ));
    report.times(
        "SIGTERM to the end of the process",
        &took,
        Some(Duration::from_secs(25)),
    );
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// Keeps so many streams alive while something is done.
async fn busy<T>(
    cluster: &Arc<Cluster>,
    crowd: &mut Crowd,
    streams: usize,
    report: &mut Report,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut next = Instant::now();
    loop {
        if crowd.count() < streams && next <= Instant::now() {
            let node = usize::try_from(crowd.number()).unwrap() % cluster.webs;
            crowd.joins(node, Opening::Chat, PIECES);
            next = Instant::now() + Duration::from_millis(20);
        }
        tokio::select! {
            done = &mut work => return done,
            Some(outcome) = crowd.next_over() => report.trial(outcome.verdict),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
}
