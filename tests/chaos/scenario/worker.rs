//! Workers are killed while they answer queued runs.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tokio_util::task::TaskTracker;

use super::{MANY_ATTEMPTS, PACE};
use crate::{
    agents::{self, Policy},
    cluster::{Cluster, Setup},
    crowd::Crowd,
    plan::Plan,
    reader::{Opening, Outcome},
    report::Report,
    text::Random,
    tool_server::ToolServer,
};

/// The number of concurrent chats.
const CROWD: usize = 16;
/// Tokens of an answer: about two seconds of a model's time.
const PIECES: usize = 80;
/// The timeout of an answer. A worker lives about as long as an answer takes, and a death costs a lease: some answers
/// are restarted many times, and each must still end.
const UNLUCKY: Duration = Duration::from_mins(5);
/// The maximum time until a dead process is detected.
const NOTICED: Duration = Duration::from_secs(15);

/// Kills one worker after the other, at random times.
pub(crate) async fn kill(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    Scenario {
        plan,
        tasks,
        tools: None,
    }
    .run(name)
    .await
}

/// The same while the answers use a tool that has an effect.
pub(crate) async fn kill_with_tools(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    let tools = ToolServer::start().await;
    Scenario {
        plan,
        tasks,
        tools: Some(tools),
    }
    .run(name)
    .await
}

struct Scenario<'a> {
    plan: &'a Plan,
    tasks: &'a TaskTracker,
    /// The server of the answers' tool, if they use one.
    tools: Option<ToolServer>,
}

impl Scenario<'_> {
    async fn run(&self, name: &str) -> Report {
        let plan = self.plan;
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
            settings: vec![MANY_ATTEMPTS, ("TROUPE_EGRESS_ALLOW", "127.0.0.0/8")],
            workers: true,
        };
        let cluster = setup.start(self.tasks).await;
        let Some(agent) = agents::deep(&cluster, "Deep").await else {
            cluster.end(false).await;
            return Report::skipped(name, "no template of the latency class DEEP can be used");
        };
        if let Some(tools) = &self.tools {
            let server = agents::register(&cluster, tools).await;
            agents::grant(&cluster, &agent, &server, Policy::Auto).await;
        }
        let mut random = Random::new(plan.seed);
        let mut crowd = Crowd::new(&cluster, 0);
        crowd.writes = self.tools.is_some();
        crowd.patience = UNLUCKY;
        let (kills, mut outcomes) = (plan.trials(4, 300), Vec::new());
        for _ in 0..kills {
            while crowd.count() < CROWD {
                let web = random.below(cluster.webs);
                crowd.asks(agent.clone(), web, Opening::SendElsewhere, PIECES);
            }
            tokio::time::sleep(random.time(Duration::from_secs(2))).await;
            let victim = &cluster.nodes[cluster.webs + random.below(2)];
            victim.kill().await;
            victim.start().await;
            outcomes.extend(std::iter::from_fn(|| crowd.try_next_over()));
        }
        outcomes.extend(crowd.all_over().await);
        report.figure(format!("{kills} kills of workers"));
        if let Some(tools) = &self.tools {
            check_effects(&cluster, tools, &outcomes, &mut report).await;
        }
        let mut waits = Vec::new();
        for outcome in outcomes {
            waits.extend(&outcome.transcript.silences);
            report.trial(outcome.verdict);
        }
        report.times("a dead worker is noticed after", &waits, Some(NOTICED));
        crowd.check(&mut report).await;
        cluster.end(report.counts().1 > 0).await;
        report
    }
}

/// Checks that every effect took place at most once, and exactly once where its call is reported as made.
async fn check_effects(
    cluster: &Cluster,
    tools: &ToolServer,
    outcomes: &[Outcome],
    report: &mut Report,
) {
    const CALLS: &str = "query($id: ID!) { run(id: $id) { toolCalls { status error } } }";
    let mut effects: BTreeMap<String, usize> = BTreeMap::new();
    for call in tools.calls() {
        let text = call.arguments["text"].as_str().unwrap_or_default();
        *effects.entry(text.to_owned()).or_default() += 1;
    }
    let (web, mut unknown) = (&cluster.web()[0], 0);
    for outcome in outcomes {
        let seed = outcome.question.seed;
        let effects = effects.get(&seed.to_string()).copied().unwrap_or(0);
        let Some(run) = &outcome.transcript.run else {
            continue; // its verdict says why
        };
        let run = json!({"id": run});
        let found = cluster.api.ok(web, cluster.owner(), CALLS, run).await;
        let calls = found["run"]["toolCalls"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let call = calls.first().cloned().unwrap_or_default();
        let is_unknown = call["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("unknown"));
        unknown += usize::from(is_unknown);
        let holds = calls.len() == 1
            && match call["status"].as_str() {
                Some("SUCCEEDED") => effects == 1,
                Some("FAILED") if is_unknown => effects <= 1,
                _ => false,
            };
        report.holds(holds, || {
            format!("chat {seed}: {effects} effects of {calls:?}")
        });
    }
    let all = outcomes.len();
    report.figure(format!("{all} tool calls, {unknown} of them unknown"));
}
