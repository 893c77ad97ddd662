//! Changes of conversations in the API.

use async_graphql::{Enum, ID, SimpleObject};

use super::conversation::Conversation;
use crate::service;

/// A change of a conversation, for lists.
#[derive(SimpleObject)]
pub(super) struct ConversationChange {
    /// What happened.
    kind: ConversationChangeKind,
    /// The conversation after the change; null once it is deleted.
    conversation: Option<Conversation>,
    /// The id of the conversation.
    conversation_id: ID,
}

impl From<service::ConversationChange> for ConversationChange {
    fn from(change: service::ConversationChange) -> Self {
        Self {
            kind: change.kind.into(),
            conversation: change.conversation.map(Conversation),
            conversation_id: change.id.to_string().into(),
        }
    }
}

/// What happened to a conversation.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "service::ConversationChangeKind")]
pub(super) enum ConversationChangeKind {
    /// The conversation began.
    Created,
    /// A message was sent, a run ended without an answer, or the title, the archive state, the metadata, the read mark or
    /// the selected version changed.
    Updated,
    /// The conversation has a new answer.
    Answered,
    /// The conversation was deleted.
    Deleted,
}
