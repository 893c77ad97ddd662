//! Conversations in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_by_id},
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    handoff::Handoff,
    loader::{ConversationHandoffsKey, WorkflowStatesKey},
    message::Message,
};
use crate::domain::{self, AgentId, Position, with_state};

/// A sequence of messages between one end user and the account's agents.
pub(super) struct Conversation(pub(super) domain::Conversation);

impl From<domain::Conversation> for Conversation {
    fn from(conversation: domain::Conversation) -> Self {
        Self(conversation)
    }
}

/// A sequence of messages between one end user and the account's agents.
#[Object]
impl Conversation {
    /// The id of the conversation, `conversation_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The caller's own identifier for the end user.
    async fn end_user(&self) -> Option<&str> {
        self.0.end_user.as_deref()
    }

    /// The agent that currently answers; null once it is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent?).await.transpose()
    }

    /// The context of the agent that currently answers, a JSON object: what the client sent, and the state that the
    /// agent's workflow keeps, as the template's `contextSchema` declares it. Each agent of a conversation has its own; a
    /// handoff carries the fields that both agents' templates declare.
    async fn context(&self, ctx: &Context<'_>) -> Result<Value> {
        let states = ctx.loaders()?.load(WorkflowStatesKey(self.0.id)).await?;
        let mut states = states.unwrap_or_default().into_iter();
        let state = states.find(|(agent, _)| Some(*agent) == self.0.agent);
        let state = state.map(|(_, state)| state).unwrap_or_default();
        Ok(with_state(&self.0.context, &state))
    }

    /// The messages of the conversation, oldest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Message>> {
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
            TotalCount::Messages(self.0.id),
            |message| Position::of(message.id),
        ))
    }

    /// The changes of the agent that answers, oldest first; the newest 50.
    async fn handoffs(&self, ctx: &Context<'_>) -> Result<Vec<Handoff>> {
        let handoffs = ctx
            .loaders()?
            .load(ConversationHandoffsKey(self.0.id))
            .await?;
        Ok(handoffs.into_iter().flatten().map(Handoff).collect())
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last message.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The conversations of the actor's account as a connection.
pub(super) async fn conversation_list(
    ctx: &Context<'_>,
    filter: Option<ConversationFilter>,
    args: PageArgs,
) -> Result<ItemConnection<Conversation>> {
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
        TotalCount::Conversations(filter),
        |conversation| Position::of(conversation.id),
    ))
}

/// A filter for conversations; every condition that is set must match.
#[derive(InputObject, Default)]
pub(super) struct ConversationFilter {
    /// The agent that currently answers.
    agent_id: Option<ID>,
    /// The caller's own identifier for the end user.
    end_user: Option<String>,
}

impl ConversationFilter {
    /// The conversations of an end user.
    pub(super) fn of_end_user(external_id: String) -> Self {
        Self {
            agent_id: None,
            end_user: Some(external_id),
        }
    }

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
