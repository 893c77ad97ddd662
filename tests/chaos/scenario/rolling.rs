//! Deploys: the processes are terminated and started again one by one, under live streams and requests.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::{MANY_ATTEMPTS, PACE, SHORT_LEASE};
use crate::{
    cluster::Setup,
    crowd::Crowd,
    plan::Plan,
    probe::{Probe, Probes},
    reader::Opening,
    report::Report,
    text::Random,
};

/// A deploy interrupts only answers that take longer than the drain time.
const DRAIN: (&str, &str) = ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "2");
/// Tokens of an answer: about five seconds of a model's time.
const PIECES: usize = 200;
/// The interval of the requests to each process.
const PROBE: Duration = Duration::from_millis(50);
/// The first number of the probes' questions.
const PROBES: u64 = 1_000_000;

/// Restarts every process in turn, repeatedly.
pub(crate) async fn restarts(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL: a second process takes over",
        );
    }
    let mut report = Report::of(name);
    let mut settings = SHORT_LEASE.to_vec();
    settings.extend([DRAIN, MANY_ATTEMPTS]);
    let setup = Setup {
        plan,
        pace: PACE,
        settings,
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let restarts = plan.trials(4, 20);
    let count = if plan.long { 100 } else { 20 };
    let mut streams = Streams {
        crowd: Crowd::new(&cluster, 0),
        random: Random::new(plan.seed),
        count,
        webs: cluster.webs,
        report: &mut report,
    };
    let probes = Probes::start(&cluster, PROBE, PROBES, tasks);
    let mut took = Vec::new();
    for number in 0..restarts {
        let node = &cluster.nodes[number % cluster.nodes.len()];
        let pause = 1_000 + streams.random.below(2_000) as u64;
        let pause = tokio::time::sleep(Duration::from_millis(pause));
        streams.go_on_during(pause).await;
        let (status, time) = streams.go_on_during(node.terminate()).await;
        let code = status.and_then(|status| status.code());
        streams.report.holds(code == Some(0), || {
            format!("{} ended with {code:?} after {time:.1?}", node.name)
        });
        took.push(time);
        streams.go_on_during(node.start()).await;
    }
    let crowd = streams.end().await;
    let probes = probes.stop().await;
    report.figure(format!(
        "{restarts} restarts under {count} streams and {} requests",
        probes.len()
    ));
    judge(probes, &mut report);
    report.times(
        "SIGTERM to the end of the process",
        &took,
        Some(Duration::from_secs(25)),
    );
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// Checks that a process that accepts requests answers them, whatever happens to the others.
fn judge(probes: Vec<Probe>, report: &mut Report) {
    for probe in probes {
        let (node, after) = (probe.node, probe.took);
        let told = probe.answer.data().map(drop);
        report.trial(told.map_err(|why| {
            format!("a request to {node}, which took requests, after {after:.1?}: {why}")
        }));
    }
}

/// A constant number of chats: each ended chat is replaced by a new one.
struct Streams<'report> {
    crowd: Crowd,
    random: Random,
    count: usize,
    webs: usize,
    report: &'report mut Report,
}

impl Streams<'_> {
    /// Keeps the chats running while `work` is done.
    async fn go_on_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            // A few at a time, so that they are at different positions.
            for _ in 0..self.count.saturating_sub(self.crowd.count()).min(2) {
                let web = self.random.below(self.webs);
                self.crowd.joins(web, Opening::Chat, PIECES);
            }
            let pause = tokio::time::sleep(Duration::from_millis(50));
            tokio::select! {
                done = &mut work => return done,
                Some(outcome) = self.crowd.next_over() => self.report.trial(outcome.verdict),
                () = pause => {}
            }
        }
    }

    /// Starts no new chats; waits for the last ones.
    async fn end(mut self) -> Crowd {
        for outcome in self.crowd.all_over().await {
            self.report.trial(outcome.verdict);
        }
        self.crowd
    }
}
