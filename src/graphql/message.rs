//! Messages in the API: said, sent, rated.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_by_id},
    context::ContextExt,
    document::{Passage, passages},
    error::Result,
    loader::CitationsOf,
    run::Run,
};
use crate::{
    domain::{self, AgentId, ConversationId},
    service::NewMessage,
};

/// Something that was said in a conversation.
pub(super) struct Message(pub(super) domain::Message);

impl From<domain::Message> for Message {
    fn from(message: domain::Message) -> Self {
        Self(message)
    }
}

/// Something that was said in a conversation.
#[Object]
impl Message {
    /// Its id, `message_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who said it.
    async fn role(&self) -> MessageRole {
        self.0.role.into()
    }

    /// What was said.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The agent that said it; null for a person's message, or once that agent is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent?).await.transpose()
    }

    /// The run that it asked for, or that made it.
    async fn run(&self, ctx: &Context<'_>) -> Option<Result<Run>> {
        let found = async { Ok(ctx.loaders()?.load(self.0.run).await?.map(Run)) };
        found.await.transpose()
    }

    /// The passages that it stands on, the best first; what a document said that is gone is not among them.
    async fn citations(&self, ctx: &Context<'_>) -> Result<Vec<Passage>> {
        let cited = ctx.loaders()?.load(CitationsOf(self.0.id)).await?;
        passages(ctx, cited.unwrap_or_default()).await
    }

    /// What the person thought of it.
    async fn rating(&self) -> Option<Rating> {
        self.0.rating.clone().map(|rating| Rating {
            score: rating.score,
            comment: rating.comment,
        })
    }

    /// The model that made it is a demonstration: fluent, not to be relied on.
    async fn demo_quality(&self) -> bool {
        self.0.demo_quality
    }

    /// When it was said.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Who said something.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::MessageRole")]
pub(super) enum MessageRole {
    /// The person.
    User,
    /// The agent.
    Assistant,
}

/// What a person thought of an answer.
#[derive(SimpleObject)]
pub(super) struct Rating {
    /// 1 or -1.
    score: i32,
    /// Why.
    comment: Option<String>,
}

/// What a person says.
#[derive(InputObject)]
pub(super) struct ChatInput {
    /// The text; 1 to 32,000 characters.
    message: String,
    /// The agent that is to answer; when left out, the conversation's agent, or the router's choice.
    agent_id: Option<ID>,
    /// The conversation it goes on; a new one when left out.
    conversation_id: Option<ID>,
    /// The caller's own name for the person who is chatting; 1 to 120 characters.
    end_user: Option<String>,
    /// Agent-specific context, an object like `{"caseId": "…"}`; checked against the template's contextSchema.
    context: Option<Value>,
    /// Idempotency key: the same key in one account attaches to the run that it started.
    client_message_id: Option<String>,
    /// Narrows the tools for this message; never widens them.
    allow_tools: Option<Vec<String>>,
}

impl ChatInput {
    pub(super) fn message(self) -> Result<NewMessage> {
        Ok(NewMessage {
            text: self.message,
            agent: self
                .agent_id
                .map(|id| AgentId::parse("input.agentId", &id))
                .transpose()?,
            conversation: self
                .conversation_id
                .map(|id| ConversationId::parse("input.conversationId", &id))
                .transpose()?,
            end_user: self.end_user,
            context: self.context,
            client_message_id: self.client_message_id,
            allow_tools: self.allow_tools,
        })
    }
}

/// The message was taken.
#[derive(SimpleObject)]
pub(super) struct SendMessagePayload {
    /// The run that answers it.
    pub(super) run: Run,
}

/// What a person thinks of an answer.
#[derive(InputObject)]
pub(super) struct RateMessageInput {
    /// The answer.
    pub(super) message_id: ID,
    /// 1 or -1.
    score: i32,
    /// Why; at most 2,000 characters.
    comment: Option<String>,
}

impl RateMessageInput {
    pub(super) fn rating(self) -> domain::Rating {
        domain::Rating {
            score: self.score,
            comment: self.comment,
        }
    }
}

/// The rating was kept.
#[derive(SimpleObject)]
pub(super) struct RateMessagePayload {
    /// The message as it is now.
    pub(super) message: Message,
}
