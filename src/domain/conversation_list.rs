//! Lists of conversations: their filter and their order.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{AgentId, Conversation, Position, check_text};
use crate::error::Problem;

/// The maximum length of a search text, in characters.
const LONGEST_SEARCH: usize = 200;

/// A filter of conversations; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationFilter {
    /// Conversations that this agent answers.
    pub agent: Option<AgentId>,
    /// Conversations of this end user.
    pub end_user: Option<String>,
    /// Conversations whose title, or a message on whose selected line, contains this text, ignoring case.
    pub search: Option<String>,
    /// Only archived conversations, or only those that are not; none for both.
    pub archived: Option<bool>,
    /// Conversations with a last activity after this time.
    pub updated_after: Option<DateTime<Utc>>,
    /// Conversations with a last activity before this time.
    pub updated_before: Option<DateTime<Utc>>,
}

impl ConversationFilter {
    /// What is wrong with the filter. A search text is trimmed before; an empty one matches every conversation.
    pub fn problems(&self) -> Vec<Problem> {
        let search = self.search.as_deref().filter(|search| !search.is_empty());
        let problem = search.and_then(|text| check_text("filter.search", text, LONGEST_SEARCH));
        problem.into_iter().collect()
    }
}

/// The order of a list of conversations; equal values are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationOrder {
    /// The field to sort by.
    pub field: ConversationOrderField,
    /// Whether the latest time comes first.
    pub descending: bool,
}

impl Default for ConversationOrder {
    /// The last activity first.
    fn default() -> Self {
        Self {
            field: ConversationOrderField::UpdatedAt,
            descending: true,
        }
    }
}

impl ConversationOrder {
    /// The conversation's position in a list with this order.
    pub fn position(self, conversation: &Conversation) -> Position {
        match self.field {
            ConversationOrderField::CreatedAt => Position::of(conversation.id),
            ConversationOrderField::UpdatedAt => Position {
                sort: Some(
                    conversation
                        .updated_at
                        .to_rfc3339_opts(SecondsFormat::Micros, true),
                ),
                id: conversation.id.uuid(),
            },
        }
    }
}

/// The fields that conversations can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationOrderField {
    /// The time of the last activity.
    UpdatedAt,
    /// The time of creation; ids sort by it.
    CreatedAt,
}
