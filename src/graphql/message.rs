//! Messages and ratings in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_by_id},
    context::ContextExt,
    conversation::Conversation,
    document::Passage,
    error::Result,
    loader::AlternativesKey,
    message_part::MessagePart,
    run::Run,
    source::{Citation, sources_of},
};
use crate::{
    domain::{self, AgentId, ConversationId},
    error::Error,
    service::NewMessage,
};

/// A message in a conversation.
pub(super) struct Message(pub(super) domain::Message);

impl From<domain::Message> for Message {
    fn from(message: domain::Message) -> Self {
        Self(message)
    }
}

/// A message in a conversation.
#[Object]
impl Message {
    /// The id of the message, `message_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The conversation of the message.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        let conversation = ctx.loaders()?.load(self.0.conversation).await?;
        let conversation = conversation.ok_or_else(|| Error::not_found("conversation"))?;
        Ok(Conversation(conversation))
    }

    /// The role of the author.
    async fn role(&self) -> MessageRole {
        self.0.role.into()
    }

    /// The text of the message.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The parts of the message in the order in which they came: text, reasoning, tool calls and sources.
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<MessagePart>> {
        MessagePart::all(ctx, &self.0).await
    }

    /// Why the answer ended; null for an end user's message.
    async fn finish_reason(&self) -> Option<FinishReason> {
        self.0.finish_reason.map(Into::into)
    }

    /// The agent that wrote the message; null for an end user's message, or once the agent is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent?).await.transpose()
    }

    /// The run that answers the message, or that produced it.
    async fn run(&self, ctx: &Context<'_>) -> Option<Result<Run>> {
        let found = async { Ok(ctx.loaders()?.load(self.0.run).await?.map(Run)) };
        found.await.transpose()
    }

    /// The passages that the model of the answer was given, in the order of their numbers; passages of deleted documents
    /// are omitted.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<Passage>> {
        let sources = sources_of(ctx, self.0.id).await?;
        Ok(sources.into_iter().map(|(_, passage)| passage).collect())
    }

    /// Where the text refers to its sources, in the order of the text. A number in the text without a source is no
    /// citation, nor is one in code.
    async fn citations(&self, ctx: &Context<'_>) -> Result<Vec<Citation>> {
        Citation::all(ctx, &self.0).await
    }

    /// The other versions of the message, oldest first, at most 50: other answers to the same message, or other messages at
    /// its place. `selectAlternative` shows one of them. Ids sort by creation, the message's own among them.
    async fn alternatives(&self, ctx: &Context<'_>) -> Result<Vec<Message>> {
        let key = AlternativesKey {
            message: self.0.id,
            run: self.0.run,
        };
        let versions = ctx.loaders()?.load(key).await?;
        Ok(versions.into_iter().flatten().map(Message).collect())
    }

    /// The end user's rating of the answer.
    async fn rating(&self) -> Option<Rating> {
        self.0.rating.clone().map(|rating| Rating {
            value: RatingValue::of(rating.score),
            comment: rating.comment,
        })
    }

    /// Whether a demonstration model stands behind the message: its text is quotes of documents and fixed sentences.
    async fn demo_quality(&self) -> bool {
        self.0.demo_quality
    }

    /// Whether the message must not reach another agent: the person marked it, or it was written with private items in
    /// view.
    async fn private(&self) -> bool {
        self.0.private
    }

    /// The idempotency key that the message was sent with; null for an answer.
    async fn client_message_id(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if self.0.role != domain::MessageRole::User {
            return Ok(None);
        }
        let run = ctx.loaders()?.load(self.0.run).await?;
        Ok(run.and_then(|run| run.client_message_id))
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Why an answer ended.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::FinishReason")]
pub(super) enum FinishReason {
    /// The model finished.
    Stop,
    /// The answer was cut at the output limit or at the context window.
    Length,
    /// The provider's content filter withheld the remaining answer, or the model refused to answer.
    ContentFilter,
    /// The model answered because it was allowed no more tool calls.
    ToolLimit,
    /// A budget had too little left for the remaining answer; `continueMessage` continues it when there is more.
    Budget,
    /// The run was cancelled; the text is what was written before.
    Cancelled,
    /// The run failed; the text is what was written before.
    Error,
}

/// The role of a message's author.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::MessageRole")]
pub(super) enum MessageRole {
    /// The end user.
    User,
    /// The agent.
    Assistant,
}

/// A rating of an answer.
#[derive(SimpleObject)]
pub(super) struct Rating {
    /// Whether the answer is good or bad.
    value: RatingValue,
    /// The comment.
    comment: Option<String>,
}

/// Whether an answer is good or bad.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RatingValue {
    /// The answer is good.
    Up,
    /// The answer is bad.
    Down,
}

impl RatingValue {
    fn of(score: i32) -> Self {
        if score > 0 { Self::Up } else { Self::Down }
    }

    fn score(self) -> i32 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
        }
    }
}

/// A message from an end user to an agent.
#[derive(InputObject)]
pub(super) struct ChatInput {
    /// The text of the message, 1 to 32,000 characters.
    message: String,
    /// The agent to answer. Default: the conversation's agent, or else the router's choice.
    agent_id: Option<ID>,
    /// The conversation to continue. Default: a new conversation.
    conversation_id: Option<ID>,
    /// The caller's own identifier for the end user, 1 to 120 characters.
    end_user: Option<String>,
    /// Agent-specific context, a JSON object such as `{"caseId": "…"}`; validated against the template's contextSchema.
    context: Option<Value>,
    /// The idempotency key, 1 to 120 characters: repeating a key within an account, or of one end user, attaches to the run
    /// that it started and sends nothing. `chat` requires it, `sendMessage` recommends it: any unique string for each
    /// message, such as `crypto.randomUUID()`.
    client_message_id: Option<String>,
    /// The names of the tools allowed for this message; can only narrow the agent's tools.
    allow_tools: Option<Vec<String>>,
    /// Whether the message and its answer must not reach another agent. A private message is answered by the agent that
    /// it is sent to.
    #[graphql(default)]
    private: bool,
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
            private: self.private,
        })
    }
}

/// The result of `sendMessage`.
#[derive(SimpleObject)]
pub(super) struct SendMessagePayload {
    /// The run that answers the message.
    pub(super) run: Run,
}

/// A rating of an answer.
#[derive(InputObject)]
pub(super) struct RateMessageInput {
    /// The id of the rated message.
    pub(super) message_id: ID,
    /// Whether the answer is good or bad.
    value: RatingValue,
    /// A comment, at most 2,000 characters.
    comment: Option<String>,
}

impl RateMessageInput {
    pub(super) fn rating(self) -> domain::Rating {
        domain::Rating {
            score: self.value.score(),
            comment: self.comment,
        }
    }
}

/// The result of `rateMessage`.
#[derive(SimpleObject)]
pub(super) struct RateMessagePayload {
    /// The message after the change.
    pub(super) message: Message,
}
