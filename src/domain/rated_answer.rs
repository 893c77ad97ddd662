//! Answers with the ratings that people gave them, for the export of conversations.

use chrono::{DateTime, Utc};

use crate::domain::{AgentId, Message, TemplateId};

/// An answer that a person has rated.
#[derive(Debug, Clone, PartialEq)]
pub struct RatedAnswer {
    /// The answer, with its rating.
    pub answer: Message,
    /// The time of the rating; a new rating in place of an earlier one has a new time.
    pub rated_at: DateTime<Utc>,
    /// Whether the answer is on the selected line of its conversation.
    pub is_selected: bool,
    /// The model that answered, where it was recorded.
    pub model: Option<String>,
    /// The template version of the agent that ended the run, where it was recorded.
    pub template: Option<TemplateId>,
}

/// A filter of rated answers; all conditions that are set must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RatedAnswerFilter {
    /// The score: 1 or -1.
    pub score: Option<i32>,
    /// The agent that wrote the answer.
    pub agent: Option<AgentId>,
    /// The earliest time of the rating, inclusive.
    pub since: Option<DateTime<Utc>>,
    /// The latest time of the rating, exclusive.
    pub until: Option<DateTime<Utc>>,
}
