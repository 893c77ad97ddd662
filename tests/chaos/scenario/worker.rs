//! Workers are killed while they answer what is queued for them.

use std::time::Duration;

use serde_json::json;
use tokio_util::task::TaskTracker;

use super::{MANY_ATTEMPTS, PACE};
use crate::{
    cluster::{Cluster, Setup},
    crowd::Crowd,
    plan::Plan,
    reader::Opening,
    report::Report,
    text::Random,
};

/// Chats that are live all the time.
const CROWD: usize = 16;
/// Pieces of an answer: about two seconds of a model's time.
const PIECES: usize = 80;
/// How long a dead process may go unnoticed.
const NOTICED: Duration = Duration::from_secs(15);

/// One worker after the other, at random moments.
pub(crate) async fn kill(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL: workers share a PostgreSQL",
        );
    }
    let mut report = Report::of(name);
    let setup = Setup {
        plan,
        pace: PACE,
        settings: vec![MANY_ATTEMPTS],
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let Some(agent) = deep_agent(&cluster).await else {
        cluster.end(false).await;
        return Report::skipped(name, "no template of the latency class DEEP can be used");
    };
    let mut random = Random::new(plan.seed);
    let mut crowd = Crowd::new(&cluster, 0);
    let (kills, mut waits) = (plan.trials(4, 300), Vec::new());
    for _ in 0..kills {
        while crowd.count() < CROWD {
            let web = random.below(cluster.webs);
            crowd.asks(agent.clone(), web, Opening::SendElsewhere, PIECES);
        }
        tokio::time::sleep(random.time(Duration::from_secs(2))).await;
        let victim = &cluster.nodes[cluster.webs + random.below(2)];
        victim.kill().await;
        victim.start().await;
        while let Some(outcome) = crowd.try_next_over() {
            waits.extend(&outcome.transcript.silences);
            report.trial(outcome.verdict);
        }
    }
    for outcome in crowd.all_over().await {
        waits.extend(&outcome.transcript.silences);
        report.trial(outcome.verdict);
    }
    report.figure(format!("{kills} kills of workers"));
    report.times("a dead worker is noticed after", &waits, Some(NOTICED));
    crowd.check(&mut report).await;
    cluster.end(report.counts().1 > 0).await;
    report
}

/// An agent whose runs go to workers.
async fn deep_agent(cluster: &Cluster) -> Option<String> {
    let web = &cluster.web()[0];
    let key = cluster.owner();
    let query =
        "{ agentTemplates(first: 50) { nodes { name latencyClass pricingTiers { name } } } }";
    let (answer, _) = cluster.api.ask(web, key, query, json!({})).await;
    let data = answer.data().ok()?;
    let templates = data["agentTemplates"]["nodes"].as_array()?;
    let deep = templates
        .iter()
        .find(|template| template["latencyClass"] == "DEEP")?;
    let create =
        "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }";
    let input =
        json!({"template": deep["name"], "tier": deep["pricingTiers"][0]["name"], "name": "Deep"});
    let (answer, _) = cluster
        .api
        .ask(web, key, create, json!({"input": input}))
        .await;
    let made = answer.data().ok()?;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .map(str::to_owned)
}
