//! Requests that come in all the time, whatever is done meanwhile, and what became of each.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{api::Answer, cluster::Cluster, node::Health, text::JobRequest};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// When it was sent.
    pub(crate) at: Instant,
    /// How long the answer took.
    pub(crate) took: Duration,
    /// Whether it changes something.
    pub(crate) writes: bool,
    /// Whom it was sent to.
    pub(crate) node: String,
    /// What became of it.
    pub(crate) answer: Answer,
}

/// Requests at a steady rate, to every web process that takes requests.
pub(crate) struct Probes {
    stop: CancellationToken,
    sent: JoinHandle<Vec<Probe>>,
}

impl Probes {
    /// Begins to ask, once per `pause` and process: reads and writes in turn.
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

    /// Asks no more; returns what became of every request.
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
