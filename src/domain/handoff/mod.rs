//! Handoffs: the recorded change of the agent that answers a conversation, with what the new agent receives.
//!
//! Three rules keep private items with the agent that has them. [`ConversationView`] decides which messages an agent
//! sees. [`carry_items`] and [`carry_context`] decide what a handoff adds to that, and the receiver's prompt is built
//! from nothing else. What was written with a private item in view is private itself, so that a private item does not
//! pass in other words either.

mod carry;
mod context;
mod settings;
mod summary;
mod view;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use carry::{HandoffSource, ToolResult, carry_items};
pub use context::{CarriedContext, ContextTransfer, carry_context, has_private};
pub use settings::{HandoffSettings, Switching};
pub use summary::{extract_summary, transcript};
pub use view::ConversationView;

use crate::domain::{
    AccountId, AgentId, AuditNote, ConversationId, HandoffId, KeptState, MessageId, RunId, excerpt,
};

/// The change of the agent that answers a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Handoff {
    /// The handoff's id.
    pub id: HandoffId,
    /// The account that owns the conversation.
    pub account: AccountId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The run that the handoff belongs to; none for a person's handoff between two messages.
    pub run: Option<RunId>,
    /// The step of the run whose model call asked for the handoff.
    pub step: Option<i32>,
    /// The agent that answered before; none after that agent was deleted.
    pub from: Option<AgentId>,
    /// The agent that answers from now on; none after that agent was deleted.
    pub to: Option<AgentId>,
    /// The reason; never derived from private items.
    pub reason: String,
    /// The party that asked for the handoff.
    pub initiator: HandoffInitiator,
    /// How much the receiver gets.
    pub policy: ContextPolicy,
    /// What the receiver gets.
    pub carried: Vec<ContextItem>,
    /// What stays behind, with the reasons.
    pub dropped: Vec<ContextItem>,
    /// How the handoff ended.
    pub outcome: HandoffOutcome,
    /// The time of the handoff.
    pub created_at: DateTime<Utc>,
    /// The time at which the outcome became final.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Handoff {
    /// Whether the conversation changed its agent.
    pub fn is_accepted(&self) -> bool {
        self.outcome != HandoffOutcome::Rejected
    }
}

/// The party that asked for a handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffInitiator {
    /// The router chose another agent for a message.
    Router,
    /// The agent that answered handed over.
    Agent,
    /// A person asked for another agent.
    User,
}

/// How much of a conversation the receiver of a handoff gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContextPolicy {
    /// Every message, tool result and context field that may be carried.
    Full,
    /// A summary, and the context fields that may be carried.
    Summary,
    /// The question only.
    Isolated,
}

impl ContextPolicy {
    /// The policy's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Summary => "SUMMARY",
            Self::Isolated => "ISOLATED",
        }
    }
}

/// How a handoff ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HandoffOutcome {
    /// The receiver has not answered yet.
    Open,
    /// The receiver has answered.
    Resolved,
    /// The receiver handed the conversation back.
    Returned,
    /// The handoff was refused: the agent that answered goes on.
    Rejected,
}

/// Something that a handoff carries or leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextItem {
    /// The kind of the item.
    pub kind: ContextItemKind,
    /// What the item is; never its content.
    pub label: String,
    /// Why it is carried or left behind.
    pub why: String,
    /// The carried message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The carried text: a summary, or the result of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl ContextItem {
    /// An item without content.
    pub fn new(kind: ContextItemKind, label: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind,
            label: label.into(),
            why: why.into(),
            message: None,
            text: None,
        }
    }
}

/// The kind of a context item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContextItemKind {
    /// A message of the conversation.
    Message,
    /// A summary of the conversation.
    Summary,
    /// A fact that a workflow has established.
    Fact,
    /// A field of the conversation's context.
    ContextField,
    /// The result of a tool call.
    ToolResult,
    /// Passages of an agent's knowledge.
    Document,
}

/// A handoff with everything that is written together with it.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSwitch {
    /// The handoff.
    pub handoff: Handoff,
    /// The context that is kept for the sender until it answers again.
    pub sender_context: Value,
    /// The state that the sender's workflow keeps, if it changed.
    pub sender_state: Option<KeptState>,
    /// The context that the receiver works with.
    pub receiver_context: Value,
    /// The audit note of the handoff.
    pub note: AuditNote,
}

/// The reason why an agent may not hand over to another one within a run, if it may not. `earlier` are the accepted
/// handoffs of the run, at most `most` of which are allowed, and none twice between the same agents: the second one
/// would begin a cycle.
pub fn handoff_refusal(
    earlier: &[&Handoff],
    from: AgentId,
    to: AgentId,
    most: usize,
) -> Option<String> {
    if earlier.len() >= most {
        return Some(format!(
            "this question was handed over {most} times already, and no more is allowed"
        ));
    }
    let is_repeated = |handoff: &&Handoff| handoff.from == Some(from) && handoff.to == Some(to);
    earlier
        .iter()
        .any(is_repeated)
        .then(|| "this question was handed over to the same agent before".to_owned())
}

/// The reason of a handoff as it is stored: on one line, of a bounded length.
pub fn reason_text(given: &str) -> String {
    /// The maximum length of a reason, in characters.
    const LONGEST_REASON: usize = 500;
    let words: Vec<&str> = given.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_REASON {
        return line;
    }
    let kept: String = line.chars().take(LONGEST_REASON - 1).collect();
    format!("{kept}…")
}

/// The label of a context field: its name, which a schema or a caller wrote.
pub(crate) fn field_label(name: &str) -> String {
    excerpt(name)
}
