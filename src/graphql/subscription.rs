//! The subscriptions.

use async_graphql::{Context, Enum, ID, Subscription as SubscriptionObject};
use futures::{Stream, StreamExt};

use super::{
    agent::Agent,
    context::ContextExt,
    conversation_change::ConversationChange,
    document::{Document, followed},
    error::{ApiError, Result},
    event::RunEvent,
    fast_path,
    message::ChatInput,
    tool_call::{ApprovalFilter, ToolCall},
};
use crate::{
    domain::{AgentId, ConversationId, RunId},
    service::{self, ChatOptions},
};

/// What happens to a run when the `chat` that reads it ends before it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "service::OnDisconnect")]
pub(super) enum OnDisconnect {
    /// The run goes on: subscribing again with the same clientMessageId attaches to it, and its answer is stored.
    Continue,
    /// The run is cancelled, and its text so far is stored. A server that shuts down or crashes cancels nothing: subscribe
    /// again.
    Cancel,
}

/// The subscriptions of the API.
#[derive(Debug, Clone, Copy)]
pub struct Subscription;

/// The subscriptions of the API.
#[SubscriptionObject]
impl Subscription {
    /// Sends a message and streams the run that answers it. The input's clientMessageId is required: subscribing again with
    /// it attaches to the same run and does not send the message again. Requires the role MEMBER.
    async fn chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: ChatInput,
        #[graphql(desc = "The cursor of the last received event; only later events are streamed.")]
        after: Option<String>,
        #[graphql(
            desc = "What happens to the run when this subscription ends before it, because the client completes it or is \
                    disconnected. Default: CONTINUE."
        )]
        on_disconnect: Option<OnDisconnect>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let options = ChatOptions {
            after: ctx.resume_after(after.as_deref()),
            on_disconnect: on_disconnect.map(Into::into).unwrap_or_default(),
        };
        let chat = &ctx.services()?.chat;
        let events = Box::pin(chat.chat(ctx.actor()?, input.message()?, options)).await?;
        Ok(fast_path::events(ctx, events))
    }

    /// The events of a run, from the first event or from a cursor; completes after the last event of the run.
    async fn run_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the run.")] run_id: ID,
        #[graphql(desc = "The cursor of the last received event; only later events are streamed.")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let id = RunId::parse("runId", &run_id)?;
        let events = Box::pin(ctx.services()?.run_events.of_run(
            ctx.actor()?,
            id,
            ctx.resume_after(after.as_deref()),
        ))
        .await?;
        Ok(fast_path::events(ctx, events))
    }

    /// The events of all runs of a conversation, one run after the other, until it is deleted; for a second device or an
    /// agent desk. Without `after`: the active run from its start, then everything that follows. With a cursor: everything
    /// after it, whichever run it belongs to.
    async fn conversation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the conversation.")] conversation_id: ID,
        #[graphql(desc = "The cursor of the last received event; only later events are streamed.")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let id = ConversationId::parse("conversationId", &conversation_id)?;
        let events = Box::pin(ctx.services()?.run_events.of_conversation(
            ctx.actor()?,
            id,
            ctx.resume_after(after.as_deref()),
        ))
        .await?;
        Ok(fast_path::events(ctx, events))
    }

    /// The changes of conversations, for lists: of every conversation that the caller may see, or of one end user's.
    async fn conversation_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The caller's own identifier for the end user. Default: every end user.")]
        end_user: Option<String>,
    ) -> Result<impl Stream<Item = Result<ConversationChange>> + use<>> {
        let service = &ctx.services()?.conversation_changes;
        let changes = Box::pin(service.changes(ctx.actor()?, end_user)).await?;
        Ok(changes.map(|change| change.map(ConversationChange::from).map_err(ApiError::from)))
    }

    /// A document now and after each change, until it is READY or FAILED; or all documents of an agent: those that are being
    /// read now, then each that changes. Exactly one of the arguments is required.
    async fn document_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the document.")] document_id: Option<ID>,
        #[graphql(desc = "The id of the agent.")] agent_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Document>> + use<>> {
        let followed = followed(document_id, agent_id)?;
        let documents = &ctx.services()?.documents;
        let changes = Box::pin(documents.progress(ctx.actor()?, followed)).await?;
        Ok(changes.map(|change| change.map(Document).map_err(ApiError::from)))
    }

    /// All tool calls that wait for approval, then each new one, and each again after its decision.
    async fn tool_approvals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            ApprovalFilter,
        >,
    ) -> Result<impl Stream<Item = Result<ToolCall>> + use<>> {
        let filter = filter.map(ApprovalFilter::filter).transpose()?;
        let filter = filter.unwrap_or_default();
        let calls = &ctx.services()?.tool_calls;
        let calls = Box::pin(calls.approvals(ctx.actor()?, filter)).await?;
        Ok(calls.map(|call| call.map(ToolCall).map_err(ApiError::from)))
    }

    /// An agent, or every agent of the account, after each creation, change or deletion. A deleted agent comes once more, as
    /// it was last, with its `deletedAt`.
    async fn agent_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this agent.")] agent_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Agent>> + use<>> {
        let id = agent_id
            .map(|id| AgentId::parse("agentId", &id))
            .transpose()?;
        let changes = Box::pin(ctx.services()?.agents.changes(ctx.actor()?, id)).await?;
        Ok(changes.map(|change| change.map(Agent).map_err(ApiError::from)))
    }
}
