//! A case: the turns of one conversation with what is expected of each.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Expectations, ScriptedReply};

/// A case, as it is run.
#[derive(Debug, Clone)]
pub(in crate::app::eval) struct EvalCase {
    /// The name, unique in the file; the first message when left out.
    pub(in crate::app::eval) name: String,
    pub(in crate::app::eval) groups: Vec<String>,
    /// Other ways to ask; each becomes a case of its own when the file is read.
    pub(super) phrasings: Vec<String>,
    pub(in crate::app::eval) turns: Vec<CaseTurn>,
    pub(in crate::app::eval) timeout: Option<Duration>,
    /// The fields that contradict each other, for the check.
    pub(super) contradiction: Option<&'static str>,
}

/// A message of a conversation, and what is expected of its answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(in crate::app::eval) struct CaseTurn {
    pub(in crate::app::eval) message: String,
    /// The slug of the agent that is asked; the router chooses when left out.
    pub(in crate::app::eval) agent: Option<String>,
    /// The context of the message, an object.
    pub(in crate::app::eval) context: Option<Map<String, Value>>,
    /// The only tools that the answer may use.
    pub(in crate::app::eval) allow_tools: Option<Vec<String>>,
    /// Whether the message must not reach another agent.
    pub(in crate::app::eval) private: bool,
    /// What the model replies, request by request.
    pub(in crate::app::eval) script: Option<Vec<ScriptedReply>>,
    /// The decisions about calls that wait for approval.
    pub(in crate::app::eval) decisions: Vec<ApprovalDecision>,
    pub(in crate::app::eval) expect: Expectations,
}

/// The decision about each call of a tool that waits for approval.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::app::eval) struct ApprovalDecision {
    pub(in crate::app::eval) tool: String,
    pub(in crate::app::eval) approve: bool,
    /// The comment, which the model receives when the call is denied.
    pub(in crate::app::eval) comment: Option<String>,
}

/// A case as it is written: one message, one question in several phrasings, or the turns of a conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WrittenCase {
    name: Option<String>,
    groups: Vec<String>,
    timeout_seconds: Option<u64>,
    turns: Vec<CaseTurn>,
    phrasings: Vec<String>,
    message: Option<String>,
    agent: Option<String>,
    context: Option<Map<String, Value>>,
    allow_tools: Option<Vec<String>>,
    private: bool,
    script: Option<Vec<ScriptedReply>>,
    decisions: Vec<ApprovalDecision>,
    expect: Option<Expectations>,
}

impl WrittenCase {
    /// Which fields contradict each other.
    fn contradiction(&self) -> Option<&'static str> {
        let is_message = self.message.is_some();
        let of_one_message = self.agent.is_some()
            || self.context.is_some()
            || self.allow_tools.is_some()
            || self.private
            || self.script.is_some()
            || !self.decisions.is_empty()
            || self.expect.is_some();
        match (is_message, self.phrasings.len(), self.turns.len()) {
            (false, 0, 0) => Some("has none of message, phrasings and turns, expected one of them"),
            (false, 0, 1..) if of_one_message => {
                Some("has turns, and beside them fields of one message, which belong into a turn")
            }
            (true, 0, 0) | (false, 1.., 0) | (false, 0, 1..) => None,
            _ => Some("has several of message, phrasings and turns, expected one of them"),
        }
    }
}

impl<'de> Deserialize<'de> for EvalCase {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        WrittenCase::deserialize(from).map(Self::from)
    }
}

impl From<WrittenCase> for EvalCase {
    fn from(written: WrittenCase) -> Self {
        let contradiction = written.contradiction();
        let first = || {
            let mut turns = written.turns.iter().map(|turn| &turn.message);
            let message = written
                .message
                .as_ref()
                .or_else(|| written.phrasings.first());
            message.or_else(|| turns.next()).cloned()
        };
        let name = written.name.clone().or_else(first).unwrap_or_default();
        let mut turns = written.turns;
        if turns.is_empty() {
            turns.push(CaseTurn {
                message: written.message.unwrap_or_default(),
                agent: written.agent,
                context: written.context,
                allow_tools: written.allow_tools,
                private: written.private,
                script: written.script,
                decisions: written.decisions,
                expect: written.expect.unwrap_or_default(),
            });
        }
        Self {
            name,
            groups: written.groups,
            phrasings: written.phrasings,
            turns,
            timeout: written.timeout_seconds.map(Duration::from_secs),
            contradiction,
        }
    }
}

impl EvalCase {
    /// The cases that it stands for: itself, or one for each phrasing.
    pub(super) fn phrased(self) -> Vec<Self> {
        if self.phrasings.is_empty() {
            return vec![self];
        }
        let phrasings = self.phrasings.clone();
        let case = |message: String| {
            let mut case = self.clone();
            case.phrasings.clear();
            for turn in &mut case.turns {
                turn.message.clone_from(&message);
            }
            case.name = message;
            case
        };
        phrasings.into_iter().map(case).collect()
    }
}
