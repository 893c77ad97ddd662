//! A client that reads a chat to its end through all faults of the processes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use crate::{
    cluster::Cluster,
    socket::{Came, Socket},
    transcript::{Question, Transcript},
};

/// The pause before the first reconnect, doubled after each one that delivered no event.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The maximum pause before a reconnect.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The usual timeout of an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// The selected fields of an event.
pub(crate) const EVENT: &str = "__typename runId cursor sequence at
    ... on RunStarted { attempt run { conversation { id } } }
    ... on TokenDelta { text offset }
    ... on RunSucceeded { message { text } }
    ... on RunFailed { error { code message } }";

/// How a chat starts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Opening {
    /// `chat`: the process that is read from also receives the message.
    Chat,
    /// The message is sent to another process, and read from this one.
    SendElsewhere,
}

/// A chat that is to be read.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    /// The question and its expected answer.
    pub(crate) question: Question,
    /// The index of the web process that is called first.
    pub(crate) node: usize,
    pub(crate) opening: Opening,
    pub(crate) agent: String,
    /// The conversation to continue.
    pub(crate) conversation: Option<String>,
    /// Whether UNAVAILABLE is an accepted reply, because a dependency is down.
    pub(crate) may_be_unavailable: bool,
    /// The timeout of the answer.
    pub(crate) patience: Duration,
}

impl Chat {
    /// The input of the message. Sending it again attaches to the run that it started.
    pub(crate) fn input(&self) -> Value {
        json!({
            "message": self.question.text,
            "agentId": self.agent,
            "conversationId": self.conversation,
            "clientMessageId": format!("chaos-{}", self.question.seed),
        })
    }
}

/// The time and kind of the first event after a reconnect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resume {
    /// From the start of the connection to the event.
    pub(crate) took: Duration,
    pub(crate) kind: Resumed,
}

/// The kind of the first event after a reconnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumed {
    /// An event that the reader had missed.
    Missed,
    /// The next attempt: the run's owner was lost too.
    NextAttempt,
    /// A new event.
    Live,
}

/// The result of a chat.
pub(crate) struct Outcome {
    pub(crate) question: Question,
    pub(crate) transcript: Transcript,
    /// Every reconnect.
    pub(crate) resumes: Vec<Resume>,
    /// The time of the last event.
    pub(crate) ended: Instant,
    /// Success, or the violated condition.
    pub(crate) verdict: Result<(), String>,
}

impl Outcome {
    /// The result of a chat that was never read.
    pub(crate) fn unread(chat: Chat, why: &str) -> Self {
        Self {
            verdict: Err(format!("chat {}: {why}", chat.question.seed)),
            question: chat.question,
            transcript: Transcript::default(),
            resumes: Vec::new(),
            ended: Instant::now(),
        }
    }
}

/// Counts the chats that have received their first token.
#[derive(Debug, Clone, Default)]
pub(crate) struct Begun(Arc<AtomicUsize>);

impl Begun {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Reads one chat.
pub(crate) struct Reader {
    cluster: Arc<Cluster>,
    chat: Chat,
    begun: Begun,
    key: String,
    transcript: Transcript,
    resumes: Vec<Resume>,
    sessions: usize,
}

/// Why a socket session ended.
enum End {
    /// The run has ended.
    Whole,
    /// The connection was cut, and the reader may reconnect.
    Cut(String),
}

impl Reader {
    /// A reader of a chat that is not sent yet.
    pub(crate) fn new(cluster: &Arc<Cluster>, chat: Chat, begun: &Begun) -> Self {
        Self {
            key: cluster.key(),
            cluster: Arc::clone(cluster),
            chat,
            begun: begun.clone(),
            transcript: Transcript::default(),
            resumes: Vec::new(),
            sessions: 0,
        }
    }

    /// Reads to the end.
    pub(crate) async fn read(mut self) -> Outcome {
        let mut why = "it was never cut off".to_owned();
        let patience = self.chat.patience;
        let reading = async {
            let mut pause = FIRST_PAUSE;
            loop {
                let before = self.transcript.cursor.clone();
                match self.session().await? {
                    End::Whole => return Ok(()),
                    End::Cut(reason) => why = reason,
                }
                let came = self.transcript.cursor != before;
                pause = if came {
                    FIRST_PAUSE
                } else {
                    (pause * 2).min(LONGEST_PAUSE)
                };
                tokio::time::sleep(pause).await;
            }
        };
        let verdict: Result<Result<(), String>, _> = tokio::time::timeout(patience, reading).await;
        let verdict = verdict
            .unwrap_or_else(|_| Err(format!("not whole after {patience:?}; last cut: {why}")));
        let run = self.transcript.run.clone().unwrap_or_default();
        Outcome {
            verdict: verdict
                .map_err(|failure| format!("chat {} ({run}): {failure}", self.chat.question.seed)),
            question: self.chat.question,
            transcript: self.transcript,
            resumes: self.resumes,
            ended: Instant::now(),
        }
    }

    /// One session, from the connection to its end.
    async fn session(&mut self) -> Result<End, String> {
        let Some(number) = self.cluster.open(self.chat.node) else {
            return Ok(End::Cut("no web process takes requests".to_owned()));
        };
        self.chat.node = number;
        let node = Arc::clone(&self.cluster.nodes[number]);
        let faults = node.faults();
        let is_excused = || node.faults() != faults;
        if let Opening::SendElsewhere = self.chat.opening
            && self.transcript.run.is_none()
            && let Some(end) = self.send_elsewhere(number).await?
        {
            return Ok(end);
        }
        let (query, variables) = self.operation();
        let (began, since) = (Instant::now(), SystemClock.now());
        self.sessions += 1;
        let mut socket = match Socket::subscribe(&node, &self.key, &query, &variables).await {
            Ok(socket) => socket,
            Err(came) => return self.cut(came, is_excused()),
        };
        let mut is_first = true;
        loop {
            let event = match socket.next().await {
                Came::Event(event) => event,
                came => return self.cut(came, is_excused()),
            };
            self.transcript.take(&event, &self.chat.question)?;
            if is_first && self.sessions > 1 {
                self.resumes.push(Resume {
                    took: began.elapsed(),
                    kind: kind(&event, since),
                });
            }
            is_first = false;
            if event["__typename"] == "TokenDelta"
                && event["offset"] == 0
                && self.transcript.attempts == 1
            {
                self.begun.0.fetch_add(1, Ordering::SeqCst);
            }
            if self.transcript.is_whole {
                return Ok(End::Whole);
            }
        }
    }

    /// Whether the end of a session is one of the documented ends.
    fn cut(&self, came: Came, is_excused: bool) -> Result<End, String> {
        match came {
            Came::Closed(1012) => Ok(End::Cut("closed with 1012".to_owned())),
            Came::Closed(1013) if self.chat.may_be_unavailable => {
                Ok(End::Cut("closed with 1013".to_owned()))
            }
            Came::Lost(why) if is_excused => Ok(End::Cut(why)),
            Came::Error(error)
                if error.starts_with("UNAVAILABLE")
                    && (self.chat.may_be_unavailable || is_excused) =>
            {
                Ok(End::Cut(error))
            }
            other => Err(format!("the stream ended with {other:?}")),
        }
    }

    fn operation(&self) -> (String, Value) {
        let after = &self.transcript.cursor;
        match &self.transcript.run {
            Some(run) => (
                format!(
                    "subscription($id: ID!, $after: String) {{ runEvents(runId: $id, after: $after) {{ {EVENT} }} }}"
                ),
                json!({"id": run, "after": after}),
            ),
            None => (
                format!("subscription($input: ChatInput!) {{ chat(input: $input) {{ {EVENT} }} }}"),
                json!({"input": self.chat.input()}),
            ),
        }
    }

    /// Sends the message to a process other than the one that is read from.
    async fn send_elsewhere(&mut self, here: usize) -> Result<Option<End>, String> {
        let elsewhere = self.cluster.open(here + 1).unwrap_or(here);
        let node = Arc::clone(&self.cluster.nodes[elsewhere]);
        let faults = node.faults();
        let query = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";
        let (answer, _) = self
            .cluster
            .api
            .ask(&node, &self.key, query, json!({"input": self.chat.input()}))
            .await;
        let is_excused =
            node.faults() != faults || (answer.is_unavailable() && self.chat.may_be_unavailable);
        match answer.data() {
            Ok(data) => {
                let run = &data["sendMessage"]["run"];
                self.transcript.run = run["id"].as_str().map(str::to_owned);
                self.transcript.conversation =
                    run["conversation"]["id"].as_str().map(str::to_owned);
                Ok(None)
            }
            Err(why) if is_excused => Ok(Some(End::Cut(why))),
            Err(why) => Err(format!("sending: {why}")),
        }
    }
}

fn kind(event: &Value, since: DateTime<Utc>) -> Resumed {
    let at = event["at"]
        .as_str()
        .and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    if at.is_some_and(|at| at < since) {
        Resumed::Missed
    } else if event["__typename"] == "RunStarted" {
        Resumed::NextAttempt
    } else {
        Resumed::Live
    }
}
