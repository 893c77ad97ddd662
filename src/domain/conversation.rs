//! Conversations and their messages.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    AccountId, AgentId, Citation, ConversationId, FinishReason, MessageId, MessagePart, RunId,
};

/// The messages between one end user and the account's agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// The account that owns the conversation.
    pub account: AccountId,
    /// The account's own id for the end user.
    pub end_user: Option<String>,
    /// The agent that answers now; none after that agent was deleted.
    pub agent: Option<AgentId>,
    /// Agent-specific context, an object.
    pub context: Value,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last message.
    pub updated_at: DateTime<Utc>,
}

/// A filter of conversations; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationFilter {
    /// Conversations that this agent answers.
    pub agent: Option<AgentId>,
    /// Conversations of this end user.
    pub end_user: Option<String>,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The conversation that contains the message.
    pub conversation: ConversationId,
    /// The author's role.
    pub role: MessageRole,
    /// The complete text.
    pub text: String,
    /// Why the answer ended; none for a message of the user.
    pub finish_reason: Option<FinishReason>,
    /// The parts in the order in which they came; empty for a message that is nothing but text.
    pub parts: Vec<MessagePart>,
    /// Where the text refers to the sources that the model was given.
    pub citations: Vec<Citation>,
    /// The agent that wrote the message; none for a message of an end user, or after that agent was deleted.
    pub agent: Option<AgentId>,
    /// The run that the message started, or that produced it.
    pub run: RunId,
    /// The end user's rating of an answer.
    pub rating: Option<Rating>,
    /// Whether the model that wrote it is good enough for a demonstration only: fluent, but not reliable.
    pub demo_quality: bool,
    /// Whether the message must not reach another agent: the person marked it, or a part of it was written with private
    /// items in view.
    pub private: bool,
    /// The parts of an answer that several agents wrote, or of which only some are private; empty for other messages.
    pub sections: Vec<MessageSection>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
}

/// A part of an answer, written by one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSection {
    /// The agent that wrote the part.
    pub agent: Option<AgentId>,
    /// The length of the part, in Unicode code points.
    pub characters: usize,
    /// Whether the part was written with private items in view.
    pub private: bool,
}

/// A message of an earlier run, with the agent of that run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastMessage {
    /// The message.
    pub message: Message,
    /// The agent that ended the run; none after that agent was deleted.
    pub run_agent: Option<AgentId>,
}

impl PastMessage {
    /// The text that may be carried to another agent: all but the private parts; none when nothing is left.
    pub fn carriable_text(&self) -> Option<String> {
        let parts = self.message.parts_by_agent().into_iter();
        let open = parts.filter(|(_, is_private, _)| !is_private);
        let text: String = open.map(|(_, _, part)| part).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl Message {
    /// The message of an end user that starts a run.
    pub fn of_user(
        id: MessageId,
        conversation: ConversationId,
        run: RunId,
        text: String,
        created_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            conversation,
            role: MessageRole::User,
            text,
            finish_reason: None,
            parts: Vec::new(),
            citations: Vec::new(),
            agent: None,
            run,
            rating: None,
            demo_quality: false,
            private: false,
            sections: Vec::new(),
            created_at,
        }
    }

    /// The parts of the text, each with the agent that wrote it and whether it is private.
    pub fn parts_by_agent(&self) -> Vec<(Option<AgentId>, bool, &str)> {
        if self.sections.is_empty() {
            return vec![(self.agent, self.private, &self.text)];
        }
        let mut remaining = self.text.as_str();
        let part = |section: &MessageSection| {
            let end = remaining.char_indices().nth(section.characters);
            let (text, after) = remaining.split_at(end.map_or(remaining.len(), |(at, _)| at));
            remaining = after;
            (section.agent, section.private, text)
        };
        self.sections.iter().map(part).collect()
    }
}

/// The role of a message's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRole {
    /// The end user.
    User,
    /// The agent.
    Assistant,
}

/// An end user's rating of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 1 or -1.
    pub score: i32,
    /// The reason that the end user gave.
    pub comment: Option<String>,
}
