//! Clients that do not chat: they follow other clients' changes, run queries, and change an agent.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    cluster::Cluster,
    report::Report,
    socket::{Came, Socket},
};

/// The number of subscriptions of each kind per web process.
const EACH: usize = 2;
/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(100);
/// The queries, sent in turn before the agent is changed.
const QUERIES: [&str; 4] = [
    "{ agents(first: 20) { totalCount nodes { id name status updatedAt configuration } } }",
    "{ conversations(first: 5) { nodes { id messages(first: 5) { nodes { role text } } } } }",
    "{ pendingApprovals(first: 20) { totalCount nodes { id tool arguments run { id status } } } }",
    "{ viewer { __typename } }",
];
/// The mutation that changes an agent.
const RENAME: &str =
    "mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { id name } } }";

/// The result of a subscription up to its cancellation.
struct Followed {
    what: &'static str,
    /// The number of events, or the reason for which it ended on its own.
    came: Result<usize, String>,
}

/// Subscriptions that are read until they are cancelled.
pub(crate) struct Followers {
    stop: CancellationToken,
    following: JoinSet<Followed>,
}

impl Followers {
    /// Subscribes to the account's agents, its approvals and a conversation on every web process.
    pub(crate) fn start(cluster: &Arc<Cluster>, conversation: Option<&str>) -> Self {
        let (stop, mut following) = (CancellationToken::new(), JoinSet::new());
        let kinds = [
            ("agentChanged", "subscription { agentChanged { id name } }"),
            (
                "toolApprovals",
                "subscription { toolApprovals { id status } }",
            ),
            (
                "conversationEvents",
                "subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename } }",
            ),
        ];
        for (what, query) in kinds {
            for number in 0..EACH * cluster.webs {
                let subscription = Subscription {
                    what,
                    query,
                    variables: json!({"id": conversation}),
                    web: number % cluster.webs,
                };
                following.spawn(subscription.follow(Arc::clone(cluster), stop.clone()));
            }
        }
        Self { stop, following }
    }

    /// Cancels the subscriptions. None may have ended before, and each kind must have received events, except the
    /// conversation, in which nothing has to happen.
    pub(crate) async fn stop(self, report: &mut Report) {
        self.stop.cancel();
        let (mut count, mut events) = (0, 0);
        for Followed { what, came } in self.following.join_all().await {
            count += 1;
            let seen = came.as_ref().copied().unwrap_or_default();
            events += seen;
            report.trial(match came {
                Err(why) => Err(format!("a subscription to {what} ended: {why}")),
                Ok(0) if what != "conversationEvents" => {
                    Err(format!("a subscription to {what} showed nothing"))
                }
                Ok(_) => Ok(()),
            });
        }
        report.figure(format!("{count} subscriptions showed {events} events"));
    }
}

struct Subscription {
    what: &'static str,
    query: &'static str,
    variables: Value,
    web: usize,
}

impl Subscription {
    async fn follow(self, cluster: Arc<Cluster>, stop: CancellationToken) -> Followed {
        let mut seen = 0;
        let following = async {
            let (web, key) = (&cluster.web()[self.web], cluster.key());
            let opened = Socket::subscribe(web, &key, self.query, &self.variables).await;
            let mut socket = opened.map_err(|came| format!("{came:?}"))?;
            loop {
                match socket.next().await {
                    Came::Event(_) => seen += 1,
                    other => return Err(format!("{other:?}")),
                }
            }
        };
        let ended: Option<Result<(), String>> = stop.run_until_cancelled(following).await;
        Followed {
            what: self.what,
            came: ended.map_or(Ok(seen), |ended| ended.map(|()| seen)),
        }
    }
}

/// Sends requests to the web processes in turn until the time is over; each must succeed. Returns the number of
/// requests.
pub(crate) async fn ask(cluster: &Cluster, agent: &str, until: Instant) -> (usize, Vec<String>) {
    let (mut count, mut failures) = (0, Vec::new());
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while Instant::now() < until {
        ticks.tick().await;
        let web = &cluster.web()[count % cluster.webs];
        // Each process gets every kind: the kind changes after all processes had one.
        let kind = count / cluster.webs % (QUERIES.len() + 1);
        let asked = if let Some(query) = QUERIES.get(kind) {
            let key = cluster.key();
            cluster.api.ask(web, &key, query, json!({})).await
        } else {
            let input = json!({"id": agent, "name": format!("Renamed {count}")});
            let (key, variables) = (cluster.owner(), json!({"input": input}));
            cluster.api.ask(web, key, RENAME, variables).await
        };
        if let Err(why) = asked.0.data() {
            failures.push(format!("a request to {}: {why}", web.name));
        }
        count += 1;
    }
    (count, failures)
}
