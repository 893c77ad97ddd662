//! Changes of a conversation that a caller asks for.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Conversation, check_json, check_name};
use crate::error::Problem;

/// The maximum size of a conversation's metadata, in bytes of its JSON text.
const LARGEST_METADATA: usize = 16 * 1024;
/// The maximum number of members of a conversation's metadata.
const MOST_METADATA: usize = 50;

/// A change of a conversation; what is not set stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationUpdate {
    /// The title.
    pub title: Option<TitleChange>,
    /// Whether the conversation is archived.
    pub archived: Option<bool>,
    /// The client's own object, in place of the stored one.
    pub metadata: Option<Value>,
    /// Whether the conversation has been read.
    pub read: Option<bool>,
}

/// A change of a conversation's title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TitleChange {
    /// This title is shown.
    Set(String),
    /// The made title is shown again.
    Reset,
}

impl ConversationUpdate {
    /// Everything that is wrong with the change.
    pub fn problems(&self) -> Vec<Problem> {
        let title = match &self.title {
            Some(TitleChange::Set(title)) => check_name("input.title", title),
            Some(TitleChange::Reset) | None => None,
        };
        let metadata = self.metadata.iter().flat_map(metadata_problems);
        title.into_iter().chain(metadata).collect()
    }

    /// The conversation after the change at this time.
    #[must_use]
    pub fn applied_to(&self, mut conversation: Conversation, now: DateTime<Utc>) -> Conversation {
        match &self.title {
            Some(TitleChange::Set(title)) => conversation.own_title = Some(title.trim().to_owned()),
            Some(TitleChange::Reset) => conversation.own_title = None,
            None => {}
        }
        match self.archived {
            Some(true) => {
                conversation.archived_at.get_or_insert(now);
            }
            Some(false) => conversation.archived_at = None,
            None => {}
        }
        if let Some(metadata) = &self.metadata {
            conversation.metadata = metadata.clone();
        }
        if let Some(read) = self.read {
            conversation.unread = !read;
        }
        conversation
    }
}

fn metadata_problems(metadata: &Value) -> Vec<Problem> {
    const PATH: &str = "input.metadata";
    let problems = check_json(PATH, metadata);
    if !problems.is_empty() {
        return problems;
    }
    let members = metadata.as_object().map_or(0, serde_json::Map::len);
    let bytes = metadata.to_string().len();
    let mut problems = Vec::new();
    if members > MOST_METADATA {
        problems.push(Problem::new(
            PATH,
            format!("{members} members, at most {MOST_METADATA}"),
        ));
    }
    if bytes > LARGEST_METADATA {
        problems.push(Problem::new(
            PATH,
            format!("{bytes} bytes, at most {LARGEST_METADATA}"),
        ));
    }
    problems
}
