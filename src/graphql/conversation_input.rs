//! Inputs and payloads for conversations: filter, order, changes.

use async_graphql::{Enum, ID, InputObject, MaybeUndefined, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{agent_input::OrderDirection, conversation::Conversation, error::Result};
use crate::{
    domain::{self, AgentId, ConversationUpdate, TitleChange},
    error::Error,
};

/// A filter for conversations; every condition that is set must match.
#[derive(InputObject)]
pub(super) struct ConversationFilter {
    /// The agent that currently answers.
    agent_id: Option<ID>,
    /// The caller's own identifier for the end user; not null.
    end_user: MaybeUndefined<String>,
    /// A part of the title or of a message on the selected line, ignoring case, at most 200 characters. `%` and `_` are
    /// plain characters.
    search: Option<String>,
    /// Whether the conversation is archived; null for both.
    #[graphql(default_with = "Some(false)")]
    archived: Option<bool>,
    /// The last activity is later than this time.
    updated_after: Option<DateTime<Utc>>,
    /// The last activity is earlier than this time.
    updated_before: Option<DateTime<Utc>>,
}

impl Default for ConversationFilter {
    fn default() -> Self {
        Self {
            agent_id: None,
            end_user: MaybeUndefined::Undefined,
            search: None,
            archived: Some(false),
            updated_after: None,
            updated_before: None,
        }
    }
}

impl ConversationFilter {
    /// The conversations of an end user that are not archived.
    pub(super) fn of_end_user(external_id: String) -> Self {
        Self {
            end_user: MaybeUndefined::Value(external_id),
            ..Self::default()
        }
    }

    /// The conversations of an agent that are not archived.
    pub(super) fn of_agent(id: AgentId) -> Self {
        Self {
            agent_id: Some(id.to_string().into()),
            ..Self::default()
        }
    }

    /// The filter in the domain's terms.
    pub(super) fn filter(self) -> Result<domain::ConversationFilter> {
        let agent = self
            .agent_id
            .map(|id| AgentId::parse("filter.agentId", &id))
            .transpose()?;
        let end_user = match self.end_user {
            MaybeUndefined::Undefined => None,
            // a client that lost the name of its person must not get the conversations of all
            MaybeUndefined::Null => {
                return Err(Error::bad_input(
                    "filter.endUser",
                    "is null, expected an identifier; leave it out for the conversations of every end user",
                )
                .into());
            }
            MaybeUndefined::Value(end_user) => Some(end_user),
        };
        Ok(domain::ConversationFilter {
            agent,
            end_user,
            search: self.search.map(|search| search.trim().to_owned()),
            archived: self.archived,
            updated_after: self.updated_after,
            updated_before: self.updated_before,
        })
    }
}

/// The order of a list of conversations; ties are ordered by id.
#[derive(InputObject)]
pub(super) struct ConversationOrder {
    /// The field to order by.
    field: ConversationOrderField,
    /// The direction of the order.
    direction: OrderDirection,
}

impl From<ConversationOrder> for domain::ConversationOrder {
    fn from(order: ConversationOrder) -> Self {
        Self {
            field: order.field.into(),
            descending: order.direction == OrderDirection::Desc,
        }
    }
}

/// The fields that conversations can be ordered by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ConversationOrderField")]
pub(super) enum ConversationOrderField {
    /// The time of the last activity.
    UpdatedAt,
    /// The creation time.
    CreatedAt,
}

/// A change of a conversation; a field that is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpdateConversationInput {
    /// The id of the conversation.
    pub(super) id: ID,
    /// The title, one line of 1 to 120 characters; null for the one that is made of the first message.
    title: MaybeUndefined<String>,
    /// Whether the conversation is archived: it is then listed only on request, until a new message brings it back.
    archived: Option<bool>,
    /// The client's own data, a JSON object of at most 50 members and 16,384 bytes, in place of the stored one; null for
    /// an empty one.
    metadata: MaybeUndefined<Value>,
    /// Whether the conversation has been read: true marks it as read, false as unread.
    read: Option<bool>,
}

impl UpdateConversationInput {
    /// The change in the domain's terms.
    pub(super) fn change(self) -> ConversationUpdate {
        ConversationUpdate {
            title: match self.title {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(TitleChange::Reset),
                MaybeUndefined::Value(title) => Some(TitleChange::Set(title)),
            },
            archived: self.archived,
            metadata: match self.metadata {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(json!({})),
                MaybeUndefined::Value(metadata) => Some(metadata),
            },
            read: self.read,
        }
    }
}

/// The result of `updateConversation`.
#[derive(SimpleObject)]
pub(super) struct UpdateConversationPayload {
    /// The conversation after the change.
    pub(super) conversation: Conversation,
}

/// The conversation to delete.
#[derive(InputObject)]
pub(super) struct DeleteConversationInput {
    /// The id of the conversation.
    pub(super) id: ID,
}

/// The result of `deleteConversation`.
#[derive(SimpleObject)]
pub(super) struct DeleteConversationPayload {
    /// The id of the deleted conversation.
    pub(super) deleted_id: ID,
}
