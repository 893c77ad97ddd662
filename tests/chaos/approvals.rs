//! Runs that await approval, as the API shows them: parked, counted, decided.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    reader::{Begun, Chat, Outcome, Reader},
    text::Random,
};

/// The maximum time until a run awaits approval.
const PATIENCE: Duration = Duration::from_mins(1);
/// The pause between two polls of a run.
const LOOK: Duration = Duration::from_millis(100);
/// The maximum size of a page.
const PAGE: usize = 100;

/// A run that awaits approval.
pub(crate) struct Parked {
    pub(crate) chat: Chat,
    pub(crate) run: String,
    pub(crate) conversation: String,
    call: String,
    digest: String,
}

/// A decision about a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Refuse,
}

/// Sends a message whose answer needs an approved call, and waits until its run awaits approval.
pub(crate) async fn park(cluster: &Cluster, chat: &Chat) -> Result<Parked, String> {
    let query = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";
    let (web, key) = (&cluster.web()[chat.node], cluster.key());
    let sent = cluster
        .api
        .ask(web, &key, query, json!({"input": chat.input()}));
    let sent = sent.await.0.data()?;
    let run = word(&sent["sendMessage"]["run"]["id"]);
    let waiting = async {
        loop {
            let now = look(cluster, &run).await?;
            match now["status"].as_str() {
                Some("AWAITING_APPROVAL") => return Ok(now["toolCalls"][0].clone()),
                Some("QUEUED" | "RUNNING") => tokio::time::sleep(LOOK).await,
                _ => return Err(format!("{run} is to wait for a person, but: {now}")),
            }
        }
    };
    let waiting: Result<Result<Value, String>, _> = tokio::time::timeout(PATIENCE, waiting).await;
    let call =
        waiting.unwrap_or_else(|_| Err(format!("{run} does not wait after {PATIENCE:?}")))?;
    Ok(Parked {
        chat: chat.clone(),
        conversation: word(&sent["sendMessage"]["run"]["conversation"]["id"]),
        run,
        call: word(&call["id"]),
        digest: word(&call["argumentsDigest"]),
    })
}

/// The status of a run and of its calls.
pub(crate) async fn look(cluster: &Cluster, run: &str) -> Result<Value, String> {
    let query =
        "query($id: ID!) { run(id: $id) { status toolCalls { id status error argumentsDigest } } }";
    let (web, key) = (cluster.web().last().unwrap(), cluster.key());
    let asked = cluster.api.ask(web, &key, query, json!({"id": run}));
    Ok(asked.await.0.data()?["run"].take())
}

/// Decides about the call of a run, which then continues.
async fn resolve(cluster: &Cluster, parked: &Parked, decision: Decision) -> Result<(), String> {
    let query = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { status } } }";
    let input = json!({
        "toolCallId": parked.call,
        "approve": decision == Decision::Approve,
        "argumentsDigest": parked.digest,
    });
    let (web, key) = (&cluster.web()[parked.chat.node], cluster.owner());
    let asked = cluster.api.ask(web, key, query, json!({"input": input}));
    asked.await.0.data().map(drop)
}

/// Every run that awaits approval, read page by page.
pub(crate) async fn waiting(cluster: &Cluster) -> Result<BTreeSet<String>, String> {
    let query = "query($first: Int, $after: String) {
        pendingApprovals(first: $first, after: $after) {
            nodes { run { id status } } pageInfo { hasNextPage endCursor } } }";
    let (web, mut runs, mut after) = (&cluster.web()[0], BTreeSet::new(), Value::Null);
    loop {
        let page = json!({"first": PAGE, "after": after});
        let asked = cluster.api.ask(web, cluster.owner(), query, page);
        let mut page = asked.await.0.data()?["pendingApprovals"].take();
        let nodes = page["nodes"].as_array().into_iter().flatten();
        let parked = nodes.filter(|node| node["run"]["status"] == "AWAITING_APPROVAL");
        runs.extend(parked.map(|node| word(&node["run"]["id"])));
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(runs);
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// The people who decide, and what waits for them.
pub(crate) struct ToolContext {
    state: Mutex<State>,
}

struct State {
    waiting: Vec<Parked>,
    random: Random,
    /// The numbers of the questions whose calls were approved.
    approved: BTreeSet<u64>,
    refused: usize,
}

impl ToolContext {
    /// A desk with these waiting runs.
    pub(crate) fn with(waiting: Vec<Parked>, random: Random) -> Self {
        Self {
            state: Mutex::new(State {
                waiting,
                random,
                approved: BTreeSet::new(),
                refused: 0,
            }),
        }
    }

    /// Parks one more run, then decides another and reads it to its end: the number of waiting runs stays the same.
    pub(crate) async fn exchange(
        self: Arc<Self>,
        cluster: Arc<Cluster>,
        chat: Chat,
        begun: Begun,
    ) -> Outcome {
        match park(&cluster, &chat).await {
            Ok(parked) => self.state().waiting.push(parked),
            Err(why) => return Outcome::unread(chat, &why),
        }
        let taken = self.state().take();
        let Some(parked) = taken else {
            return Outcome::unread(chat, "nothing waits");
        };
        let decision = self.state().next_decision();
        self.decide(cluster, (parked, decision), begun).await
    }

    /// Decides one waiting run and reads it from its first event to its end.
    pub(crate) async fn decide(
        self: Arc<Self>,
        cluster: Arc<Cluster>,
        (parked, decision): (Parked, Decision),
        begun: Begun,
    ) -> Outcome {
        if let Err(why) = resolve(&cluster, &parked, decision).await {
            return Outcome::unread(parked.chat, &format!("deciding about its call: {why}"));
        }
        match decision {
            Decision::Approve => _ = self.state().approved.insert(parked.chat.question.seed),
            Decision::Refuse => self.state().refused += 1,
        }
        Reader::new(&cluster, parked.chat, &begun).read().await
    }

    /// A waiting run, removed from the list.
    pub(crate) fn take(&self) -> Option<Parked> {
        self.state().take()
    }

    /// The runs that must be waiting.
    pub(crate) fn runs(&self) -> BTreeSet<String> {
        let state = self.state();
        state
            .waiting
            .iter()
            .map(|parked| parked.run.clone())
            .collect()
    }

    /// The conversation of a waiting run.
    pub(crate) fn conversation(&self) -> Option<String> {
        let state = self.state();
        state
            .waiting
            .first()
            .map(|parked| parked.conversation.clone())
    }

    pub(crate) fn approved(&self) -> BTreeSet<u64> {
        self.state().approved.clone()
    }

    /// The number of denied calls.
    pub(crate) fn refused(&self) -> usize {
        self.state().refused
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn take(&mut self) -> Option<Parked> {
        if self.waiting.is_empty() {
            return None;
        }
        let one = self.random.below(self.waiting.len());
        Some(self.waiting.swap_remove(one))
    }

    /// Approves and denies in turn.
    fn next_decision(&mut self) -> Decision {
        if self.approved.len() <= self.refused {
            Decision::Approve
        } else {
            Decision::Refuse
        }
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
