//! Conversations in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_by_id},
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
    message::Message,
};
use crate::domain::{self, AgentId, Position};

/// A row of messages between one person and the account's agents.
pub(super) struct Conversation(pub(super) domain::Conversation);

impl From<domain::Conversation> for Conversation {
    fn from(conversation: domain::Conversation) -> Self {
        Self(conversation)
    }
}

/// A row of messages between one person and the account's agents.
#[Object]
impl Conversation {
    /// Its id, `conversation_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The caller's own name for the person who is chatting.
    async fn end_user(&self) -> Option<&str> {
        self.0.end_user.as_deref()
    }

    /// The agent that answers now; null once that agent is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent?).await.transpose()
    }

    /// Agent-specific context, an object.
    async fn context(&self) -> &Value {
        &self.0.context
    }

    /// What was said, the oldest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<Message>> {
        let scope = format!("messages/{}", self.0.id);
        let request = PageArgs {
            first,
            after,
            last,
            before,
        }
        .request(&scope)?;
        let page = ctx
            .services()?
            .conversations
            .messages(ctx.actor()?, self.0.id, &request)
            .await?;
        Ok(connect(
            page,
            &scope,
            Total::Messages(self.0.id),
            |message| Position::of(message.id),
        ))
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the last message came.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The conversations of the actor's account as a connection.
pub(super) async fn conversation_list(
    ctx: &Context<'_>,
    filter: Option<ConversationFilter>,
    args: PageArgs,
) -> Result<List<Conversation>> {
    let filter = filter.unwrap_or_default().filter()?;
    let scope = format!("conversations/{}", ctx.actor()?.account());
    let page = ctx
        .services()?
        .conversations
        .list(ctx.actor()?, &filter, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        Total::Conversations(filter),
        |conversation| Position::of(conversation.id),
    ))
}

/// Which conversations; everything that is set must hold.
#[derive(InputObject, Default)]
pub(super) struct ConversationFilter {
    /// Those that this agent answers.
    agent_id: Option<ID>,
    /// Those of this person.
    end_user: Option<String>,
}

impl ConversationFilter {
    fn filter(self) -> Result<domain::ConversationFilter> {
        let agent = self
            .agent_id
            .map(|id| AgentId::parse("filter.agentId", &id))
            .transpose()?;
        Ok(domain::ConversationFilter {
            agent,
            end_user: self.end_user,
        })
    }
}

/// The conversation that is to be deleted.
#[derive(InputObject)]
pub(super) struct DeleteConversationInput {
    /// Its id.
    pub(super) id: ID,
}

/// The conversation that was deleted.
#[derive(SimpleObject)]
pub(super) struct DeleteConversationPayload {
    /// Its id.
    pub(super) deleted_id: ID,
}
