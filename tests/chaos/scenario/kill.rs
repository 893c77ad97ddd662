//! A web process is killed during many answers; their readers continue at the other one.

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
    reader::{Opening, Outcome, Resumed},
    report::Report,
    text::Random,
};

/// The number of chats that are live when a process is killed.
const CROWD: usize = 32;
/// Tokens of an answer: about three seconds of a model's time.
const PIECES: usize = 120;
/// The maximum wait of a reconnected reader while the run has new events.
const RESUME: Duration = Duration::from_secs(2);
/// The maximum time until a dead process is detected.
const NOTICED: Duration = Duration::from_secs(15);

/// The measurements of all kills.
#[derive(Default)]
struct Times {
    /// From the reconnect to the missed events, or to the next event of a live owner.
    resumed: Vec<Duration>,
    /// From the reconnect to the next attempt.
    restarted: Vec<Duration>,
    /// From the last event before a kill to the next attempt, by the server's timestamps.
    noticed: Vec<Duration>,
}

/// With a short lease, so that many kills fit into a run.
pub(crate) async fn short_lease(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    // One process on SQLite, which must recover on its own.
    let short = if plan.postgres.is_some() { 96 } else { 64 };
    let trials = plan.trials(short, 1_000);
    kills(
        plan,
        tasks,
        Report::of(name),
        (trials, SHORT_LEASE.to_vec()),
    )
    .await
}

/// With the default lease of installations: a dead process is detected within fifteen seconds.
pub(crate) async fn default_lease(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL: a second process takes over",
        );
    }
    let trials = plan.trials(CROWD, 5 * CROWD);
    kills(plan, tasks, Report::of(name), (trials, Vec::new())).await
}

async fn kills(
    plan: &Plan,
    tasks: &TaskTracker,
    mut report: Report,
    (trials, settings): (usize, Vec<(&'static str, &'static str)>),
) -> Report {
    let setup = Setup {
        plan,
        pace: PACE,
        settings,
        workers: false,
    };
    let cluster = setup.start(tasks).await;
    let mut random = Random::new(plan.seed);
    let mut crowd = Crowd::new(&cluster, 0);
    let mut times = Times::default();
    let (mut made, mut kills) = (0, 0);
    while made < trials {
        made += kill_once(&cluster, &mut crowd, &mut random, (&mut report, &mut times)).await;
        kills += 1;
    }
    report.figure(format!("{made} live chats over {kills} kills"));
    report.times(
        "reconnect to first event, where someone has something to say",
        &times.resumed,
        Some(RESUME),
    );
    report.times(
        "reconnect to first event, where the owner died too",
        &times.restarted,
        None,
    );
    report.times(
        "a dead owner is noticed after",
        &times.noticed,
        Some(NOTICED),
    );
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// One kill; returns the number of live chats.
async fn kill_once(
    cluster: &Arc<Cluster>,
    crowd: &mut Crowd,
    random: &mut Random,
    (report, times): (&mut Report, &mut Times),
) -> usize {
    // Without a second process, the killed one is restarted and the chats wait for it.
    let victim = random.below(cluster.webs);
    let before = crowd.begun.count();
    for number in 0..CROWD {
        let opening = if number % 4 == 0 && cluster.webs > 1 {
            Opening::SendElsewhere
        } else {
            Opening::Chat
        };
        crowd.joins(victim, opening, PIECES);
    }
    let is_begun = async {
        while crowd.begun.count() < before + CROWD / 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Chats that cannot start report the reason themselves.
    let _ = tokio::time::timeout(Duration::from_secs(20), is_begun).await;
    // Three quarters of an answer.
    tokio::time::sleep(random.time(PACE * 90)).await;
    let killed = Instant::now();
    cluster.nodes[victim].kill().await;
    let (outcomes, ()) = tokio::join!(crowd.all_over(), cluster.nodes[victim].start());
    let live: Vec<Outcome> = outcomes
        .into_iter()
        .filter(|outcome| outcome.ended > killed)
        .collect();
    let count = live.len();
    for outcome in live {
        times.take(&outcome);
        report.trial(outcome.verdict);
    }
    count
}

impl Times {
    fn take(&mut self, outcome: &Outcome) {
        for resume in &outcome.resumes {
            match resume.kind {
                Resumed::Missed | Resumed::Live => self.resumed.push(resume.took),
                Resumed::NextAttempt => self.restarted.push(resume.took),
            }
        }
        self.noticed.extend(&outcome.transcript.silences);
    }
}
