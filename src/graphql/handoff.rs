//! Handoffs of conversations between agents in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::{Agent, agent_by_id},
    error::Result,
};
use crate::{
    domain::{self, AgentId, ConversationId},
    service::HandoffInput,
};

/// The change of the agent that answers a conversation.
pub(super) struct Handoff(pub(super) domain::Handoff);

/// The change of the agent that answers a conversation.
#[Object]
impl Handoff {
    /// The id of the handoff, `handoff_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The agent that answered before; null once it is deleted.
    async fn from(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.from?).await.transpose()
    }

    /// The agent that answers from then on; null once it is deleted.
    async fn to(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.to?).await.transpose()
    }

    /// The reason; for a refused handoff, why it was refused.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The party that asked for the handoff.
    async fn initiator(&self) -> HandoffInitiator {
        self.0.initiator.into()
    }

    /// How much of the conversation the new agent gets.
    async fn policy(&self) -> ContextPolicy {
        self.0.policy.into()
    }

    /// What the new agent gets, item by item: of the newest 100 messages, at most 8 tool results, and the context.
    async fn carried(&self) -> Vec<ContextItem> {
        self.0.carried.iter().map(ContextItem::of).collect()
    }

    /// What stays with the agent that answered before, item by item; bounded like `carried`.
    async fn dropped(&self) -> Vec<ContextItem> {
        self.0.dropped.iter().map(ContextItem::of).collect()
    }

    /// How the handoff ended.
    async fn outcome(&self) -> HandoffOutcome {
        self.0.outcome.into()
    }

    /// The time of the handoff.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Something that a handoff carries or leaves behind.
#[derive(SimpleObject)]
pub(super) struct ContextItem {
    /// The kind of the item.
    kind: ContextItemKind,
    /// What the item is; never its content.
    label: String,
    /// Why the item is carried or left behind.
    why: String,
}

impl ContextItem {
    fn of(item: &domain::ContextItem) -> Self {
        Self {
            kind: item.kind.into(),
            label: item.label.clone(),
            why: item.why.clone(),
        }
    }
}

/// The kind of a context item.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ContextItemKind")]
pub(super) enum ContextItemKind {
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

/// The party that asked for a handoff.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::HandoffInitiator")]
pub(super) enum HandoffInitiator {
    /// The router chose another agent for a message.
    Router,
    /// The agent that answered handed over.
    Agent,
    /// A person asked for another agent.
    User,
}

/// How much of a conversation the new agent gets. Private items never pass.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ContextPolicy")]
pub(super) enum ContextPolicy {
    /// Every message, tool result and context field that may be carried.
    Full,
    /// A summary, and the context fields that may be carried.
    Summary,
    /// The question only.
    Isolated,
}

/// How a handoff ended.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::HandoffOutcome")]
pub(super) enum HandoffOutcome {
    /// The new agent has not answered yet.
    Open,
    /// The new agent has answered.
    Resolved,
    /// The new agent handed the conversation back.
    Returned,
    /// The handoff was refused: the agent that answered goes on.
    Rejected,
}

/// A conversation and the agent that takes it over.
#[derive(InputObject)]
pub(super) struct HandOffInput {
    /// The id of the conversation.
    conversation_id: ID,
    /// The id of the agent that answers from the next message on.
    to_agent_id: ID,
    /// The reason, 1 to 500 characters; the agent reads it.
    reason: String,
    /// How much of the conversation the agent gets.
    #[graphql(default_with = "ContextPolicy::Full")]
    policy: ContextPolicy,
}

impl HandOffInput {
    pub(super) fn handoff(self) -> Result<HandoffInput> {
        Ok(HandoffInput {
            conversation: ConversationId::parse("input.conversationId", &self.conversation_id)?,
            to: AgentId::parse("input.toAgentId", &self.to_agent_id)?,
            reason: self.reason,
            policy: self.policy.into(),
        })
    }
}

/// The result of `handOff`.
#[derive(SimpleObject)]
pub(super) struct HandOffPayload {
    /// The handoff.
    pub(super) handoff: Handoff,
}
