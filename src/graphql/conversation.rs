//! Conversations in the API.

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, agent_by_id},
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    conversation_input::{ConversationFilter, ConversationOrder},
    error::Result,
    handoff::Handoff,
    loader::{ActiveRunKey, ConversationHandoffsKey, WorkflowStatesKey},
    message::Message,
    run::Run,
};
use crate::domain::{self, Position, with_state};

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

    /// The messages on the selected line of the conversation, oldest first.
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

    /// The title: the one that `updateConversation` set, else one that is made of the first message. Null when the first
    /// message has no visible character.
    async fn title(&self) -> Option<&str> {
        self.0.title()
    }

    /// The client's own data, a JSON object of at most 50 members and 16,384 bytes. Every caller who may read the conversation may
    /// read it, its end user as well.
    async fn metadata(&self) -> &Value {
        &self.0.metadata
    }

    /// The time at which the conversation was archived; null while it is not. A new message brings it back.
    async fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.0.archived_at
    }

    /// The newest message on the selected line.
    async fn last_message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let id = self.0.last_message?;
        let found = async { Ok(ctx.loaders()?.load(id).await?.map(Message)) };
        found.await.transpose()
    }

    /// The run that is being answered or awaits an approval, or else the queued run that comes next.
    async fn active_run(&self, ctx: &Context<'_>) -> Option<Result<Run>> {
        let found = async { Ok(ctx.loaders()?.load(ActiveRunKey(self.0.id)).await?.map(Run)) };
        found.await.transpose()
    }

    /// The number of messages on the selected line.
    async fn message_count(&self) -> i32 {
        self.0.message_count
    }

    /// Whether an answer has come since `updateConversation` marked the conversation as read.
    async fn unread(&self) -> bool {
        self.0.unread
    }

    /// The runs of the conversation, oldest first, those of messages and answers that are not selected included.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Run>> {
        let scope = format!("runs/{}", self.0.id);
        let request = PageArgs {
            first,
            after,
            last,
            before,
        }
        .request(&scope)?;
        let conversations = &ctx.services()?.conversations;
        let page = conversations
            .runs(ctx.actor()?, self.0.id, &request)
            .await?;
        let total = TotalCount::ConversationRuns(self.0.id);
        Ok(connect(page, &scope, total, |run| Position::of(run.id)))
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

    /// The time of the last activity: a message, an answer, a handoff, or the selection of another version.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The conversations of the actor's account as a connection; by default the last activity first.
pub(super) async fn conversation_list(
    ctx: &Context<'_>,
    filter: Option<ConversationFilter>,
    order: Option<ConversationOrder>,
    args: PageArgs,
) -> Result<ItemConnection<Conversation>> {
    let filter = filter.unwrap_or_default().filter()?;
    let order = order.map_or_else(domain::ConversationOrder::default, Into::into);
    // a cursor of another order is not one of this list
    let scope = format!("conversations/{}/{order:?}", ctx.actor()?.account());
    let page = ctx
        .services()?
        .conversations
        .list(ctx.actor()?, &filter, order, &args.request(&scope)?)
        .await?;
    let total = TotalCount::Conversations(filter);
    Ok(connect(page, &scope, total, |conversation| {
        order.position(conversation)
    }))
}
