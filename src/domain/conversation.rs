//! Conversations and their messages: what was said.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::{AccountId, AgentId, ConversationId, MessageId, RunId};

/// A row of messages between one person and the account's agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The caller's own name for the person who is chatting.
    pub end_user: Option<String>,
    /// The agent that answers now; none once that agent is deleted.
    pub agent: Option<AgentId>,
    /// Agent-specific context, an object.
    pub context: Value,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When the last message came.
    pub updated_at: DateTime<Utc>,
}

/// Which conversations are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationFilter {
    /// Those that this agent answers.
    pub agent: Option<AgentId>,
    /// Those of this person.
    pub end_user: Option<String>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// Who said it.
    pub role: MessageRole,
    /// What was said.
    pub text: String,
    /// The agent that said it; none for a person's message, or once that agent is deleted.
    pub agent: Option<AgentId>,
    /// The run that it asked for, or that made it.
    pub run: RunId,
    /// What the person thought of it.
    pub rating: Option<Rating>,
    /// The model that made it is a demonstration: fluent, not to be relied on.
    pub demo_quality: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRole {
    /// The person.
    User,
    /// The agent.
    Assistant,
}

/// What a person thought of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 1 or -1.
    pub score: i32,
    /// Why.
    pub comment: Option<String>,
}
