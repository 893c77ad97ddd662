//! Conversations and their messages.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{
    AccountId, AgentId, CanarySubject, Citation, ConversationId, FinishReason, MessageId,
    MessagePart, RunId, title::title_of,
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
    /// The title that a caller has set.
    pub own_title: Option<String>,
    /// The title that is made of the first message.
    pub made_title: Option<String>,
    /// The client's own object.
    pub metadata: Value,
    /// The time at which the conversation was archived; none while it is not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Whether an answer has come since the conversation was marked as read.
    pub unread: bool,
    /// The number of messages on the selected line.
    pub message_count: i32,
    /// The newest message on the selected line.
    pub last_message: Option<MessageId>,
    /// The last run of the selected line.
    pub head_run: Option<RunId>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last activity: a message, an answer, a handoff, or the selection of another line.
    pub updated_at: DateTime<Utc>,
}

impl Conversation {
    /// By what a canary chooses the version of an agent that answers here.
    pub fn canary_subject(&self) -> CanarySubject<'_> {
        CanarySubject {
            conversation: self.id,
            end_user: self.end_user.as_deref(),
        }
    }

    /// The conversation that begins with a question to an agent.
    pub fn begun_by(
        question: &Message,
        account: AccountId,
        agent: AgentId,
        context: Value,
        end_user: Option<String>,
    ) -> Self {
        Self {
            id: question.conversation,
            account,
            end_user,
            agent: Some(agent),
            context,
            own_title: None,
            made_title: title_of(&question.text),
            metadata: json!({}),
            archived_at: None,
            unread: false,
            message_count: 1,
            last_message: Some(question.id),
            head_run: Some(question.run),
            created_at: question.created_at,
            updated_at: question.created_at,
        }
    }

    /// The title that is shown: the set one, or else the made one.
    pub fn title(&self) -> Option<&str> {
        self.own_title.as_deref().or(self.made_title.as_deref())
    }
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

/// The messages before a question, and the answers to it so far: those that a regenerated answer replaces are not among
/// them, because they are not on the selected line.
pub fn split_at_question(
    past: Vec<PastMessage>,
    question: MessageId,
) -> (Vec<PastMessage>, Vec<PastMessage>) {
    let mut before = past;
    let place = before.iter().position(|past| past.message.id == question);
    let answers = place.map(|place| before.split_off(place));
    let answers = answers.into_iter().flatten().skip(1).collect();
    (before, answers)
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
