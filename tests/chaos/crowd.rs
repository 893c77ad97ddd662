//! Many concurrent chats, and what must be true of all of them afterwards.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    cluster::Cluster,
    reader::{Begun, Chat, Opening, Outcome, PATIENCE, Reader},
    report::Report,
    text::JobRequest,
    transcript::Question,
};

/// The number of concurrent API requests in the final check.
const CHECKS: usize = 8;

/// Running chats, and ended ones.
pub(crate) struct Crowd {
    cluster: Arc<Cluster>,
    reading: JoinSet<Outcome>,
    /// The chats that have received their first token.
    pub(crate) begun: Begun,
    next: u64,
    /// Whether each question asks for a tool call.
    pub(crate) writes: bool,
    /// Whether UNAVAILABLE is an accepted reply meanwhile.
    pub(crate) may_be_unavailable: bool,
    /// The timeout of an answer.
    pub(crate) patience: Duration,
    /// Each conversation with its questions, in order.
    conversations: BTreeMap<String, Vec<Question>>,
}

impl Crowd {
    /// An empty crowd. The numbers of its questions start at `first`.
    pub(crate) fn new(cluster: &Arc<Cluster>, first: u64) -> Self {
        Self {
            cluster: Arc::clone(cluster),
            reading: JoinSet::new(),
            begun: Begun::default(),
            next: first,
            writes: false,
            may_be_unavailable: false,
            patience: PATIENCE,
            conversations: BTreeMap::new(),
        }
    }

    /// The number of the next question.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Starts a chat that is read from this web process, with an answer of `length` tokens.
    pub(crate) fn joins(&mut self, node: usize, opening: Opening, length: usize) {
        let agent = self.cluster.agent.clone();
        self.asks(agent, node, opening, length);
    }

    /// Starts a chat with this agent.
    pub(crate) fn asks(&mut self, agent: String, node: usize, opening: Opening, length: usize) {
        let chat = self.chat(agent, node, opening, length);
        let reader = Reader::new(&self.cluster, chat, &self.begun);
        self.reads(reader.read());
    }

    /// Prepares a chat that is not read yet.
    pub(crate) fn chat(
        &mut self,
        agent: String,
        node: usize,
        opening: Opening,
        length: usize,
    ) -> Chat {
        let number = self.number();
        Chat {
            question: Question::of(JobRequest {
                seed: number,
                length,
                writes: self.writes,
            }),
            node,
            opening,
            agent,
            conversation: None,
            may_be_unavailable: self.may_be_unavailable,
            patience: self.patience,
        }
    }

    /// Reads a chat with a custom reader.
    pub(crate) fn reads(&mut self, reading: impl Future<Output = Outcome> + Send + 'static) {
        self.reading.spawn(reading);
    }

    /// The number of running chats.
    pub(crate) fn count(&self) -> usize {
        self.reading.len()
    }

    /// Waits for the next chat to end; none when no chat is running.
    pub(crate) async fn next_over(&mut self) -> Option<Outcome> {
        let outcome = self.reading.join_next().await?.unwrap();
        self.keep(&outcome);
        Some(outcome)
    }

    /// A chat that has ended already, if there is one.
    pub(crate) fn try_next_over(&mut self) -> Option<Outcome> {
        let outcome = self.reading.try_join_next()?.unwrap();
        self.keep(&outcome);
        Some(outcome)
    }

    /// Waits for all chats.
    pub(crate) async fn all_over(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some(outcome) = self.next_over().await {
            outcomes.push(outcome);
        }
        outcomes
    }

    fn keep(&mut self, outcome: &Outcome) {
        if let Some(conversation) = &outcome.transcript.conversation {
            let questions = self.conversations.entry(conversation.clone()).or_default();
            questions.push(outcome.question.clone());
        }
    }

    /// Checks every conversation over the API: all runs have succeeded, and every message is there once, in order.
    pub(crate) async fn check(&self, report: &mut Report) {
        let checks = stream::iter(&self.conversations)
            .map(|(id, questions)| self.check_one(id, questions))
            .buffer_unordered(CHECKS);
        let faults: Vec<String> = checks
            .filter_map(async |checked| checked.err())
            .collect()
            .await;
        report.holds(faults.is_empty(), || faults.join("; "));
        let count = self.conversations.len();
        report.figure(format!("{count} conversations read again through the API"));
    }

    async fn check_one(&self, id: &str, questions: &[Question]) -> Result<(), String> {
        const QUERY: &str = "query($id: ID!) { conversation(id: $id) { messages(first: 100) {
            nodes { role text run { status finishedAt } } } } }";
        let key = self.cluster.owner();
        let web = &self.cluster.web()[0];
        let (answer, _) = self
            .cluster
            .api
            .ask(web, key, QUERY, json!({"id": id}))
            .await;
        let data = answer.data().map_err(|why| format!("{id}: {why}"))?;
        let nodes = data["conversation"]["messages"]["nodes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let said: Vec<(&str, &str)> = nodes
            .iter()
            .map(|node| (word(node, "role"), word(node, "text")))
            .collect();
        let expected: Vec<(&str, &str)> = questions
            .iter()
            .flat_map(|question| {
                [
                    ("USER", question.text.as_str()),
                    ("ASSISTANT", question.answer.as_str()),
                ]
            })
            .collect();
        if said != expected {
            let roles: Vec<_> = said.iter().map(|(role, _)| *role).collect();
            return Err(format!(
                "{id}: {} messages expected, found {roles:?}",
                expected.len()
            ));
        }
        let is_open = |node: &&Value| {
            node["run"]["status"] != "SUCCEEDED" || node["run"]["finishedAt"].is_null()
        };
        match nodes.iter().find(is_open) {
            Some(node) => Err(format!("{id}: a run is not over: {}", node["run"])),
            None => Ok(()),
        }
    }
}

fn word<'a>(node: &'a Value, field: &str) -> &'a str {
    node[field].as_str().unwrap_or_default()
}
