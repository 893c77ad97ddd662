//! All kinds of faults, in an order given by the seed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::task::TaskTracker;

use super::{MANY_ATTEMPTS, PACE, SHORT_LEASE};
use crate::{
    cluster::{Cluster, Setup},
    crowd::Crowd,
    node::{Health, Node},
    plan::Plan,
    proxy::{Proxy, Way},
    reader::Opening,
    report::Report,
    text::Random,
};

/// The number of concurrent chats.
const CROWD: usize = 16;
/// Tokens of an answer: about two seconds of a model's time.
const PIECES: usize = 80;

/// Faults, one after the other, until the time is over.
pub(crate) async fn faults(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(name, "needs TROUPE_TEST_DATABASE_URL");
    }
    let mut report = Report::of(name);
    let mut settings = SHORT_LEASE.to_vec();
    settings.extend([MANY_ATTEMPTS, ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "1")]);
    let setup = Setup {
        plan,
        pace: PACE,
        settings,
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let mut crowd = Crowd::new(&cluster, 0);
    crowd.may_be_unavailable = true;
    let mut random = Random::new(plan.seed);
    let (began, mut count) = (Instant::now(), 0);
    let time = Duration::from_secs(plan.trials(15, 600) as u64);
    while began.elapsed() < time {
        while crowd.count() < CROWD {
            let opening = if random.below(3) == 0 {
                Opening::SendElsewhere
            } else {
                Opening::Chat
            };
            crowd.joins(random.below(cluster.webs), opening, PIECES);
        }
        strike(&cluster, &mut random).await;
        count += 1;
        tokio::time::sleep(random.time(Duration::from_millis(1_500))).await;
        while let Some(outcome) = crowd.try_next_over() {
            report.trial(outcome.verdict);
        }
    }
    for outcome in crowd.all_over().await {
        report.trial(outcome.verdict);
    }
    report.figure(format!("{count} faults, seed {}", plan.seed));
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// One fault, from its start to its end.
async fn strike(cluster: &Arc<Cluster>, random: &mut Random) {
    let node = &cluster.nodes[random.below(cluster.nodes.len())];
    let pause = random.time(Duration::from_secs(3));
    let (postgres, redis) = (node.postgres.as_ref(), node.redis.as_ref());
    match random.below(9) {
        0 | 1 => {
            node.kill().await;
            tokio::time::sleep(pause).await;
            node.start().await;
        }
        2 => {
            node.terminate().await;
            node.start().await;
        }
        3 => happen(node, postgres, Way::Hole, pause).await,
        4 => happen(node, postgres, Way::Shut, pause).await,
        5 => happen(node, postgres, Way::Slow(Duration::from_millis(30)), pause).await,
        6 => happen(node, redis, Way::Hole, pause).await,
        7 => happen(node, redis, Way::Shut, pause).await,
        _ => {
            cluster.redis_becomes(Way::Open);
            if let Some(redis) = &cluster.redis {
                redis.kill().await;
                tokio::time::sleep(pause / 2).await;
                redis.start_again().await;
            }
        }
    }
    debug_assert_ne!(node.health(), Health::Draining);
}

/// Sets the state of one proxy for a while; running connections are reset.
async fn happen(node: &Node, way: Option<&Proxy>, becomes: Way, pause: Duration) {
    let Some(proxy) = way else {
        return;
    };
    node.suffers();
    proxy.becomes(becomes);
    if becomes == Way::Shut {
        proxy.cut();
    }
    tokio::time::sleep(pause).await;
    proxy.becomes(Way::Open);
    node.suffers();
}
