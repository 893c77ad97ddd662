//! The same message many times concurrently, over both web processes: one run, one answer.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt, future::join_all, stream};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::PACE;
use crate::{
    cluster::{Cluster, Setup},
    plan::Plan,
    report::Report,
    text::{JobRequest, Random},
    transcript::Question,
};

/// The number of concurrent messages, each with its duplicates.
const AT_ONCE: usize = 8;

/// Each message 2 to 20 times.
pub(crate) async fn duplicates(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    let mut report = Report::of(name);
    let setup = Setup {
        plan,
        pace: PACE / 10,
        // The default lease: no process dies here, and a run that a busy process loses would call the model twice.
        settings: Vec::new(),
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let count = plan.trials(100, 1_000);
    let mut random = Random::new(plan.seed);
    let messages: Vec<_> = (1..=count as u64)
        .map(|seed| (seed, 2 + random.below(19)))
        .collect();
    let sent: usize = messages.iter().map(|(_, times)| times).sum();
    let outcomes = stream::iter(messages)
        .map(|(seed, times)| duplicate(Arc::clone(&cluster), seed, times))
        .buffer_unordered(AT_ONCE);
    let outcomes: Vec<_> = outcomes.collect().await;
    for outcome in outcomes {
        report.trial(outcome);
    }
    let all = cluster
        .api
        .ok(
            &cluster.web()[0],
            cluster.owner(),
            "{ conversations { totalCount } }",
            json!({}),
        )
        .await;
    let found = &all["conversations"]["totalCount"];
    report.holds(*found == count, || {
        format!("{count} conversations expected, {found} found")
    });
    report.figure(format!("{count} messages in {sent} requests"));
    cluster.end(report.counts().1 > 0).await;
    report
}

/// Sends one message `times` times; returns the violated condition.
async fn duplicate(cluster: Arc<Cluster>, seed: u64, times: usize) -> Result<(), String> {
    let question = Question::of(JobRequest::plain(seed, 3));
    let input = json!({"message": question.text, "agentId": cluster.agent, "clientMessageId": format!("once-{seed}")});
    let query = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";
    let answers = join_all((0..times).map(|number| {
        let node = &cluster.web()[number % cluster.webs];
        let (key, input) = (cluster.key(), input.clone());
        let api = &cluster.api;
        async move {
            api.ask(node, &key, query, json!({"input": input}))
                .await
                .0
                .data()
        }
    }));
    let mut runs = BTreeSet::new();
    for answer in answers.await {
        let run =
            answer.map_err(|why| format!("message {seed}: {why}"))?["sendMessage"]["run"].take();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        runs.insert((text(&run["id"]), text(&run["conversation"]["id"])));
    }
    let [(run, conversation)] = Vec::from_iter(runs.clone())
        .try_into()
        .map_err(|_| format!("message {seed}: {} runs", runs.len()))?;
    ended(&cluster, &run).await?;
    let kept = kept(&cluster, &conversation).await?;
    let expected = [
        ("USER".to_owned(), question.text),
        ("ASSISTANT".to_owned(), question.answer),
    ];
    if kept != expected {
        return Err(format!(
            "message {seed}: {} messages are stored",
            kept.len()
        ));
    }
    match cluster.upstream.asked(seed) {
        1 => Ok(()),
        times => Err(format!("message {seed}: the model was asked {times} times")),
    }
}

/// Waits for the end of a run by reading its events.
async fn ended(cluster: &Cluster, run: &str) -> Result<(), String> {
    use crate::socket::{Came, Socket};
    let query = "subscription($id: ID!) { runEvents(runId: $id) { __typename } }";
    let node = &cluster.web()[0];
    let mut socket = Socket::subscribe(node, &cluster.key(), query, &json!({"id": run}))
        .await
        .map_err(|came| format!("{run}: {came:?}"))?;
    loop {
        match socket.next().await {
            Came::Event(event) if event["__typename"] == "RunSucceeded" => return Ok(()),
            Came::Event(_) => {}
            other => return Err(format!("{run}: {other:?}")),
        }
    }
}

/// The roles and texts of the stored messages.
async fn kept(cluster: &Cluster, conversation: &str) -> Result<Vec<(String, String)>, String> {
    let query =
        "query($id: ID!) { conversation(id: $id) { messages(first: 10) { nodes { role text } } } }";
    let node = cluster.web().last().unwrap();
    let (answer, _) = cluster
        .api
        .ask(node, cluster.owner(), query, json!({"id": conversation}))
        .await;
    let data = answer.data()?;
    let nodes = data["conversation"]["messages"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(nodes
        .iter()
        .map(|node| (word(&node["role"]), word(&node["text"])))
        .collect())
}
