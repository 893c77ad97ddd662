//! A steady flow of requests during faults, and the outcome of each.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{api::Answer, cluster::Cluster, node::Health, text::JobRequest};

#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// The time at which it was sent.
    pub(crate) at: Instant,
    /// The time until the reply.
    pub(crate) took: Duration,
    /// Whether it is a mutation.
    pub(crate) writes: bool,
    /// The name of the called process.
    pub(crate) node: String,
    pub(crate) answer: Answer,
}

/// Requests at a steady rate to every web process that accepts requests.
pub(crate) struct Probes {
    stop: CancellationToken,
    sent: JoinHandle<Vec<Probe>>,
}

impl Probes {
    /// Starts the requests, one per `pause` and process, alternating reads and writes.
    pub(crate) fn start(
        cluster: &Arc<Cluster>,
        pause: Duration,
        first: u64,
        tasks: &TaskTracker,
    ) -> Self {
        let stop = CancellationToken::new();
        let (cluster, stopped) = (Arc::clone(cluster), stop.clone());
        let sent = tasks.spawn(async move {
            let mut asked = JoinSet::new();
            let mut ticks = tokio::time::interval(pause);
            let mut number = first;
            while stopped.run_until_cancelled(ticks.tick()).await.is_some() {
                for web in 0..cluster.webs {
                    number += 1;
                    if cluster.nodes[web].health() == Health::Up {
                        asked.spawn(probe(Arc::clone(&cluster), web, number));
                    }
                }
            }
            asked.join_all().await
        });
        Self { stop, sent }
    }

    /// Stops the requests; returns all their outcomes.
    pub(crate) async fn stop(self) -> Vec<Probe> {
        self.stop.cancel();
        self.sent.await.unwrap()
    }
}

async fn probe(cluster: Arc<Cluster>, web: usize, number: u64) -> Probe {
    let node = &cluster.nodes[web];
    let writes = number.is_multiple_of(4);
    let at = Instant::now();
    let (answer, took) = if writes {
        let query = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }";
        let input = json!({
            "message": JobRequest::plain(number, 3).question(),
            "agentId": cluster.agent,
            "clientMessageId": format!("probe-{number}"),
        });
        cluster
            .api
            .ask(node, &cluster.key(), query, json!({"input": input}))
            .await
    } else {
        let query = "{ conversations(first: 1) { nodes { id } } }";
        cluster
            .api
            .ask(node, &cluster.key(), query, json!({}))
            .await
    };
    Probe {
        at,
        took,
        writes,
        node: node.name.clone(),
        answer,
    }
}
